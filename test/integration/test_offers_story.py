"""The offers: the partner and the gateway step by step, with the circuit's open time cut from 15 s to 1 s,
the time-out from 2 s to 1 s and the partner's second to 0.4 s; then the story as the demo plays and judges
it itself (0.3 s, 0.8 s, 1 s)."""

import re
import threading
import time

import pytest

from support.readme import hold_the_rows_and_counts
from support.services import Played, configuration, names, service  # noqa: F401
from support.weir_process import ROOT, SLOWER

OPEN, TIMEOUT, PARTNER = 1.0, 1.0, 0.4
TIMED = "partner's second|four offers at once|who hangs"
HOT = r'"Hot offer [0-5]\d:[0-5]\d"'
COLD = r'"Cold offer fallback [0-5]\d:[0-5]\d"'


class Offers:
    def __init__(self, weir, service):  # noqa: F811
        self.partner = service("weir-offers", "--faults", "--delay", f"{PARTNER * 1000:.0f}ms")
        text = configuration("offers/offers.yaml", {"timeout: 2s": f"timeout: {TIMEOUT:.0f}s", "open: 15s": f"open: {OPEN:.0f}s"})
        self.gate = weir(text, env={"PARTNER_PORT": str(self.partner.port)}, arguments=["--log-level", "debug"])

    def offer(self, pattern):
        answer = self.gate.get("/offer")
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/json", answer
        assert re.fullmatch(pattern, answer.text), answer.text
        return answer

    def circuit(self):
        answer = self.gate.get("/offer/circuit")
        assert answer.status == 200, answer
        return answer.text

    def calls(self, wanted):
        """The log has so many calls, the last of them a moment after its answer."""
        return len(self.gate.wait_log(r"upstream attempt.*service=partner\b", count=wanted)) == wanted

    def trip(self):
        self.partner.faults(fail=500)
        for _ in range(3):
            self.offer(COLD)


@pytest.fixture
def offers(weir, service):  # noqa: F811
    return Offers(weir, service)


def circuit(state, count):
    return f'{{"current_state":"{state}","fail_counter":{count}}}'


def test_the_partner_gives_a_hot_offer_as_text_after_its_second(service):  # noqa: F811
    partner = service("weir-offers")
    began = time.monotonic()
    answer = partner.get("/offer/hot")
    assert 1.0 <= time.monotonic() - began <= 1.4 * SLOWER
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
    assert re.fullmatch(r"Hot offer [0-5]\d:[0-5]\d", answer.text)
    minutes, seconds = map(int, answer.text[-5:].split(":"))
    clock = time.localtime(time.time())  # without it, by a clock that is a tick behind the partner's
    assert (clock.tm_min * 60 + clock.tm_sec - minutes * 60 - seconds) % 3600 <= 2 * SLOWER


def test_the_numbers_of_the_document_one_by_one(offers):
    offers.offer(HOT)
    assert offers.circuit() == circuit("closed", 0)
    offers.partner.faults(fail=500)
    offers.offer(COLD)
    assert offers.circuit() == circuit("closed", 1)
    offers.offer(COLD)
    offers.offer(COLD)
    assert offers.circuit() == circuit("open", 3)
    assert offers.calls(4)
    for _ in range(5):
        offers.offer(COLD)
    assert offers.calls(4) and offers.partner.get("/_fault").json()["requests"] == 4

    offers.gate.wait_state("partner", "half-open", timeout=OPEN + 1)
    assert offers.circuit() == circuit("half-open", 3)
    offers.offer(COLD)
    assert offers.circuit() == circuit("open", 4)
    offers.offer(COLD)
    assert offers.calls(5)

    offers.partner.faults()
    offers.gate.wait_state("partner", "half-open", timeout=OPEN + 1)
    offers.offer(HOT)
    assert offers.circuit() == circuit("closed", 0)
    assert offers.calls(6)


def test_the_log_has_a_line_for_each_call_as_it_was(offers):
    offers.offer(HOT)
    offers.partner.faults(fail=500)
    offers.offer(COLD)
    well, ill = offers.gate.wait_log(r"upstream attempt", count=2)
    assert "method=GET" in well and f"{offers.partner.url}/offer/hot" in well and "status=200" in well
    assert "status=500" in ill and "cause=status_500" in ill


def test_what_a_listener_hears_comes_in_order(offers):
    lines = r"circuit (lets|saw|partner)"
    offers.trip()
    heard = [re.search(r"circuit lets a call|circuit saw a \w+|circuit partner \S+ -> \S+", line)[0]
             for line in offers.gate.wait_log(lines, count=7)]
    call, failure, success = "circuit lets a call", "circuit saw a failure", "circuit saw a success"
    assert heard == [call, failure] * 3 + ["circuit partner closed -> open"]
    for _ in range(3):
        offers.offer(COLD)  # rejected: nobody hears of it
    assert len(offers.gate.wait_log(lines, 7)) == 7

    offers.gate.wait_state("partner", "half-open", timeout=OPEN + 1)
    offers.offer(COLD)
    heard = [line for line in offers.gate.wait_log(lines, count=11)][7:]
    assert ["open -> half-open" in heard[0], call in heard[1], failure in heard[2], "half-open -> open" in heard[3]] == \
        [True] * 4, heard
    offers.partner.faults()
    offers.gate.wait_state("partner", "half-open", timeout=OPEN + 1)
    offers.offer(HOT)
    heard = [line for line in offers.gate.wait_log(lines, count=15)][11:]
    assert "open -> half-open" in heard[0] and call in heard[1]
    assert any("half-open -> closed" in line for line in heard[2:]) and any(success in line for line in heard[2:])


def test_without_debug_lines_only_changes_are_told(weir, service):  # noqa: F811
    partner = service("weir-offers", "--delay", "0s")
    gate = weir(configuration("offers/offers.yaml"), env={"PARTNER_PORT": str(partner.port)})
    gate.get("/offer")
    assert gate.log_lines(r"circuit") == []


@pytest.mark.parametrize("fault", [{"fail": 500}, {"fail": 503}, {"fail": 400}, {"fail": 404}, {"fail": 429},
                                   {"reset_after": 0}, {"hang": True}], ids=str)
def test_whatever_the_partner_does_wrong_is_a_cold_offer_and_a_failure(offers, fault):
    offers.partner.faults(**fault)
    answer = offers.offer(COLD)
    assert offers.circuit() == circuit("closed", 1)
    if "hang" in fault:
        assert TIMEOUT - 0.1 <= answer.seconds <= TIMEOUT + 0.3 * SLOWER


def test_a_partner_who_is_gone_is_a_cold_offer(offers):
    offers.partner.stop()
    offers.offer(COLD)
    assert offers.circuit() == circuit("closed", 1)


def test_four_offers_at_once_take_as_long_as_one(offers):
    took = []

    def ask():
        began = time.monotonic()
        offers.offer(HOT)
        took.append(time.monotonic() - began)

    began = time.monotonic()
    askers = [threading.Thread(target=ask) for _ in range(4)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert len(took) == 4 and time.monotonic() - began <= PARTNER * 1.9 * SLOWER, took


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return Played(tmp_path_factory, "offers", 3, ((), ("--no-breaker",), ("--no-defaults",)), least_rows=25)


@pytest.mark.longest(120)
def test_the_story_goes_as_told(played):
    code, out, failed = played[()]
    assert code == (1 if failed else 0), out
    if SLOWER > 1:
        failed = [row for row in failed if not re.search(TIMED, row)]
    assert failed == [], out


@pytest.mark.longest(120)
def test_without_the_breaker_the_story_fails(played):
    code, out, failed = played[("--no-breaker",)]
    assert code == 1, out
    names(failed, "after three failures", "open: cold offers at once", "every change of the circuit")
    assert not any("a hot offer, after the partner's second" in row or "four offers at once" in row for row in failed)


@pytest.mark.longest(120)
def test_without_the_cold_offer_the_story_fails(played):
    code, out, failed = played[("--no-defaults",)]
    assert code == 1, out
    names(failed, "a cold offer in its place", "two more cold offers")
    assert not any("after three failures" in row or "four offers at once" in row for row in failed)


@pytest.mark.longest(120)
@pytest.mark.parametrize("language", ["README.md", "README.ru.md"])
def test_the_readme_shows_rows_of_this_story_and_counts_them(played, language):
    hold_the_rows_and_counts(ROOT / "systems/offers" / language, played, TIMED)
