"""The shop's services as processes of a test."""

import pytest

from support.ports import Row
from support.services import Service as Program
from support.services import program, run_to_end  # noqa: F401


class Service(Program):
    """`weir-shop KIND` on a port of its own."""

    def __init__(self, directory, kind, *arguments, dsn=None):
        if dsn is None and kind != "inventory":
            dsn = f"sqlite:{directory / kind}.db"
        super().__init__(directory, "weir-shop", *arguments, *(["--dsn", dsn] if dsn else []), kind=kind)


@pytest.fixture
def shop(tmp_path):
    """shop(KIND, arguments…, dsn=…): one more service, running."""
    made = []

    def make(kind, *arguments, start=True, **more):
        made.append(Service(tmp_path, kind, *arguments, **more))
        return made[-1].start() if start else made[-1]

    yield make
    for service in made:
        service.clean_up()


class SixPorts(Row):
    def __init__(self):
        super().__init__(6)
