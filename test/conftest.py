from support.consul import real_consul
from support.fixtures import *  # noqa: F403  (fixtures are found by name)
from support.toxiproxy import toxiproxy

# What is tested only where it is there: the marker, whether it is, what brings it.
BROUGHT = [
    ("real_consul", real_consul, "no consul here: the tests against a real one were not run; test/support/get-consul brings it"),
    ("toxiproxy", toxiproxy, "no toxiproxy here: the tests of trouble on the wire were not run; test/support/get-toxiproxy brings it"),
]


def pytest_configure(config):
    config.addinivalue_line("markers", "longest(seconds): the test may take so long")
    config.addinivalue_line("markers", "real_consul: needs a real Consul, which test/support/get-consul brings")
    config.addinivalue_line("markers", "toxiproxy: needs toxiproxy, which test/support/get-toxiproxy brings")


def pytest_collection_modifyitems(config, items):
    for marker, there, _ in BROUGHT:
        left = [] if there() else [i for i in items if i.get_closest_marker(marker)]
        if left:
            items[:] = [i for i in items if i not in left]
            config.hook.pytest_deselected(items=left)


def pytest_terminal_summary(terminalreporter, config):
    for _, there, line in BROUGHT:
        if not there():
            terminalreporter.write_line(line)
