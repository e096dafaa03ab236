"""systems/offers/offers-shared.yaml: two gateways, one circuit, a real Redis."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import waiting
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
