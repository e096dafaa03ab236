"""The cache of composed calls: what is kept and for how long, who shares it, its bounds."""

import time

import pytest
from support.cached_calls import ONE, cached, counting, make, make_with_workers, ttl
from support.expect import partial
from support.upstream import in_turn, json_reply, reset, respond, status, text_reply

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
    {"Cache-Control": "no-cache"}, {"Vary": "*"}, {"Vary": "Accept, traceparent"}, {"Vary": "tracestate"}, {"Expires": "0"},
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
    gate = make_with_workers(weir, up, 2)
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


@pytest.mark.parametrize("how", ["steps", "proxied"])
def test_a_write_ends_what_a_cache_of_another_size_keeps(weir, upstream, how):
    up = upstream().on("GET /x/{id}", counting()).on("PUT /x/{id}", status(204))
    routes = """
      PUT /steps/{id}:
        steps:
          x: {put: "a/x/${path.id}"}
        reply: ${x}
      PUT /proxied/{id}: {proxy: "a/x/${path.id}"}
    """
    gate = make(weir, up, more=routes)
    assert gate.get("/1").json() == {"x": 1}
    gate.write(ONE % ("off", "{for: 20s, capacity: 1MiB}") + routes, a=up)
    gate.reload()
    assert [gate.get("/1").json()["x"] for _ in range(2)] == [2, 2]
    gate.request("PUT", f"/{how}/1", body=b"")
    assert gate.get("/1").json() == {"x": 3}


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
