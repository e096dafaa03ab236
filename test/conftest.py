from support.consul import real_consul
from support.fixtures import *  # noqa: F403  (fixtures are found by name)


def pytest_configure(config):
    config.addinivalue_line("markers", "longest(seconds): the test may take so long")
    config.addinivalue_line("markers", "real_consul: needs a real Consul, which test/support/get-consul brings")


def pytest_collection_modifyitems(config, items):
    if real_consul():
        return
    left = [i for i in items if i.get_closest_marker("real_consul")]
    if left:
        items[:] = [i for i in items if i not in left]
        config.hook.pytest_deselected(items=left)


def pytest_terminal_summary(terminalreporter, config):
    if not real_consul():
        terminalreporter.write_line("no consul here: the tests against a real one were not run; test/support/get-consul brings it")
