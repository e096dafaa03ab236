"""The fixtures of every test of the binary; test/conftest.py brings them in."""

import signal

import pytest

from support import ports
from support.redis import Redis
from support.tls_upstream import TlsUpstream
from support.upstream import Upstream
from support.weir_process import SLOWER, Weir, filled, run_weir

# No test may hang the run: SIGALRM interrupts whatever the main thread waits for.
LONGEST = 60


@pytest.fixture(autouse=True)
def bounded_time(request):
    longest = int(request.node.get_closest_marker("longest").args[0]
                  if request.node.get_closest_marker("longest") else LONGEST * SLOWER)

    def too_long(*_):
        raise TimeoutError(f"the test took more than {longest} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(longest)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def upstream():
    """upstream() starts one more scripted service."""
    made = []

    def make(**more):
        made.append(Upstream(**more).start())
        return made[-1]

    yield make
    for service in made:
        service.stop()
        ports.release(service.port)


@pytest.fixture
def tls_upstream():
    made = []

    def make(kind="valid", **more):
        made.append(TlsUpstream(kind, **more).start())
        return made[-1]

    yield make
    for service in made:
        service.stop()
        ports.release(service.port)


@pytest.fixture
def weir(tmp_path, upstream):
    """weir(config, name=service…) starts the binary on it; `arguments=[…]` goes on the command line,
    `start=False` only prepares."""
    made = []

    def make(config, start=True, **more):
        one = Weir(tmp_path / f"weir{len(made)}", config, **more)
        made.append(one)
        return one.start() if start else one

    yield make
    troubles = []
    for one in made:
        try:
            one.clean_up()
        except AssertionError as why:
            troubles.append(str(why))
        ports.release(one.port)
        ports.release(one.admin_port)
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def redis():
    server = Redis()
    yield server
    server.close()


@pytest.fixture
def command(tmp_path):
    """command("check", FILE…) runs it to its end."""

    def run(*arguments, **more):
        return run_weir(tmp_path, *arguments, **more)

    return run


@pytest.fixture
def config_file(tmp_path):
    """config_file(text, name=value…) writes a configuration and gives its path."""

    def write(text, file="weir.yaml", **names):
        path = tmp_path / file
        path.write_text(filled(text, **names))
        return path

    return write


@pytest.fixture
def free_port():
    number = ports.reserve()
    yield number
    ports.release(number)
