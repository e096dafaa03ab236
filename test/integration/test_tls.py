"""https:// services: certificates are verified, and what that costs when they are wrong."""

import time

import pytest
from support.expect import partial, traced_problem
from support.tls_upstream import Authority, authority
from support.upstream import chunked, json_reply
from support.weir_process import SLOWER

CONFIG = """
    services: {a: {url: "<a>", retry: off, breaker: {trip: {in_a_row: 50}, open: 1s}, tls: {%s}}}
    routes:
      GET /:
        steps:
          x: {get: a/x}
        reply: {x: "${x}"}
      GET /optional:
        steps:
          x: {get: a/x, default: null}
        reply: {x: "${x}"}
      GET /proxied: {proxy: a/x}
      POST /proxied: {proxy: a/x}
    """


@pytest.fixture
def ours():
    return f"ca_file: {authority().certificate}"


@pytest.mark.parametrize("named", [True, False])
def test_a_service_with_a_valid_certificate(weir, tls_upstream, ours, named):
    up = tls_upstream("valid").always(json_reply("secret"))
    gate = weir(CONFIG % ours, a=up.named_url if named else up.url, arguments=["--workers", "1"])
    for _ in range(5):
        assert gate.get("/").json() == {"x": "secret"}
        assert gate.get("/proxied").json() == "secret"
    assert up.connections == 1, "kept alive as others are"
    assert up.last.headers["Host"] == (f"localhost:{up.port}" if named else f"127.0.0.1:{up.port}")
    if named:
        assert up.server_names == ["localhost"]


@pytest.mark.parametrize("kind", ["wrong_name", "expired", "self_signed"])
def test_a_certificate_that_is_wrong(weir, tls_upstream, ours, kind):
    up = tls_upstream(kind).always(json_reply("secret"))
    gate = weir(CONFIG % ours, a=up.named_url)
    traced_problem(gate.get("/"), 502, step="x", proxy_status="tls_certificate_error", leaks=[up.port])
    traced_problem(gate.get("/proxied"), 502, proxy_status="tls_certificate_error")
    assert partial(gate.get("/optional")) == {"x": "tls_error"}
    assert up.count() == 0, "nothing was sent"
    assert gate.circuit("a")["failures"] == 3


def test_an_authority_that_is_not_trusted(weir, tls_upstream):
    up = tls_upstream("valid").always(json_reply("secret"))
    gate = weir(CONFIG % "verify: true", a=up.named_url)
    traced_problem(gate.get("/"), 502, proxy_status="tls_certificate_error")
    assert up.count() == 0


@pytest.mark.parametrize("kind", ["wrong_name", "expired", "self_signed"])
def test_verify_false_is_a_choice(weir, tls_upstream, kind):
    up = tls_upstream(kind).always(json_reply("secret"))
    assert weir(CONFIG % "verify: false", a=up.named_url).get("/").json() == {"x": "secret"}


def test_a_plain_service_behind_https(weir, upstream, ours):
    up = upstream()
    up.on_connect = lambda sock: (sock.recv(1), sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), sock.close())[1]
    gate = weir(CONFIG % ours, a=f"https://localhost:{up.port}")
    answer = gate.get("/")
    traced_problem(answer, 502, step="x")
    assert answer.seconds < 2 * SLOWER


def test_the_log_says_what_was_wrong_with_a_handshake(weir, upstream, ours):
    up = upstream()
    up.on_connect = lambda sock: (sock.recv(1000), sock.sendall(b"\x16\x03\x03garbage, garbage"), time.sleep(0.2))[2]
    gate = weir(CONFIG % ours, a=f"https://localhost:{up.port}", arguments=["--log-level", "debug"])
    traced_problem(gate.get("/"), 502)
    gate.wait_log("attempt failed")
    assert not gate.log_lines("unknown TLS error"), gate.log()


def test_a_tls_service_behind_http(weir, tls_upstream):
    up = tls_upstream("valid").always(json_reply(1))
    gate = weir(CONFIG.replace(", tls: {%s}", ""), a=f"http://127.0.0.1:{up.port}")
    traced_problem(gate.get("/"), 502, step="x")


def test_a_handshake_that_never_ends_is_within_the_time_to_connect(weir, upstream, ours):
    silent = upstream()
    silent.on_connect = lambda sock: time.sleep(4)
    gate = weir(CONFIG % ours, a=f"https://localhost:{silent.port}")
    answer = gate.get("/")
    assert answer.status == 504, answer
    assert 0.9 <= answer.seconds < 2 * SLOWER


def test_large_bodies_both_ways(weir, tls_upstream, ours):
    up = tls_upstream("valid")
    up.always(lambda x: x.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(x.request.body) + x.request.body))
    gate = weir(CONFIG % ours, a=up.named_url)
    body = bytes(range(256)) * 3900
    assert gate.post("/proxied", body).body == body


def test_a_stream_through_tls(weir, tls_upstream, ours):
    up = tls_upstream("valid").always(chunked(["tick\n"] * 5, pause=0.05))
    assert weir(CONFIG % ours, a=up.named_url).get("/proxied").body == b"tick\n" * 5


@pytest.mark.parametrize("place", ['url: "<a>"', "instances: [<a>]"], ids=["one place", "instances"])
def test_a_reload_did_not_read_a_ca_file_whose_content_alone_had_changed(weir, tls_upstream, tmp_path, place):
    up = tls_upstream("valid").always(json_reply("secret"))
    ca = tmp_path / "trusted.pem"
    good, other = authority().certificate.read_text(), Authority(tmp_path).certificate.read_text()
    ca.write_text(other)
    gate = weir(CONFIG.replace('url: "<a>"', place) % f"ca_file: {ca}", a=up.named_url, arguments=["--workers", "1"])
    traced_problem(gate.get("/proxied"), 502, proxy_status="tls_certificate_error")
    ca.write_text(good)
    gate.reload()
    assert gate.get("/proxied").json() == "secret"
    connections = up.connections
    gate.reload()
    assert gate.get("/proxied").json() == "secret"
    assert up.connections == connections, "as it was: what is connected stays"
    ca.write_text(other)
    gate.reload()
    traced_problem(gate.get("/proxied"), 502, proxy_status="tls_certificate_error")


def test_a_ca_file_that_is_not_there_is_told_at_start(command, config_file):
    done = command("check", config_file(CONFIG % "ca_file: /no/such/file.pem", a="https://localhost:1"))
    assert done.code == 78, done
    assert "/no/such/file.pem" in done.out + done.err, done
