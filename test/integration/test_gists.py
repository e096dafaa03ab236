"""The gists: what is passed on, what counts, what is counted, over plain HTTP and over TLS; then the story
as the demo plays and judges it itself, with shorter times (window 6 s, broken 1 s and 3 s)."""

import threading
import time
import xml.etree.ElementTree as xml

import pytest

from support.answers import json_text
from support.expect import problem
from support.services import Played, names, program, run_to_end, service  # noqa: F401
from support.tls_upstream import authority
from support.weir_process import ROOT, SLOWER

COUNTERS = ["call_count", "call_passing", "call_broken", "call_recovering", "call_recovering_ok",
            "call_recovering_failed"]
LIST = (ROOT / "systems/gists/gists.json").read_bytes()
ONE = "5eed0001" * 4
LEAST = 10  # calls before a ratio is looked at


class Gists:
    def __init__(self, service, *arguments):  # noqa: F811
        self.api = service("weir-gists", "--faults", kind="api")
        self.at = service("weir-gists", "--api", self.api.url + "/gists", "--timeout", "500ms", "--broken", "1s",
                          "--recovery", "1s", "--cutout-broken", "3s", *arguments, kind="serve")

    def get(self, target="/"):
        return self.at.get(target)

    def seen(self, name="context"):
        answer = self.at.get("/statistics")
        assert answer.status == 200, answer
        found = answer.json()[name]
        assert list(found) == ["state", "ratio", *COUNTERS]
        return found

    def requests(self):
        return self.api.get("/_fault").json()["requests"]

    def wait_state(self, state, name="context", timeout=5):
        end = time.monotonic() + timeout * SLOWER
        while (now := self.seen(name)["state"]) != state:
            assert time.monotonic() < end, f"{name} is {now}"
            time.sleep(0.02)

    def break_it(self, target="/", name="context"):
        self.api.faults(fail=500)
        calls = 0
        while self.seen(name)["state"] == "PASSING":
            assert self.get(target).status == 502 and calls <= LEAST
            calls += 1
        assert self.seen(name)["state"] == "BROKEN"


@pytest.fixture
def gists(service):  # noqa: F811
    return Gists(service)


# What is passed on.


@pytest.mark.parametrize("form", ["/", "/cutout"])
def test_the_list_is_passed_on_byte_for_byte(gists, form):
    answer = gists.get(form)
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "application/json", LIST)


def test_one_gist_is_passed_on(gists):
    assert gists.get(f"/cutout/{ONE}").json() == gists.api.get("/gists/public").json()[0]


def test_a_gist_that_is_not_there_is_a_problem_and_no_failure(gists):
    for _ in range(2 * LEAST):
        problem(gists.get("/cutout/nothing"), 502)
    assert gists.seen("cutout_one")["state"] == "PASSING"


# What counts.


@pytest.mark.parametrize("fault", [{"fail": 500}, {"fail": 503}, {"fail": 403}, {"fail": 429}, {"reset_after": 0},
                                   {"hang": True}], ids=str)
def test_transport_errors_5xx_403_and_429_break_it(gists, fault):
    gists.api.faults(**fault)
    askers = [threading.Thread(target=gists.get) for _ in range(LEAST)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert gists.seen()["state"] == "BROKEN"


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_other_statuses_are_ignored_by_the_inspector_and_by_the_list_of_exceptions(gists, status):
    gists.api.faults(fail=status)
    for form, name in (("/", "context"), ("/cutout", "cutout_list")):
        for _ in range(2 * LEAST):
            problem(gists.get(form), 502)
        seen = gists.seen(name)
        assert (seen["state"], seen["ratio"]) == ("PASSING", 0)


def test_a_fifth_is_not_too_much_and_more_is(gists):
    for _ in range(8):
        gists.get()
    gists.api.faults(fail=500)
    gists.get()
    gists.get()
    assert gists.seen()["state"] == "PASSING" and gists.seen()["ratio"] == 0.2
    gists.get()
    assert gists.seen()["state"] == "BROKEN"


def test_an_api_that_is_gone_is_502_and_one_that_hangs_504(gists):
    gists.api.stop()
    problem(gists.get(), 502)
    gists.api.start()
    gists.api.faults(hang=True)
    problem(gists.get(), 504)


# While it is broken, and after.


def test_while_broken_it_is_503_with_retry_after_and_nothing_is_sent(gists):
    gists.break_it()
    before = gists.requests()
    for _ in range(5):
        answer = gists.get()
        problem(answer, 503)
        assert answer.headers["Retry-After"] == "1"
    assert gists.requests() == before


def test_each_decorated_function_has_a_breaker_of_its_own(gists):
    gists.break_it("/cutout", "cutout_list")
    answer = gists.get("/cutout")
    problem(answer, 503)
    assert answer.headers["Retry-After"] in ("2", "3")
    gists.api.faults()
    assert gists.get(f"/cutout/{ONE}").status == 200
    assert gists.get("/").status == 200
    assert [gists.seen(n)["state"] for n in ("context", "cutout_list", "cutout_one")] == \
        ["PASSING", "BROKEN", "PASSING"]


def test_it_recovers_by_a_sample_that_grows_and_goes_well(gists):
    gists.break_it()
    gists.api.faults()
    gists.wait_state("RECOVERING")
    began, let_through = time.monotonic(), []
    while gists.seen()["state"] != "PASSING":
        status = gists.get().status
        assert status in (200, 503)
        let_through.append(status == 200)
        assert time.monotonic() < began + 10
    assert 0.8 <= time.monotonic() - began <= 1.5 * SLOWER
    middle = len(let_through) // 2
    assert sum(let_through[:middle]) < sum(let_through[middle:])
    assert gists.seen()["call_recovering_ok"] >= 1 and gists.seen()["call_recovering_failed"] == 0
    assert gists.get().status == 200


def test_a_sample_that_fails_breaks_it_again(gists):
    gists.break_it()
    gists.wait_state("RECOVERING")
    end = time.monotonic() + 10
    while gists.seen()["call_recovering_failed"] == 0 or gists.seen()["state"] != "BROKEN":
        assert gists.get().status in (502, 503)
        assert time.monotonic() < end
    problem(gists.get(), 503)


def test_the_counters_add_up(gists):
    for _ in range(3):
        gists.get()
    gists.break_it()
    for _ in range(4):
        gists.get()
    seen = gists.seen()
    assert [seen[c] for c in COUNTERS] == [LEAST + 4, LEAST, 4, 0, 0, 0]


# The other reading of "20 %".


def test_the_profile_of_aiomisc_breaks_when_every_tenth_of_its_window_is_bad(service):  # noqa: F811
    gists = Gists(service, "--profile", "aiomisc", "--within", "1s")
    gists.api.faults(fail=500)
    for _ in range(3 * LEAST):
        assert gists.get().status == 502
    began = time.monotonic()
    assert gists.seen()["state"] == "PASSING"
    while gists.seen()["state"] == "PASSING":
        assert gists.get().status in (502, 503)
        assert time.monotonic() < began + 5
    assert time.monotonic() - began >= 0.4
    problem(gists.get(), 503)


# The outside URL.


def test_https_with_a_certificate_that_is_verified(service, tls_upstream):  # noqa: F811
    api = tls_upstream("valid")
    api.on("/gists/public", json_text("[]"))
    for url in (api.url, api.named_url):
        at = service("weir-gists", "--api", url + "/gists", "--ca", authority().certificate, kind="serve")
        answer = at.get("/")
        assert (answer.status, answer.body) == (200, b"[]"), answer
    assert "localhost" in api.server_names


@pytest.mark.parametrize("kind", ["wrong_name", "expired", "self_signed"])
def test_a_certificate_that_cannot_be_trusted_is_502_and_counts(service, tls_upstream, kind):  # noqa: F811
    api = tls_upstream(kind)
    at = service("weir-gists", "--api", api.url + "/gists", "--ca", authority().certificate, kind="serve")
    for _ in range(LEAST):
        problem(at.get("/"), 502)
    problem(at.get("/"), 503)
    assert api.requests == []


def test_the_systems_roots_do_not_trust_our_test_authority(service, tls_upstream):  # noqa: F811
    at = service("weir-gists", "--api", tls_upstream("valid").url + "/gists", kind="serve")
    problem(at.get("/"), 502)


@pytest.mark.parametrize("arguments, said", [
    (["--ca", "nowhere.pem"], "nowhere.pem"), (["--timeout", "5"], "a unit is missing"), (["--listen", "here"], "here")])
def test_wrong_usage_is_exit_2(tmp_path, arguments, said):
    done = run_to_end(tmp_path, "weir-gists", "serve", *arguments)
    assert done.returncode == 2 and said in done.stderr, done


# The story.


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    picture = tmp_path_factory.mktemp("picture") / "states.svg"
    got = Played(tmp_path_factory, "gists", 2, (("--picture", str(picture)), ("--no-breaker",)), least_rows=13)
    got.picture = picture
    return got


@pytest.mark.longest(120)
def test_the_story_goes_as_told_and_is_drawn(played):
    code, out, failed = played[("--picture", str(played.picture))]
    assert code == 0 and failed == [], out
    drawing = xml.fromstring(played.picture.read_text())
    said = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"went well", "failed", "failed, but ignored", "rejected", "PASSING", "BROKEN"} <= set(said)
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}rect"))) > 25


@pytest.mark.longest(120)
def test_without_the_breaker_the_story_fails(played):
    code, out, failed = played[("--no-breaker",)]
    assert code == 1, out
    names(failed, "it passes calls until more than 20 % have failed", "while it is broken: 503",
          "each decorated function has a breaker of its own")
    assert not any("passed on byte for byte" in row for row in failed)
