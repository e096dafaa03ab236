"""The support code against itself: what the tests of the binary rely on."""

import socket
import ssl
import threading
import time

import pytest
from support import ports
from support.http_parse import Malformed, parse_response_head
from support.raw_client import ClosedEarly, Connection, ResetByPeer, exchange
from support.tls_upstream import authority
from support.upstream import chunked, hang, in_turn, json_reply, json_text, raw, reset, respond, status, text_reply
from support.weir_process import Metrics, Weir, filled


def test_a_reserved_port_is_given_out_once_and_is_free():
    numbers = {ports.reserve() for _ in range(50)}
    assert len(numbers) == 50
    for number in numbers:
        with socket.socket() as s:
            s.bind(("127.0.0.1", number))
        ports.release(number)


def test_a_service_answers_by_method_path_and_slot(upstream):
    up = upstream().on("GET /items/{id}", lambda x: json_reply({"id": x.request.slots["id"]})(x))
    up.on("POST /items", status(201))
    with Connection(up.port) as c:
        assert c.request("GET", "/items/7%20a").json() == {"id": "7 a"}
        assert c.request("POST", "/items", body="x").status == 201
        assert c.request("GET", "/other").status == 404
    assert up.connections == 1
    assert [r.line for r in up.seen()] == [
        "GET /items/7%20a HTTP/1.1", "POST /items HTTP/1.1", "GET /other HTTP/1.1"]
    assert up.count("GET /items/{id}") == 1
    assert up.seen("POST /items")[0].body == b"x"


def test_answers_in_turn_stay_at_the_last(upstream):
    up = upstream().always(in_turn(status(503), json_reply([1])))
    with Connection(up.port) as c:
        assert [c.request("GET", "/").status for _ in range(3)] == [503, 200, 200]


def test_a_chunked_answer_and_a_chunked_request_are_read(upstream):
    up = upstream().always(chunked(["[1,", "2]"]))
    with Connection(up.port) as c:
        c.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n")
        answer = c.read_response()
    assert answer.json() == [1, 2]
    assert up.last.body == b"abc"
    assert up.last.trailers.get("t") == "1"


def test_a_reset_is_told_from_a_close(upstream):
    up = upstream().on("/reset", raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", end="reset", pause_before_end=0.05))
    up.on("/short", raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", end="close")).on("/at_once", reset())
    with Connection(up.port) as c, pytest.raises(ResetByPeer):
        c.request("GET", "/reset")
    with Connection(up.port) as c, pytest.raises(ResetByPeer):
        c.request("GET", "/at_once")
    with Connection(up.port) as c, pytest.raises(ClosedEarly):
        c.request("GET", "/short")


def test_a_caller_that_leaves_is_noticed(upstream):
    up = upstream().always(hang())
    with Connection(up.port) as c:
        c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        request = up.wait_for(1)[0]
        assert not request.cancelled
    up.wait_cancelled(request)


def test_a_stopped_service_refuses_and_comes_back_on_its_port(upstream):
    up = upstream().always(text_reply("here"))
    with Connection(up.port) as kept:
        assert kept.request("GET", "/").text == "here"
        up.stop()
        assert kept.ending() == "closed"
    with pytest.raises(ConnectionRefusedError):
        Connection(up.port)
    up.start()
    with Connection(up.port) as c:
        assert c.request("GET", "/").text == "here"


def test_requests_in_flight_are_counted(upstream):
    go = threading.Event()
    up = upstream().always(lambda x: (x.wait(go), json_reply(1)(x)))
    callers = [threading.Thread(target=exchange, args=(up.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")) for _ in range(5)]
    for caller in callers:
        caller.start()
    up.wait_for(5)
    go.set()
    for caller in callers:
        caller.join()
    assert up.most_in_flight == 5
    assert up.in_flight == 0


def test_a_slow_answer_takes_its_time(upstream):
    up = upstream().always(respond(200, "1", delay=0.2))
    with Connection(up.port) as c:
        assert c.request("GET", "/").seconds >= 0.2


@pytest.mark.parametrize("head", [
    b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
    b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
])
def test_the_reader_refuses_what_is_not_http(head):
    with pytest.raises(Malformed):
        parse_response_head(head)


@pytest.mark.parametrize("kind, trusted", [
    ("valid", True), ("wrong_name", False), ("expired", False), ("self_signed", False)])
def test_each_certificate_is_what_it_says(tls_upstream, kind, trusted):
    up = tls_upstream(kind).always(text_reply("secret"))
    context = ssl.create_default_context(cafile=authority().certificate)
    with socket.create_connection(("127.0.0.1", up.port)) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                answered = secure.recv(4096).endswith(b"secret")
        except ssl.SSLError:
            answered = False
    assert answered == trusted


def test_configuration_names_are_filled_in(upstream):
    up = upstream()
    assert filled("services: {a: <a>, b: <b>}", a=up, b="http://x") == (
        f"services: {{a: {up.url}, b: http://x}}")
    with pytest.raises(AssertionError):
        filled("a: <forgotten>")


FAKE = r'''#!/usr/bin/python3
import http.server, os, re, signal, sys, threading
text = open(sys.argv[2]).read()
port = int(re.search(r"^admin: 127.0.0.1:(\d+)", text, re.M)[1])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *a): pass
signal.signal(signal.SIGTERM, lambda *a: os._exit(0))
print("ready", file=sys.stderr, flush=True)
if "crash" in text: threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGSEGV)).start()
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''


@pytest.fixture
def fake_binary(tmp_path, monkeypatch):
    path = tmp_path / "fake"
    path.write_text(FAKE)
    path.chmod(0o755)
    monkeypatch.setenv("WEIR", str(path))


def test_a_process_is_started_watched_and_ended(fake_binary, tmp_path):
    one = Weir(tmp_path / "one", "services: {}").start()
    assert one.alive()
    assert one.wait_log("ready")
    one.clean_up()
    assert one.process.returncode == 0


def test_a_crash_is_reported(fake_binary, tmp_path):
    one = Weir(tmp_path / "one", "services: {}  # crash").start()
    time.sleep(0.5)
    with pytest.raises(AssertionError, match="ended by itself"):
        one.clean_up()


def test_a_sanitizer_report_fails_the_test(fake_binary, tmp_path):
    one = Weir(tmp_path / "one", "services: {}").start()
    (tmp_path / "one" / "sanitizer.1").write_text("ERROR: AddressSanitizer: heap-use-after-free")
    with pytest.raises(AssertionError, match="heap-use-after-free"):
        one.clean_up()


def test_metrics_are_read_strictly():
    page = Metrics('# TYPE a counter\na{x="1",y="a\\"b"} 2\na{x="2"} 3\n')
    assert page.value("a", x="1") == 2
    assert page.sum("a") == 5
    for wrong in ('a{x="1"} 2\na{x="1"} 3\n', "a b c d\n", "# TYPE a counter\n# TYPE a gauge\n"):
        with pytest.raises(AssertionError):
            Metrics(wrong)


def test_json_text_is_sent_digit_by_digit(upstream):
    up = upstream().always(json_text("[12345678901234567890.10]"))
    with Connection(up.port) as c:
        assert c.request("GET", "/").body == b"[12345678901234567890.10]"


def test_the_descriptor_limit_of_this_run_suffices():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= 4096, "the tests of many connections need 4096 descriptors"
