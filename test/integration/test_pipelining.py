"""Several calls of one moment on one connection (`pipelining`)."""

import signal
import time
from pathlib import Path

import pytest
from support.expect import partial
from support.raw_client import format_request
from support.upstream import hang, in_turn, json_reply, status
from support.waiting import wait_for

ROUTES = """
routes:
  GET /:
    steps:
      ids: {value: "${[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]}"}
      items: {each: ids as i, limit: 64, get: "a/items/${i}", take: "${body.n}", default: null}
    reply: ${items}
  POST /:
    steps:
      a: {post: a/write, body: 1}
      b: {post: a/write, body: 2}
    reply: ["${a}", "${b}"]
"""

ALL = list(range(20))


def answer_itself(x):
    json_reply({"n": int(x.request.path.rpartition("/")[2])})(x)


def make(weir, up, words, more="", **rest):
    return weir("workers: 1\nservices:\n  a: {url: <a>, breaker: off, %s}\n%s%s" % (words, more, ROUTES), a=up, **rest)


def test_calls_of_one_moment_share_connections_and_each_gets_its_own_answer(weir, upstream):
    up = upstream().always(answer_itself)
    gate = make(weir, up, "pipelining: 8")
    for _ in range(5):
        assert gate.get("/").json() == ALL
    assert up.count() == 100
    assert up.connections <= 3  # 20 calls, 8 on each
    assert up.most_in_flight <= 3


def test_without_it_each_call_has_a_connection_of_its_own(weir, upstream):
    up = upstream().always(answer_itself)
    gate = make(weir, up, "timeout: 5s")
    assert gate.get("/").json() == ALL
    assert up.connections >= 20


def test_writes_never_share(weir, upstream):
    up = upstream().on("POST /write", lambda x: (time.sleep(0.05), json_reply(x.request.json())(x)))
    gate = make(weir, up, "pipelining: 8")
    assert gate.post("/").json() == [1, 2]
    assert len({r.connection for r in up.seen()}) == 2


def test_a_service_that_closes_after_each_answer_still_answers_all(weir, upstream):
    up = upstream().always(
        lambda x: json_reply({"n": int(x.request.path.rpartition("/")[2])}, headers={"Connection": "close"})(x))
    gate = make(weir, up, "pipelining: 8")
    for _ in range(6):
        assert gate.get("/").json() == ALL


def test_who_stands_behind_a_call_that_hangs_is_asked_again_without_it(weir, upstream):
    up = upstream().always(answer_itself)
    up.on("GET /items/7", hang())
    gate = make(weir, up, "pipelining: 32, attempt_timeout: 400ms, retry: {attempts: 2, backoff: 1ms}")
    got = gate.get("/")
    assert got.json() == [n if n != 7 else None for n in ALL]
    assert "items" in partial(got)


def test_an_error_in_the_line_is_its_own_call_s_alone(weir, upstream):
    up = upstream().always(answer_itself)
    up.on("GET /items/3", status(500))
    gate = make(weir, up, "pipelining: 32")
    assert gate.get("/").json() == [n if n != 3 else None for n in ALL]


def test_what_is_tried_again_stands_behind_nobody(weir, upstream):
    up = upstream().always(answer_itself)
    up.on("GET /items/3", in_turn(status(503), json_reply({"n": 3})))
    up.on("GET /items/4", in_turn(status(503), json_reply({"n": 4})))
    gate = make(weir, up, "pipelining: 32, retry: {attempts: 2, backoff: 1ms}")
    assert gate.get("/").json() == ALL


PROXY = """
workers: 1
services:
  a: {url: <a>, breaker: off, pipelining: 16}
routes:
  GET /{x}: {proxy: "a/${path.x}"}
"""


def state_of(thread):
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def ask_together(gate, targets):
    """Requests that come in one batch; their connections, in order."""
    clients = [gate.connect() for _ in targets]
    for client in clients:  # accepted, all of them
        client.send(format_request("GET", "/accepted", host="x"))
        assert client.read_response().status == 200
    gate.signal(signal.SIGSTOP)
    wait_for(lambda: all(state_of(thread) == "T" for thread in Path(f"/proc/{gate.pid}/task").iterdir()),
             what="all of its threads to stand still")
    for client, target in zip(clients, targets):
        method, target = target if isinstance(target, tuple) else ("GET", target)
        client.send(format_request(method, target, host="x"))
    gate.signal(signal.SIGCONT)
    return clients


def test_requests_passed_on_at_one_moment_share_connections(weir, upstream):
    up = upstream().always(lambda x: json_reply(x.request.target)(x))
    gate = weir(PROXY, a=up)
    targets = [f"/{n}" for n in range(12)]
    clients = ask_together(gate, targets)
    assert [c.read_response().json() for c in clients] == targets
    assert len({r.connection for r in up.seen()[-12:]}) == 1


@pytest.mark.parametrize("length", ["told", "unknown"])
def test_a_large_answer_passed_on_to_a_client_that_does_not_read_holds_up_nobody(weir, upstream, length):
    up = upstream().always(lambda x: json_reply(x.request.target)(x))

    def large(x):
        if length == "told":
            x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (16 << 20))
            x.send_while_wanted(b"x" * 65536, most=16 << 20)
        else:
            x.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            x.hang()

    up.on("GET /large", large)
    gate = weir(PROXY, a=up)
    clients = ask_together(gate, ["/large", "/1", "/2", "/3"])
    assert [c.read_response().json() for c in clients[1:]] == ["/1", "/2", "/3"]


def test_a_client_that_leaves_takes_nobody_with_it(weir, upstream):
    up = upstream().always(lambda x: json_reply(x.request.target)(x)).on("GET /slow", hang())
    gate = weir(PROXY, a=up)
    clients = ask_together(gate, ["/slow", "/1", "/2"])
    up.wait_for(1, "GET /slow")
    clients[0].close()
    assert [c.read_response().json() for c in clients[1:]] == ["/1", "/2"]


def several(then):
    """On a connection to which more than one request has come at once, `then`; else the own answer."""
    def answer(x):
        more = x._c.buffer.count(b"\r\n\r\n")
        if more and then(x):
            return
        answer_itself(x)

    return answer


def test_what_follows_an_answer_and_is_none_is_not_the_next_ones_fault(weir, upstream):
    def junk(x):
        answer_itself(x)
        x.send("junk")
        return True

    gate = make(weir, upstream().always(several(junk)), "pipelining: 8")
    assert gate.get("/").json() == ALL


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_service_that_wants_one_at_a_time_and_closes_gets_each_alone(weir, upstream, how):
    def end(x):
        getattr(x, how)()
        return True

    gate = make(weir, upstream().always(several(end)), "pipelining: 8")
    for _ in range(3):
        assert gate.get("/").json() == ALL


def test_a_service_that_forgets_all_but_the_first_is_soon_asked_one_at_a_time(weir, upstream):
    def forget(x):
        x._c.buffer = b""
        answer_itself(x)
        return True

    gate = make(weir, upstream().always(several(forget)), "pipelining: 8, attempt_timeout: 300ms")
    assert gate.get("/").json() != ALL  # three connections, whose second answers do not come
    assert gate.get("/").json() == ALL


def test_a_body_behind_the_answer_to_a_head_is_nobodys(weir, upstream):
    up = upstream().always(lambda x: json_reply(x.request.target)(x))

    def body_all_the_same(x):
        x.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    up.on("HEAD /h", body_all_the_same)
    gate = weir(PROXY, a=up)
    clients = ask_together(gate, ["/1", ("HEAD", "/h"), "/2", "/3"])
    assert clients[1].read_response("HEAD").status == 200
    assert [clients[i].read_response().json() for i in (0, 2, 3)] == ["/1", "/2", "/3"]
