"""systems/offers/offers-shared.yaml: two gateways, one circuit, a real Redis; then the story that the demo
plays with them, with its times cut from 1, 2 and 15 s to 0.3, 0.8 and 1 s."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import waiting
from support.readme import rows_that_do_not_fit
from support.services import Played, names, run_to_end
from support.upstream import status, text_reply
from support.weir_process import ROOT, SLOWER

FILE = ROOT / "systems/offers/offers-shared.yaml"


@pytest.fixture
def gates(weir, upstream, redis):
    """Two gateways on the file as it is, but for its addresses and a shorter open time."""
    partner = upstream()
    text = FILE.read_text().replace("open: 15s", "open: 1s")
    text = "".join(line for line in text.splitlines(True) if not line.startswith(("listen:", "admin:")))
    host, port = partner.address.split(":")
    env = {"REDIS_URL": redis.url, "PARTNER_HOST": host, "PARTNER_PORT": port}
    made = [weir(text, env=env) for _ in range(2)]
    for gate in made:
        gate.wait_log("redis is there")
    return (*made, partner)


def circuit(gate):
    return gate.get("/offer/circuit").json()


def wait_for(holds):
    waiting.wait_for(holds, 5 * SLOWER)


def test_failures_are_summed_and_one_probe_goes_in_all(gates):
    a, b, partner = gates
    partner.always(status(500))
    assert a.get("/offer").json().startswith("Cold offer fallback ")
    a.get("/offer")
    wait_for(lambda: circuit(b) == {"current_state": "closed", "fail_counter": 2})
    b.get("/offer")
    began = time.monotonic()
    wait_for(lambda: circuit(a) == circuit(b) == {"current_state": "open", "fail_counter": 3})
    assert time.monotonic() - began < 0.1 * SLOWER
    assert partner.count() == 3

    wait_for(lambda: circuit(a)["current_state"] == circuit(b)["current_state"] == "half-open")
    partner.always(text_reply("Hot offer 24:48", delay=1.5))

    def both_closed():
        for gate in (a, b):
            gate.get("/offer")
        return circuit(a) == circuit(b) == {"current_state": "closed", "fail_counter": 0}

    with ThreadPoolExecutor(16) as knocking:
        def knock():
            for gate in (a, b):
                knocking.submit(gate.get, "/offer")
            time.sleep(0.1)

        wait_for(lambda: knock() or partner.count() > 3)
        for _ in range(4):
            knock()
        assert partner.count() == 4, "one probe in all, while it is on its way"
    partner.always(text_reply("Hot offer 24:48"))
    wait_for(both_closed)
    assert a.get("/offer").json() == b.get("/offer").json() == "Hot offer 24:48"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return Played(tmp_path_factory, "offers", 6, ((), ("--no-breaker",), ("--no-defaults",)), least_rows=16,
                  scenario="shared")


@pytest.mark.longest(150)
def test_the_story_of_two_gateways_goes_as_told(played):
    code, out, failed = played[()]
    assert code == (1 if failed else 0), out
    if SLOWER > 1:  # where everything is slow
        failed = [row for row in failed if "within 100 ms" not in row]
    assert failed == [], out


@pytest.mark.longest(150)
def test_without_the_breaker_the_story_of_two_gateways_fails(played):
    code, out, failed = played[("--no-breaker",)]
    assert code == 1, out
    names(failed, "it is open for both", "no call to the partner", "one call in all is the probe", "nobody joins it")
    assert not any("hot" in row.split("  ")[0] for row in failed), failed


@pytest.mark.longest(150)
def test_without_the_cold_offer_the_story_of_two_gateways_fails(played):
    code, out, failed = played[("--no-defaults",)]
    assert code == 1, out
    names(failed, "two cold offers", "the third failure through the other", "cold offers through both")
    assert not any("one call in all" in row or "nobody joins it" in row for row in failed), failed


@pytest.mark.longest(150)
@pytest.mark.parametrize("language", ["README.md", "README.ru.md"])
def test_the_readme_shows_rows_of_the_story_of_two_gateways(played, language):
    shown = rows_that_do_not_fit(FILE.parent / language, played[()][1], scenario="shared")
    assert [row for row in shown if SLOWER == 1 or "within 100 ms" not in row] == []


def test_without_a_redis_server_the_story_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run_to_end(tmp_path, "weir-demo", "offers", "--scenario", "shared")
    assert done.returncode == 1 and done.stderr == "weir-demo: redis-server is missing: apt install redis-server\n"
