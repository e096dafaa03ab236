"""The cache of composed calls: what is kept and for how long, who shares it, what stands in for a
failure, and calls that are made once for several who wait."""

import re
import threading
import time

import pytest
from support.expect import partial, problem
from support.raw_client import format_request
from support.upstream import hang, in_turn, json_reply, raw, reset, respond, status, text_reply
from support.waiting import wait_for
from support.weir_process import SLOWER

ONE = """
    services:
      a: {url: <a>, timeout: 3s, retry: off, breaker: %s, cache: %s}
    routes:
      GET /{id}:
        deadline: 4s
        steps:
          x: {get: "a/x/${path.id}"}
        reply: {x: "${x}"}
      POST /{id}:
        steps:
          x: {post: "a/x/${path.id}", cache: off}
        reply: {x: "${x}"}
    """


def make(weir, up, cache="{for: 20s}", breaker="off", more=""):
    return weir(ONE % (breaker, cache) + more, a=up)


def counting(**more):
    """Answers 1, 2, 3, …"""
    lock, n = threading.Lock(), [0]

    def answer(x):
        with lock:
            n[0] += 1
            mine = n[0]
        json_reply(mine, **more)(x)

    return answer


def cached(answer):
    """The members of Cache-Status by step."""
    out = {}
    for member in answer.headers.get("Cache-Status", "").split(", "):
        match = re.fullmatch(r"weir; (.*); detail=(\w+)", member)
        assert match, answer
        out.setdefault(match[2], []).append(re.sub(r"(; )?ttl=-?\d+", "", match[1]))
    return {step: ways[0] if len(ways) == 1 else ways for step, ways in out.items()}


def ttl(answer):
    return int(re.search(r"ttl=(-?\d+)", answer.headers["Cache-Status"])[1])


def at_once(gate, count, target="/1", headers=None, meanwhile=None):
    """So many equal requests at the same time, and their answers."""
    connections = [gate.connect() for _ in range(count)]
    for c in connections:
        c.send(format_request("GET", target, headers or {}, None, "x"))
    if meanwhile:
        meanwhile()
    answers = [c.read_response() for c in connections]
    for c in connections:
        c.close()
    return answers


# What is kept.


def test_an_answer_is_kept_and_says_so(weir, upstream):
    up = upstream().always(counting())
    gate = make(weir, up)
    first, second = gate.get("/1"), gate.get("/1")
    assert first.json() == second.json() == {"x": 1}
    assert cached(first) == {"x": "fwd=miss; stored"} and ttl(first) == 20
    assert cached(second) == {"x": "hit"} and 10 <= ttl(second) < 20
    assert partial(second) == {} and up.count() == 1
    assert gate.get("/2").json() == {"x": 2}, "another target is another thing"


def test_it_is_asked_again_after_its_time(weir, upstream):
    up = upstream().always(counting())
    gate = make(weir, up, "{for: 200ms}")
    assert [gate.get("/1").json()["x"] for _ in range(2)] == [1, 1]
    time.sleep(0.25)
    assert gate.get("/1").json() == {"x": 2}


def test_a_shorter_max_age_of_the_service_counts_and_a_longer_does_not(weir, upstream):
    up = upstream().on("/x/short", counting(headers={"Cache-Control": "max-age=1"}))
    up.on("/x/long", counting(headers={"Cache-Control": "max-age=3600"})).on("/x/old", counting(headers={"Cache-Control": "max-age=60", "Age": "60"}))
    gate = make(weir, up)
    assert [ttl(gate.get("/short")), ttl(gate.get("/long"))] == [1, 20]
    assert cached(gate.get("/old")) == {"x": "fwd=miss"}
    time.sleep(1.05)
    assert [gate.get("/" + p).json()["x"] for p in ("short", "long", "old")] == [2, 1, 2]


@pytest.mark.parametrize("headers", [
    {"Set-Cookie": "a=b"}, {"Cache-Control": "no-store"}, {"Cache-Control": "private, max-age=60"},
    {"Cache-Control": "no-cache"}, {"Vary": "*"}, {"Vary": "Accept, traceparent"}, {"Expires": "0"},
], ids=lambda h: "-".join(next(iter(h.items()))))
def test_what_the_service_wants_kept_by_nobody_is_not(weir, upstream, headers):
    up = upstream().always(counting(headers=headers))
    gate = make(weir, up)
    answers = [gate.get("/1") for _ in range(2)]
    assert [a.json()["x"] for a in answers] == [1, 2]
    assert cached(answers[1]) == {"x": "fwd=miss"}
    assert "Set-Cookie" not in answers[0].headers


@pytest.mark.parametrize("answer", [
    json_reply(1, status=203), status(404), status(500), text_reply("no JSON"),
    respond(200, "[", content_type="application/json"), reset(),
])
def test_neither_failures_nor_other_statuses_are_kept(weir, upstream, answer):
    up = upstream().always(answer)
    gate = make(weir, up)
    for _ in range(2):
        assert "hit" not in gate.get("/1").headers.get("Cache-Status", "")
    assert up.count() == 2


def test_defaults_are_not_kept(weir, upstream):
    up = upstream().always(in_turn(status(500), json_reply("good")))
    gate = weir("""
        services: {a: {url: <a>, cache: {for: 20s}, retry: off}}
        routes:
          GET /:
            steps:
              x: {get: a/x, default: none}
            reply: ${x}
        """, a=up)
    first = gate.get("/")
    assert first.json() == "none" and partial(first) == {"x": "status_500"}
    assert [gate.get("/").json() for _ in range(2)] == ["good", "good"] and up.count() == 2


def test_a_post_is_never_answered_from_it(weir, upstream):
    up = upstream().always(counting())
    gate = make(weir, up)
    gate.get("/1")
    assert [gate.post("/1").json()["x"] for _ in range(2)] == [2, 3]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_ends_what_was_kept_of_its_target(weir, upstream, method):
    up = upstream().on("GET /x/{id}", counting()).on(f"{method} /x/{{id}}", in_turn(json_reply("written"), status(409)))
    gate = make(weir, up, more=f"""
      %s /steps/{{id}}:
        steps:
          x: {{%s: "a/x/${{path.id}}"}}
        reply: ${{x}}
      %s /proxied/{{id}}: {{proxy: "a/x/${{path.id}}"}}
    """ % (method, method.lower(), method))
    assert [gate.get(p).json()["x"] for p in ("/1", "/2", "/1")] == [1, 2, 1]
    gate.request(method, "/steps/1", body=b"")
    assert [gate.get(p).json()["x"] for p in ("/1", "/2")] == [3, 2]
    assert gate.request(method, "/proxied/1", body=b"").status == 409
    assert gate.get("/1").json() == {"x": 3}, "nothing was written"
    up.on(f"{method} /x/{{id}}", status(204))
    assert gate.request(method, "/proxied/1", body=b"").status == 204
    assert gate.get("/1").json() == {"x": 4}


# Whose it is.

FORWARDED = """
    services:
      a: {url: <a>, forward: [accept-language, authorization], cache: {for: 20s}}
    routes:
      GET /:
        steps:
          x: {get: a/x, headers: {X-Constant: "1"}}
        reply: ${x}
      GET /other:
        steps:
          x: {get: a/x, headers: {X-Constant: "2"}}
        reply: ${x}
      GET /same:
        steps:
          y: {get: a/x, headers: {X-Constant: "1"}, take: "${headers['x-number']}"}
        reply: ${y}
    """


def test_what_is_sent_along_keeps_answers_apart(weir, upstream):
    up = upstream().always(lambda x: json_reply(x.request.headers.get("Accept-Language"), headers={"Vary": "Accept-Language"})(x))
    gate = weir(FORWARDED, a=up)
    for language in ("de", "fr", "de", "fr", None, None):
        assert gate.get("/", {"Accept-Language": language} if language else {}).json() == language
    assert up.count() == 3


def test_steps_and_routes_share_what_they_ask_alike(weir, upstream):
    up = upstream().always(counting(headers={"X-Number": "seven"}))
    gate = weir(FORWARDED, a=up)
    assert gate.get("/").json() == 1
    answer = gate.get("/same")
    assert answer.json() == "seven" and cached(answer) == {"y": "hit"}, "each makes its own of it"
    assert gate.get("/other").json() == 2, "a constant field differs"


def test_what_is_asked_for_with_credentials_is_for_one_alone_unless_it_says_otherwise(weir, upstream):
    up = upstream().always(counting())
    gate = weir(FORWARDED, a=up)
    mine = {"Authorization": "Bearer 1"}
    assert [gate.get("/", mine).json() for _ in range(2)] == [1, 2]
    up.always(counting(headers={"Cache-Control": "public, max-age=60"}))
    assert [gate.get("/", mine).json() for _ in range(2)] == [1, 1]
    assert gate.get("/", {"Authorization": "Bearer 2"}).json() == 2


# When the service fails.

TRUNCATED = raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1", end="close")
STALE = "{for: 100ms, stale_if_error: 20s}"


def go_stale(gate):
    assert gate.get("/1").json() == {"x": 1}
    time.sleep(0.15)


@pytest.mark.parametrize("fault, way", [
    (status(500), "fwd=stale; fwd-status=500"), (status(429), "fwd=stale; fwd-status=429"),
    (TRUNCATED, "fwd=stale"), (text_reply("junk"), "fwd=stale; fwd-status=200"),
])
def test_what_is_kept_stands_in_for_a_failure(weir, upstream, fault, way):
    up = upstream().always(in_turn(json_reply(1), fault, json_reply(2)))
    gate = make(weir, up, STALE)
    go_stale(gate)
    answer = gate.get("/1")
    assert answer.status == 200 and answer.json() == {"x": 1}
    assert cached(answer) == {"x": way} and ttl(answer) < 0
    assert partial(answer) == {}, "it is a whole answer"
    assert gate.get("/1").json() == {"x": 2}, "and no fresher for having been used"


def test_it_stands_in_while_the_service_is_gone_and_its_circuit_open(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), json_reply(2)))
    gate = make(weir, up, STALE, breaker="{trip: {in_a_row: 2}, open: 20s}")
    go_stale(gate)
    up.stop()
    for _ in range(2):
        assert cached(gate.get("/1")) == {"x": "fwd=stale"}
    assert gate.state("a") == "open"
    answer = gate.get("/1")
    assert answer.json() == {"x": 1} and cached(answer) == {"x": "hit"} and ttl(answer) < 0
    problem(gate.get("/2"), 503)
    m = gate.metrics()
    assert m.value("weir_cache_stale_total", service="a") == 3


def test_it_stands_in_when_time_runs_out(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), hang()))
    gate = weir(ONE.replace("timeout: 3s", "timeout: 300ms") % ("off", STALE), a=up)
    go_stale(gate)
    answer = gate.get("/1")
    assert answer.json() == {"x": 1} and cached(answer) == {"x": "fwd=stale"}


@pytest.mark.parametrize("control, cache, code", [
    ("max-age=0", "{for: 100ms}", 502),
    ("max-age=0, must-revalidate", STALE, 502),
    ("max-age=0, stale-if-error=60", "{for: 100ms}", 200),
    ("max-age=0, stale-if-error=0", STALE, 502),
])
def test_the_service_says_whether_it_may(weir, upstream, control, cache, code):
    up = upstream().always(in_turn(json_reply(1, headers={"Cache-Control": control}), status(500)))
    gate = make(weir, up, cache)
    go_stale(gate)
    assert gate.get("/1").status == code


def test_it_does_not_stand_in_for_what_is_no_more(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), status(404), status(500)))
    gate = make(weir, up, STALE)
    go_stale(gate)
    problem(gate.get("/1"), 502)
    problem(gate.get("/1"), 502)
    assert up.count() == 3


def test_it_does_not_stand_in_for_ever(weir, upstream):
    up = upstream().always(in_turn(json_reply(1), status(500)))
    gate = make(weir, up, "{for: 50ms, stale_if_error: 50ms}")
    go_stale(gate)
    problem(gate.get("/1"), 502)


# Equal calls at the same time.


@pytest.mark.parametrize("workers", [1, 2])
def test_equal_calls_at_the_same_time_are_made_once(weir, upstream, workers):
    gone = threading.Event()
    up = upstream().always(lambda x: (x.wait(gone), json_reply("one")(x)))
    gate = weir(f"workers: {workers}\n" + _dedent(ONE % ("off", "{for: 20s}")), a=up)

    def let_go():
        up.wait_for(1)
        wait_for(lambda: gate.metrics().value("http_server_active_requests") == 12, what="all requests")
        gone.set()

    answers = at_once(gate, 12, meanwhile=let_go)
    assert {a.json()["x"] for a in answers} == {"one"}
    assert up.count() == 1
    ways = sorted(cached(a)["x"] for a in answers)
    assert ways == ["fwd=miss; collapsed"] * 11 + ["fwd=miss; stored"]
    m = gate.metrics()
    assert m.value("weir_cache_misses_total", service="a") == 1
    assert m.value("weir_cache_coalesced_total", service="a") == 11


def _dedent(text):
    import textwrap

    return textwrap.dedent(text)


def test_equal_items_of_a_list_are_asked_for_once(weir, upstream):
    up = upstream().on("/list", json_reply([{"id": n % 3} for n in range(12)])).on("/items/{i}", lambda x: (x.sleep(0.1), json_reply(int(x.request.slots["i"]) * 10)(x)))
    gate = weir("""
        services: {a: {url: <a>}}
        routes:
          GET /:
            steps:
              list: {get: a/list}
              item: {each: list as l, get: "a/items/${l.id}", limit: 8, cache: {for: 20s}}
            reply: ${item}
        """, a=up)
    first = gate.get("/")
    assert first.json() == [n % 3 * 10 for n in range(12)]
    assert up.count("/items/{i}") == 3
    assert set(cached(first)["item"]) == {"fwd=miss; stored", "fwd=miss; collapsed", "hit"}
    again = gate.get("/")
    assert again.json() == first.json() and cached(again) == {"item": "hit"} and up.count("/items/{i}") == 3


def test_without_coalescing_each_asks(weir, upstream):
    barrier = threading.Barrier(3)
    up = upstream().always(lambda x: (barrier.wait(5), json_reply(1)(x)))
    gate = make(weir, up, "{for: 20s, coalesce: false}")
    assert {a.status for a in at_once(gate, 3)} == {200}
    assert up.count() == 3


def test_a_failure_is_everybodys(weir, upstream):
    gone = threading.Event()
    up = upstream().always(lambda x: (x.wait(gone), status(503, headers={"Retry-After": "7"})(x)))
    gate = make(weir, up)
    answers = at_once(gate, 4, meanwhile=lambda: (up.wait_for(1), _all_in(gate, 4), gone.set()))
    assert [a.status for a in answers] == [502] * 4 and up.count() == 1


def _all_in(gate, count):
    wait_for(lambda: gate.metrics().value("http_server_active_requests") == count, what="all requests")


def test_what_is_for_one_alone_is_not_shared_with_those_who_wait(weir, upstream):
    gone = threading.Event()
    count = counting(headers={"Set-Cookie": "who=me"})
    up = upstream().always(lambda x: (x.wait(gone), count(x)))
    gate = make(weir, up)
    answers = at_once(gate, 3, meanwhile=lambda: (up.wait_for(1), _all_in(gate, 3), gone.set()))
    assert sorted(a.json()["x"] for a in answers) == [1, 2, 3]


@pytest.mark.parametrize("workers", [1, 2])
def test_when_the_one_who_asks_leaves_another_asks(weir, upstream, workers):
    gone = threading.Event()
    up = upstream().always(in_turn(hang(), lambda x: (x.wait(gone), json_reply("second")(x))))
    gate = weir(f"workers: {workers}\n" + _dedent(ONE % ("off", "{for: 20s}")), a=up)
    leader = gate.connect()
    leader.send(format_request("GET", "/1", {}, None, "x"))
    up.wait_for(1)

    def leave():
        _all_in(gate, 4)
        leader.reset()
        up.wait_for(2)
        gone.set()

    answers = at_once(gate, 3, meanwhile=leave)
    assert [a.json()["x"] for a in answers] == ["second"] * 3
    assert up.count() == 2


def patient_and_hasty(weir, up, patient, hasty):
    """Two routes that ask for the same, each with its own time."""
    return weir("""
        services: {a: {url: <a>, retry: off, breaker: off, cache: {for: 20s}}}
        routes:
          GET /patient:
            steps:
              x: {get: a/x, timeout: %s}
            reply: ${x}
          GET /hasty:
            steps:
              x: {get: a/x, timeout: %s}
            reply: ${x}
        """ % (patient, hasty), a=up)


def test_those_who_wait_keep_their_own_time(weir, upstream):
    up = upstream().always(hang())
    gate = patient_and_hasty(weir, up, "3s", "200ms")
    with gate.connect() as c:
        c.send(format_request("GET", "/patient", {}, None, "x"))
        up.wait_for(1)
        late = gate.get("/hasty")
        problem(late, 504)
        assert late.seconds < 1.5 * SLOWER and up.count() == 1


def test_a_call_out_of_time_leaves_the_asking_to_one_who_has_more(weir, upstream):
    up = upstream().always(in_turn(hang(), json_reply("good")))
    gate = patient_and_hasty(weir, up, "5s", "400ms")
    with gate.connect() as c:
        c.send(format_request("GET", "/hasty", {}, None, "x"))
        up.wait_for(1)
        assert gate.get("/patient").json() == "good"
        problem(c.read_response(), 504)


def test_many_who_leave_at_any_time_leave_nothing_behind(weir, upstream):
    up = upstream().always(lambda x: (x.sleep(0.005), json_reply(x.request.path, headers={"Cache-Control": "max-age=0"})(x)))
    gate = weir("workers: 2\n" + _dedent(ONE % ("off", "{for: 20s}")), a=up)
    wrong = []

    def client(seed):
        for n in range(40):
            with gate.connect() as c:
                c.send(format_request("GET", f"/{n % 3}", {}, None, "x"))
                if (n + seed) % 3 == 0:
                    c.reset()
                    continue
                if (got := c.read_response()).status != 200 or got.json() != {"x": f"/x/{n % 3}"}:
                    wrong.append(got)

    threads = [threading.Thread(target=client, args=(s,)) for s in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
    wait_for(lambda: gate.metrics().value("http_server_active_requests") == 0, what="quiet")


# Its bounds and its life.


def test_it_holds_no_more_than_its_capacity(weir, upstream):
    up = upstream().always(lambda x: json_reply("x" * 10_000)(x))
    gate = make(weir, up, "{for: 20s, capacity: 50KiB}")
    for n in range(20):
        gate.get(f"/{n}")
    m = gate.metrics()
    assert 30_000 < m.value("weir_cache_bytes", service="a") <= 51_200
    assert 3 <= m.value("weir_cache_entries", service="a") <= 5
    assert cached(gate.get("/19")) == {"x": "hit"} and cached(gate.get("/0")) == {"x": "fwd=miss; stored"}
    up.always(json_reply("x" * 60_000))
    assert cached(gate.get("/large")) == {"x": "fwd=miss"}


def test_workers_share_it(weir, upstream):
    up = upstream().always(counting())
    gate = weir("workers: 2\n" + _dedent(ONE % ("off", "{for: 20s}")), a=up)
    assert {gate.get("/1").json()["x"] for _ in range(20)} == {1} and up.count() == 1


def test_it_outlives_a_reload_but_not_a_move(weir, upstream):
    up, other = upstream().always(counting()), upstream().always(json_reply("other"))
    gate = make(weir, up)
    assert gate.get("/1").json() == {"x": 1}
    gate.write((ONE % ("off", "{for: 10s}")).replace("deadline: 4s", "deadline: 3s"))
    gate.reload()
    again = gate.get("/1")
    assert again.json() == {"x": 1} and cached(again) == {"x": "hit"} and ttl(again) < 10
    gate.write(ONE % ("off", "{for: 10s}"), a=other)
    gate.reload()
    assert gate.get("/1").json() == {"x": "other"}, "another place has other answers"


def test_a_step_without_it_is_as_it_was(weir, upstream):
    up = upstream().always(counting())
    gate = make(weir, up, "off")
    answers = [gate.get("/1") for _ in range(2)]
    assert [a.json()["x"] for a in answers] == [1, 2]
    assert all("Cache-Status" not in a.headers for a in answers)
    assert "weir_cache" not in gate.metrics().text


def test_explain_shows_it(command, config_file, upstream):
    file = config_file(ONE % ("off", "{for: 20s, stale_if_error: 1m}"), a=upstream())
    text = command("explain", file, "GET /{id}")
    assert "cache 20s, stale for another 1m where the service fails (the service)" in text.out, text
    assert "cache" not in command("explain", file, "POST /{id}").out
    call = command("explain", file, "GET /{id}", "--json").json()["steps"][0]["call"]
    assert call["cache"] == "20s, stale for another 1m where the service fails"
