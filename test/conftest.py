from support.fixtures import *  # noqa: F403  (fixtures are found by name)


def pytest_configure(config):
    config.addinivalue_line("markers", "longest(seconds): the test may take so long")
