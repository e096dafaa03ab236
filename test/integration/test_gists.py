"""The gists: what is passed on, what counts, what is counted, over plain HTTP and over TLS; then the story
as the demo plays and judges it itself, with shorter times (window 6 s, broken 1 s and 3 s, recovery 3 s)."""

import re
import socket
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
ENDED = ["successes", "failures"]
LIST = (ROOT / "systems/gists/gists.json").read_bytes()
ONE = "5eed0001" * 4
LEAST = 10  # calls before a ratio is looked at


class Gists:
    """Once broken it stays so, unless a test says how long: it waits for nothing, whatever the machine does."""

    def __init__(self, service, *arguments):  # noqa: F811
        self.api = service("weir-gists", "--faults", kind="api")
        usual = {"--timeout": "500ms", "--broken": "60s", "--cutout-broken": "90s"}
        given = {**usual, **dict(zip(arguments[::2], arguments[1::2]))}
        self.at = service("weir-gists", "--api", self.api.url + "/gists", *sum(given.items(), ()), kind="serve")

    def get(self, target="/"):
        return self.at.get(target)

    def seen(self, name="context"):
        answer = self.at.get("/statistics")
        assert answer.status == 200, answer
        found = answer.json()[name]
        assert list(found) == ["state", "ratio", *COUNTERS, *ENDED]
        assert found["call_count"] == found["call_passing"] + found["call_broken"] + found["call_recovering"]
        assert found["call_recovering"] == found["call_recovering_ok"] + found["call_recovering_failed"]
        return found

    def requests(self):
        return self.api.get("/_fault").json()["requests"]

    def knock(self, state, target="/", name="context", timeout=20):
        """Calls until the breaker is in that state; the statuses of the answers."""
        end, statuses = time.monotonic() + timeout * SLOWER, []
        while (now := self.seen(name)["state"]) != state:
            assert time.monotonic() < end, f"{name} is {now} after {statuses}"
            statuses.append(self.get(target).status)
            time.sleep(0.005)
        return statuses

    def break_it(self, target="/", name="context"):
        self.api.faults(fail=500)
        assert self.knock("BROKEN", target, name) == [502] * LEAST


# With these it is soon over. Long enough that a machine which stands still does not miss a state.
SOON = ("--broken", "300ms", "--recovery", "2s")


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


def test_a_gist_that_is_not_there_is_404_and_no_failure(gists):
    for _ in range(2 * LEAST):
        problem(gists.get("/cutout/nothing"), 404)
    seen = gists.seen("cutout_one")
    assert (seen["state"], seen["ratio"], seen["failures"]) == ("PASSING", 0, 0)


@pytest.mark.parametrize("name", [".", "..", "%2e%2e", "%2E"])
def test_no_name_of_a_gist_leads_out_of_the_gists(gists, name):
    before = gists.requests()
    problem(gists.get(f"/cutout/{name}"), 404)
    assert gists.requests() == before


@pytest.mark.parametrize("name", ["a%2Fb", "a%3Fb", "%0D%0AX:%20y", "x" * 2000, "%D0%B3%D0%B8%D1%81%D1%82"])
def test_an_odd_name_of_a_gist_stays_one_segment(gists, name):
    problem(gists.get(f"/cutout/{name}"), 404)
    assert gists.get("/").status == 200


@pytest.mark.parametrize("name", ["%zz", "%", "%00"])
def test_an_escape_that_is_none_in_the_name_is_the_clients_error(gists, name):
    before = gists.requests()
    problem(gists.get(f"/cutout/{name}"), 400)
    assert gists.requests() == before


def test_only_reading_is_for_it(gists):
    problem(gists.at.request("POST", "/", "{}"), 405)
    problem(gists.get("/elsewhere"), 404)
    head = gists.at.request("HEAD", "/")
    assert (head.status, head.body) == (200, b"")


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
        assert (seen["state"], seen["ratio"], seen["failures"]) == ("PASSING", 0, 0)


@pytest.mark.parametrize("status", [500, 403, 429])
def test_what_breaks_the_context_breaks_the_decorator(gists, status):
    gists.api.faults(fail=status)
    assert gists.knock("BROKEN", "/cutout", "cutout_list") == [502] * LEAST
    assert gists.knock("BROKEN", f"/cutout/{ONE}", "cutout_one") == [502] * LEAST


def test_why_the_api_failed_is_in_the_log_and_not_in_the_answer(gists):
    gists.api.faults(fail=418)
    assert b"418" not in gists.get().body
    assert re.search(r"WARN the API failed why=\"?status 418", gists.at.log()), gists.at.log()
    gists.api.faults(fail=500)
    gists.knock("BROKEN")
    assert re.search(r'circuit=context from=PASSING to=BROKEN why="status 500"', gists.at.log()), gists.at.log()


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


@pytest.mark.parametrize("form, name, longest", [("/", "context", 60), ("/cutout", "cutout_list", 90)])
def test_while_broken_it_is_503_with_retry_after_and_nothing_is_sent(gists, form, name, longest):
    gists.break_it(form, name)
    before = gists.requests()
    for _ in range(5):
        answer = gists.get(form)
        problem(answer, 503)
        assert longest - 20 <= int(answer.headers["Retry-After"]) <= longest
    assert gists.requests() == before


def test_each_decorated_function_has_a_breaker_of_its_own(gists):
    gists.break_it("/cutout", "cutout_list")
    problem(gists.get("/cutout"), 503)
    gists.api.faults()
    assert gists.get(f"/cutout/{ONE}").status == 200
    assert gists.get("/").status == 200
    assert [gists.seen(n)["state"] for n in ("context", "cutout_list", "cutout_one")] == \
        ["PASSING", "BROKEN", "PASSING"]


def test_it_recovers_by_a_sample_that_grows_and_goes_well(service):  # noqa: F811
    gists = Gists(service, *SOON)
    gists.break_it()
    gists.api.faults()
    assert set(gists.knock("RECOVERING")) <= {503}
    began, before = time.monotonic(), gists.seen()
    statuses = gists.knock("PASSING")
    assert set(statuses) == {200, 503}
    assert time.monotonic() - began >= 1, "less than the recovery, by far"
    middle = len(statuses) // 2
    assert statuses[:middle].count(200) < statuses[middle:].count(200), statuses
    after = gists.seen()
    ran, turned_away = (after[c] - before[c] for c in ("call_recovering_ok", "call_recovering_failed"))
    assert turned_away == statuses.count(503)
    # The last call may have found that the time was over.
    assert ran + after["call_passing"] - before["call_passing"] == statuses.count(200)
    assert gists.get().status == 200


def test_a_sample_that_fails_breaks_it_again(service):  # noqa: F811
    gists = Gists(service, *SOON)
    gists.break_it()
    gists.knock("RECOVERING")
    statuses = gists.knock("BROKEN")
    assert set(statuses) == {502, 503} and statuses[-1] == 502
    assert statuses.count(502) == 5, "so many make a sample"


def test_the_counters_add_up(gists):
    for _ in range(3):
        gists.get()
    gists.api.faults(fail=500)
    gists.knock("BROKEN")
    for _ in range(4):
        gists.get()
    seen = gists.seen()
    assert [seen[c] for c in COUNTERS] == [LEAST + 4, LEAST, 4, 0, 0, 0]
    assert [seen[c] for c in ENDED] == [3, LEAST - 3]


# The other reading of "20 %".


def test_the_profile_of_aiomisc_breaks_when_every_tenth_of_its_window_is_bad(service):  # noqa: F811
    gists = Gists(service, "--profile", "aiomisc", "--within", "2s")
    gists.api.faults(fail=500)
    began = time.monotonic()
    statuses = gists.knock("BROKEN", timeout=40)
    assert time.monotonic() - began >= 1.55, "eight tenths of the window and two calls at the least"
    # The call that finds it full is turned away; the one before has run.
    assert set(statuses) <= {502, 503} and statuses[:-1].count(503) == 0
    problem(gists.get(), 503)


def test_the_profile_of_aiomisc_takes_a_burst_of_failures_for_nothing(service):  # noqa: F811
    gists = Gists(service, "--profile", "aiomisc", "--within", "60s")
    gists.api.faults(fail=500)
    assert [gists.get().status for _ in range(3 * LEAST)] == [502] * 3 * LEAST
    seen = gists.seen()
    assert (seen["state"], seen["ratio"], seen["failures"]) == ("PASSING", 1, 3 * LEAST)


# The outside URL.


def test_https_with_a_certificate_that_is_verified(service, tls_upstream):  # noqa: F811
    api = tls_upstream("valid")
    api.on("/gists/public", json_text("[]"))
    for url in (api.url, api.named_url):
        at = service("weir-gists", "--api", url + "/gists", "--ca", authority().certificate, kind="serve")
        answer = at.get("/")
        assert (answer.status, answer.body) == (200, b"[]"), answer
    assert "localhost" in api.server_names


@pytest.mark.parametrize("kind, why", [("wrong_name", "IP address mismatch"), ("expired", "certificate has expired"),
                                       ("self_signed", "self-signed certificate")])
def test_a_certificate_that_cannot_be_trusted_is_502_and_counts(service, tls_upstream, kind, why):  # noqa: F811
    api = tls_upstream(kind)
    at = service("weir-gists", "--api", api.url + "/gists", "--ca", authority().certificate, "--broken", "60s",
                 kind="serve")
    for _ in range(LEAST):
        problem(at.get("/"), 502)
    problem(at.get("/"), 503)
    assert api.requests == []
    assert why in at.log()


def test_a_certificate_for_another_name_is_refused_by_name_too(service, tls_upstream):  # noqa: F811
    api = tls_upstream("wrong_name")
    at = service("weir-gists", "--api", api.named_url + "/gists", "--ca", authority().certificate, kind="serve")
    problem(at.get("/"), 502)
    assert api.requests == [] and "hostname mismatch" in at.log(), at.log()


def test_the_systems_roots_do_not_trust_our_test_authority(service, tls_upstream):  # noqa: F811
    at = service("weir-gists", "--api", tls_upstream("valid").url + "/gists", kind="serve")
    problem(at.get("/"), 502)
    assert "unable to get local issuer certificate" in at.log(), at.log()


def test_without_a_file_the_certificate_is_verified_by_the_systems_roots(service, tls_upstream, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SSL_CERT_FILE", str(authority().certificate))  # where OpenSSL looks for the system's
    api = tls_upstream("valid")
    api.on("/gists/public", json_text("[]"))
    at = service("weir-gists", "--api", api.named_url + "/gists", kind="serve")
    answer = at.get("/")
    assert (answer.status, answer.body) == (200, b"[]"), at.log()


def test_a_handshake_that_never_ends_is_504_and_counts(service):  # noqa: F811
    with socket.create_server(("127.0.0.1", 0), backlog=64) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/gists"
        at = service("weir-gists", "--api", url, "--timeout", "100ms", "--broken", "60s", kind="serve")
        for _ in range(LEAST):
            problem(at.get("/"), 504)
        problem(at.get("/"), 503)


def test_plain_http_behind_an_https_url_is_502(service, tls_upstream):  # noqa: F811
    api = service("weir-gists", kind="api")
    at = service("weir-gists", "--api", f"https://127.0.0.1:{api.port}/gists", kind="serve")
    problem(at.get("/"), 502)


@pytest.mark.parametrize("spelled", ["http://127.0.0.1:{}/gists", "http://127.0.0.1:{}/gists/", "HTTP://127.0.0.1:{}/gists",
                                     "http://localhost:{}/gists"])
def test_spellings_of_the_apis_url(service, spelled):  # noqa: F811
    api = service("weir-gists", kind="api")
    at = service("weir-gists", "--api", spelled.format(api.port), kind="serve")
    answer = at.get("/")
    assert (answer.status, answer.body) == (200, LIST), at.log()


@pytest.mark.parametrize("url", ["", "here", "ftp://127.0.0.1/gists", "http://", "http:///gists", "http://127.0.0.1:0/gists",
                                 "http://127.0.0.1:99999/gists", "http://127.0.0.1:x/gists", "http://me:secret@127.0.0.1/gists",
                                 "http://[::1/gists", "http://[here]/gists", "http://127.0.0.1/gists?page=1",
                                 "http://127.0.0.1/gists#1", "http://127.0.0.1/gi sts", "http://127.0.0.1/\r\nX: y"])
def test_what_is_no_url_of_an_api_is_said_at_the_start(tmp_path, url):
    done = run_to_end(tmp_path, "weir-gists", "serve", "--api", url)
    assert done.returncode == 2 and "--api" in done.stderr, done


@pytest.mark.parametrize("arguments, said", [
    (["--ca", "nowhere.pem"], "nowhere.pem"), (["--timeout", "5"], "a unit is missing"), (["--listen", "here"], "here"),
    (["--profile", "1"], "aiomisc"), (["--profile", "other"], "aiomisc"), (["--timeout", "0s"], "--timeout"),
    (["--within", "0s"], "--within"), (["--broken", "0s"], "--broken"), (["--recovery", "0s"], "--recovery"),
    (["--cutout-within", "0s"], "--cutout-within"), (["--cutout-broken", "-1s"], "--cutout-broken")])
def test_wrong_usage_is_exit_2(tmp_path, arguments, said):
    done = run_to_end(tmp_path, "weir-gists", "serve", *arguments)
    assert done.returncode == 2 and said in done.stderr, done


def test_a_file_without_certificates_is_exit_1(tmp_path):
    (tmp_path / "empty.pem").write_text("")
    done = run_to_end(tmp_path, "weir-gists", "serve", "--ca", "empty.pem")
    assert done.returncode == 1 and "empty.pem" in done.stderr, done


@pytest.mark.parametrize("text", ["", "{}", "[", "no JSON"])
def test_a_file_that_is_no_list_of_gists_is_exit_1(tmp_path, text):
    (tmp_path / "list.json").write_text(text)
    done = run_to_end(tmp_path, "weir-gists", "api", "--gists", "list.json", "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "list.json" in done.stderr, done


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
    for readme in ("README.md", "README.ru.md"):
        said = re.search(r"`--no-breaker`\D* (\d+) (?:rows|строк)", (ROOT / "systems/gists" / readme).read_text())
        assert int(said[1]) == len(failed), f"{readme}: {failed}"


def test_a_picture_that_cannot_be_drawn_is_said_before_the_story(tmp_path):
    done = run_to_end(tmp_path, "weir-demo", "gists", "--scenario", "outage", "--picture", "nowhere/states.svg", timeout=5)
    assert done.returncode == 1 and "nowhere/states.svg" in done.stderr and done.stdout == "", done


def test_a_picture_is_of_a_story(tmp_path):
    done = run_to_end(tmp_path, "weir-demo", "gists", "--picture", "states.svg")
    assert done.returncode == 2 and "--scenario" in done.stderr, done
