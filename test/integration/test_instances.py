"""Several instances of a service: how they are chosen, left alone, taken back, checked and shown."""

import socket
import threading
import time

import pytest
from support.cluster import ROUTES, instance, named, service, shares
from support.expect import problem
from support.raw_client import format_request
from support.upstream import hang, in_turn, json_reply, reset, status
from support.weir_process import SLOWER
from support.waiting import wait_for

@pytest.fixture
def cluster(weir, upstream):
    """cluster(3, "balance: round_robin") is a gate and three instances."""

    def make(count, options="", **more):
        instances = named([upstream() for _ in range(count)])
        listed = ", ".join(u.url for u in instances)
        text = f"services:\n  a: {{instances: [{listed}], timeout: 2s{', ' if options else ''}{options}}}\n" + ROUTES
        return weir(text, **more), instances

    return make


@pytest.mark.parametrize("balance", ["least_requests", "round_robin", "weighted", "peak_ewma", "maglev"])
def test_every_way_of_choosing_uses_all_instances(cluster, balance):
    gate, _ = cluster(3, f"balance: {balance}")
    for path in ("/composed/{}", "/proxied/{}"):
        # peak_ewma leaves out whom its first answer made look slow.
        assert len(shares(gate, 120, path)) >= (2 if balance == "peak_ewma" else 3)


def test_round_robin_is_even_to_the_request_over_all_workers(cluster):
    gate, instances = cluster(4, "balance: round_robin", arguments=["--workers", "2"])
    threads = [threading.Thread(target=shares, args=(gate, 50, p)) for p in ["/composed/{}", "/proxied/{}"] * 4]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [u.count() for u in instances] == [100] * 4


def test_weights_are_shares(weir, upstream):
    one, two = named([upstream(), upstream()])
    gate = weir("services:\n  a: {instances: [{url: <one>, weight: 3}, <two>], balance: round_robin}\n" + ROUTES,
                one=one, two=two)
    assert shares(gate, 80) == {0: 60, 1: 20}


def test_maglev_gives_a_key_the_same_instance(cluster):
    gate, instances = cluster(4, "balance: maglev, hash_by: header x-user")
    for user in range(20):
        seen = {gate.get(f"/{way}/{k}", {"X-User": f"u{user}"}).json()["n"]
                for way in ("composed", "proxied") for k in range(3)}
        assert len(seen) == 1
    assert all(u.count() for u in instances)


def test_a_retry_goes_to_another_instance(cluster):
    gate, instances = cluster(3, "balance: round_robin, ejection: off, retry: {attempts: 3, backoff: 1ms..2ms, budget: off}")
    for u in instances[:2]:
        u.always(status(503))
    for path in ("/composed/{}", "/proxied/{}"):
        assert shares(gate, 30, path) == {2: 30}


@pytest.mark.parametrize("path", ["/composed/{}", "/proxied/{}"])
def test_a_connection_that_is_refused_is_tried_elsewhere_without_any_retry(cluster, path):
    gate, instances = cluster(3, "balance: round_robin, retry: off, ejection: off")
    instances[0].stop()
    instances[1].stop()
    assert shares(gate, 30, path) == {2: 30}


def test_nothing_was_sent_so_even_a_post_goes_elsewhere(cluster):
    gate, instances = cluster(2, "balance: round_robin, ejection: off")
    instances[0].stop()
    assert shares(gate, 20, method="POST") == {1: 20}


BODIES = {"none": b"", "short": b"hello", "longer than what is held": bytes(range(256)) * 2000}


@pytest.mark.parametrize("framing", ["length", "chunked", "expect"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_goes_elsewhere_when_a_connection_is_refused(cluster, framing, body):
    gate, instances = cluster(3, "balance: round_robin, ejection: off")
    instances[0].stop()
    instances[1].stop()
    instances[2].always(lambda x: json_reply({"length": len(x.request.body), "same": x.request.body == body})(x))
    pieces = [body[i:i + 10_000] for i in range(0, len(body), 10_000)]
    with gate.connect() as c:
        for k in range(6):
            head = f"POST /proxied/{k} HTTP/1.1\r\nHost: x\r\n"
            if framing == "chunked":
                c.send(head + "Transfer-Encoding: chunked\r\n\r\n")
                for piece in pieces:
                    c.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                c.send(b"0\r\n\r\n")
            else:
                c.send(head + f"Content-Length: {len(body)}\r\n" + "Expect: 100-continue\r\n" * (framing == "expect") + "\r\n")
                if framing == "expect" and body:
                    assert c.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
                c.send(body)
            assert c.read_response("POST").json() == {"length": len(body), "same": True}


def test_a_body_waits_for_the_name_of_the_next_instance(weir, upstream):
    there, gone = upstream(), upstream()
    there.always(lambda x: json_reply(x.request.body.decode())(x))
    gone.stop()
    gate = weir("services: {a: {instances: [<gone>, \"http://localhost:<reached>\"], balance: round_robin, ejection: off}}\n"
                "routes: {POST /x: {proxy: a}}", gone=gone, reached=there.port)
    for k in range(6):
        assert gate.post("/x", f"body {k}").json() == f"body {k}"


def test_a_body_goes_elsewhere_when_a_connection_takes_too_long(weir, upstream):
    # Nobody accepts, and what may wait for it is there: a handshake more gets no answer.
    deaf = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(deaf.getsockname())
    there = upstream()
    there.always(lambda x: json_reply(len(x.request.body))(x))
    gate = weir("services: {a: {instances: [\"http://127.0.0.1:<deaf>\", <there>], balance: round_robin, ejection: off, "
                "connect_timeout: 200ms}}\nroutes: {POST /x: {proxy: a}}", deaf=deaf.getsockname()[1], there=there)
    took = []
    for k in range(4):
        began = time.monotonic()
        assert gate.post("/x", b"x" * 300_000).json() == 300_000
        took.append(time.monotonic() - began)
    assert max(took) >= 0.2, "it was tried there first"
    for one in [deaf, *waiting]:
        one.close()


def test_a_body_that_nobody_can_be_given_is_answered(cluster):
    gate, instances = cluster(2, "ejection: off")
    for u in instances:
        u.stop()
    with gate.connect() as c:
        for length in (5, 300_000):
            c.send(f"POST /proxied/1 HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + b"x" * length)
            problem(c.read_response("POST"), 502, proxy_status="connection_refused")


def test_a_body_that_was_begun_to_be_sent_is_not_sent_again(cluster):
    gate, instances = cluster(2, "balance: round_robin, retry: {attempts: 3}")
    for u in instances:
        u.always(reset())
    problem(gate.post("/proxied/1", b"x" * 100_000), 502)
    assert sum(u.count() for u in instances) == 1


def test_a_post_that_was_sent_is_not_sent_again(cluster):
    gate, instances = cluster(2, "balance: round_robin, retry: {attempts: 3}")
    for u in instances:
        u.always(status(503))
    problem(gate.post("/composed/1", b"{}"), 502)
    assert sum(u.count() for u in instances) == 1


def test_an_instance_that_fails_is_left_alone_and_found_well_again_by_one_call_at_a_time(cluster):
    gate, instances = cluster(4, "retry: {attempts: 3, backoff: 1ms..2ms}, ejection: {in_a_row: 3, for: 1s}")
    bad = instances[1]
    bad.always(status(500))
    for k in range(60):
        gate.get(f"/composed/{k}")
    assert instance(gate, bad)["state"] == "ejected"
    assert instance(gate, bad)["ejected_for"] == "3 failures in a row"
    before = bad.count()
    shares(gate, 60)
    assert bad.count() == before
    wait_for(lambda: instance(gate, bad)["state"] == "on probation")
    gate.get("/composed/1")
    assert bad.count() == before + 1, "one call found out"
    assert instance(gate, bad)["state"] == "ejected"
    bad.always(json_reply({"n": 1}))
    wait_for(lambda: instance(gate, bad)["state"] == "on probation")
    gate.get("/composed/1")
    assert instance(gate, bad)["state"] == "in use"
    assert 1 in shares(gate, 60)


def test_an_instance_that_hangs_is_left_alone_and_clients_notice_nothing(cluster):
    gate, instances = cluster(3, "attempt_timeout: 100ms, retry: {attempts: 2, backoff: 1ms, budget: {floor: 100}}")
    instances[2].always(hang())
    shares(gate, 60)
    assert instance(gate, instances[2])["state"] == "ejected"
    before = instances[2].count()
    assert before == 5
    shares(gate, 60)
    assert instances[2].count() == before


def test_no_more_than_half_are_left_alone(cluster):
    gate, instances = cluster(4, "ejection: {in_a_row: 1}")
    for u in instances:
        u.always(status(500))
    for k in range(40):
        problem(gate.get(f"/composed/{k}"), 502)
    assert [i["state"] for i in service(gate)["instances"]].count("ejected") == 2


def test_one_that_succeeds_less_than_the_others_is_left_alone(cluster):
    gate, instances = cluster(3, "ejection: {every: 1s, min_calls: 10, in_a_row: 100}, retry: {attempts: 3, backoff: 1ms, budget: off}")
    # More than it will be asked for: the last of them stays.
    instances[0].always(in_turn(*[status(503), json_reply({"n": 0})] * 5000))

    def ejected():
        shares(gate, 60)
        return instance(gate, instances[0])["state"] == "ejected"

    wait_for(ejected)
    assert "of its calls succeeded" in instance(gate, instances[0])["ejected_for"]


def test_a_circuit_for_each_instance(cluster):
    gate, instances = cluster(3, "ejection: off, retry: {attempts: 3, backoff: 1ms}, breaker: {scope: instance, trip: {in_a_row: 2}, open: 30s}")
    instances[0].always(status(500))
    for k in range(30):
        gate.get(f"/composed/{k}")
    assert instances[0].count() == 2
    assert instance(gate, instances[0])["circuit"] == "open"
    assert instance(gate, instances[1])["circuit"] == "closed"
    assert gate.state(f"a/{instances[0].address}") == "open"
    gate.wait_log(f"circuit a/{instances[0].address} closed -> open")
    assert 0 not in shares(gate, 30)
    for u in instances:
        u.always(status(500))
    for k in range(10):
        gate.get(f"/composed/{k}")
    answer = gate.get("/composed/1")
    problem(answer, 503, proxy_status="destination_unavailable")
    assert 0 < int(answer.headers["Retry-After"]) <= 30


OF_EACH = "retry: off, breaker: {scope: instance, trip: {in_a_row: 2}, open: 30s}"


def test_the_circuits_of_instances_have_the_series_of_any_circuit(cluster):
    gate, instances = cluster(3, "balance: round_robin, ejection: off, " + OF_EACH)
    instances[0].always(status(500))
    for k in range(30):
        gate.get(f"/composed/{k}")
    metrics, names = gate.metrics(), [f"a/{u.address}" for u in instances]
    assert {l["name"] for l, _ in metrics.all("weir_circuitbreaker_state")} == set(names) == set(gate.circuits())
    of = lambda series, **labels: metrics.value("weir_circuitbreaker_" + series, **labels)
    assert [of("state", name=n, state="open") for n in names] == [1, 0, 0]
    assert [of("state", name=n, state="closed") for n in names] == [0, 1, 1]
    assert [of("calls_total", name=n, kind="failed") for n in names] == [2, 0, 0]
    assert [of("calls_seconds_count", name=n, kind="failed") for n in names] == [2, 0, 0]
    served = [of("calls_seconds_count", name=n, kind="successful") for n in names]
    assert served[0] == 0 and sum(served) == 28 and min(served[1:]) > 0
    assert of("calls_seconds_sum", name=names[1], kind="successful") > 0
    assert of("not_permitted_calls_total", name=names[0]) > 0
    assert of("failure_rate", name=names[1]) == gate.circuit(names[1])["failure_rate"]
    assert of("buffered_calls", name=names[1]) >= 0 and of("slow_call_rate", name=names[1]) == -1
    assert metrics.value("weir_circuitbreakers_left_out") == 0


def test_the_series_of_an_instance_that_is_gone_go_and_those_of_one_that_stays_grow(weir, upstream):
    one, two, three = named([upstream() for _ in range(3)])
    text = f"services:\n  a: {{instances: [<list>], balance: round_robin, {OF_EACH}}}\n" + ROUTES
    gate = weir(text.replace("<list>", "<one>, <two>"), one=one, two=two, three=three)
    shares(gate, 20)
    gate.write(text.replace("<list>", "<two>, <three>"))
    gate.reload()
    shares(gate, 20)
    metrics = gate.metrics()
    count = lambda u: metrics.all("weir_circuitbreaker_calls_seconds_count", name=f"a/{u.address}", kind="successful")
    assert [v for _, v in count(two)] == [20] and [v for _, v in count(three)] == [10]
    assert one.address not in metrics.text
    assert set(gate.circuits()) == {f"a/{two.address}", f"a/{three.address}"}


def test_the_circuits_of_instances_on_the_page_of_metrics_are_bounded(weir, upstream):
    one = upstream()
    one.always(json_reply({"n": 0}))
    many = "\n".join(f"      - http://127.0.{k // 250}.{k % 250 + 1}:{one.port}" for k in range(1200))
    gate = weir(f"services:\n  a:\n    breaker: {{scope: instance}}\n    instances:\n{many}\n" + ROUTES)
    first, again = gate.metrics(), gate.metrics()
    shown = lambda m: {l["name"] for l, _ in m.all("weir_circuitbreaker_buffered_calls")}
    assert len(shown(first)) == 1000 and shown(first) == shown(again)
    assert first.value("weir_circuitbreakers_left_out") == 200
    assert len(gate.circuits()) == 1200


@pytest.mark.parametrize("slash", ["/", "%2F"])
def test_the_circuit_of_an_instance_is_steered_like_any_other(cluster, slash):
    gate, instances = cluster(2, "balance: round_robin, " + OF_EACH)
    kept, shut = instances
    name = f"a/{shut.address}"
    assert gate.act(name.replace("/", slash), "force-open").status == 200
    assert gate.metrics().value("weir_circuitbreaker_state", name=name, state="forced_open") == 1
    assert shares(gate, 10) == {0: 10}
    assert gate.act(name.replace("/", slash), "reset").status == 200
    assert gate.state(name) == "closed" and shares(gate, 10) == {0: 5, 1: 5}
    assert gate.act(f"a{slash}127.0.0.1:1", "reset").status == 404


def test_checks_take_an_instance_out_and_back(cluster):
    gate, instances = cluster(3, "health: {path: /healthz, every: 100ms, timeout: 200ms, fall: 2, rise: 2}")
    sick = instances[1]
    sick.on("GET /healthz", status(503))
    sick.on("GET /x/{id}", json_reply({"n": 1}))
    wait_for(lambda: instance(gate, sick)["state"] == "failing")
    assert instance(gate, sick)["check"]["detail"] == "status 503"
    assert 1 not in shares(gate, 60)
    sick.on("GET /healthz", json_reply({}))
    wait_for(lambda: instance(gate, sick)["state"] == "in use")
    assert 1 in shares(gate, 60)
    gate.wait_log("instance fails its checks")
    gate.wait_log("instance passes its checks")


def test_all_are_used_when_checks_call_nearly_all_unfit(cluster):
    gate, instances = cluster(5, "health: {path: /healthz, every: 100ms}, panic: 50%")
    for u in instances:
        u.on("GET /healthz", status(503))
        u.on("GET /x/{id}", json_reply({"n": instances.index(u)}))
    wait_for(lambda: service(gate)["panic"])
    assert set(shares(gate, 200)) == {0, 1, 2, 3, 4}


def test_a_passing_check_takes_an_ejected_one_back(cluster):
    gate, instances = cluster(3, "health: {path: /healthz, every: 100ms}, ejection: {in_a_row: 1, for: 1m}, retry: {attempts: 2, backoff: 1ms}")
    instances[0].on("GET /healthz", json_reply({}))
    instances[0].on("GET /x/{id}", in_turn(status(503), json_reply({"n": 0})))
    shares(gate, 20)
    wait_for(lambda: gate.log_lines("instance ejected"))
    wait_for(lambda: instance(gate, instances[0])["state"] == "in use")
    assert 0 in shares(gate, 60)


def test_a_new_instance_begins_slowly(weir, upstream):
    one, two = named([upstream(), upstream()])
    text = "services:\n  a: {instances: [<list>], balance: weighted, slow_start: 30s}\n" + ROUTES
    gate = weir(text.replace("<list>", "<one>"), one=one, two=two)
    shares(gate, 5)
    gate.write(text.replace("<list>", "<one>, <two>"))
    gate.reload()
    assert shares(gate, 100)[1] < 30


def test_a_reload_keeps_what_is_known_and_drains_what_is_gone(weir, upstream):
    one, two, three = named([upstream() for _ in range(3)])
    text = "services:\n  a: {instances: [<list>], retry: {attempts: 2}, ejection: {in_a_row: 2, for: 1m}}\n" + ROUTES
    gate = weir(text.replace("<list>", "<one>, <two>"), one=one, two=two, three=three)
    two.stop()
    shares(gate, 20)
    assert instance(gate, two)["state"] == "ejected"
    release = threading.Event()
    one.always(lambda x: (release.wait(5), json_reply({"n": 0})(x)))
    one.forget()
    with gate.connect() as slow:
        slow.send(format_request("GET", "/proxied/1", None, None, f"127.0.0.1:{gate.port}"))
        one.wait_for(1, "GET /x/1")
        gate.write(text.replace("<list>", "<two>, <three>"))
        gate.reload()
        assert instance(gate, two)["state"] == "ejected", "still known to be bad"
        assert shares(gate, 20) == {2: 20}
        release.set()
        assert slow.read_response("GET").json() == {"n": 0}, "what ran on the removed one ended well"


def test_operators_see_instances(cluster, command):
    gate, instances = cluster(2, "health: /healthz, balance: round_robin")
    shares(gate, 10)
    shown = service(gate)
    assert shown["balance"] == "round_robin" and shown["discovery"]["by"] == "list" and shown["discovery"]["known"]
    assert [i["address"] for i in shown["instances"]] == sorted(u.address for u in instances)
    assert sum(i["succeeded"] for i in shown["instances"]) == 10
    metrics = gate.metrics()
    assert metrics.value("weir_service_instances", service="a", state="in_use") == 2
    assert metrics.sum("weir_instance_calls_total", service="a", kind="successful") == 10
    told = command("explain", gate.file, "GET /composed/{id}").out
    assert "balance round_robin" in told and "health /healthz every 5s" in told
    live = command("check", "--live", gate.file).out
    assert all(f"[+] service a at {u.address}: connected" in live for u in instances)


def test_a_thousand_services_and_a_thousand_instances_start_at_once_and_small(weir, upstream):
    one = upstream()
    one.always(json_reply({"n": 0}))
    services = "\n".join(f"  s{k}: {{instances: [<one>, \"http://127.0.0.2:{one.port}\"]}}" for k in range(1000))
    many = "\n".join(f"      - http://127.0.{k // 250}.{k % 250 + 1}:{one.port}" for k in range(1000))
    began = time.monotonic()
    gate = weir(f"services:\n{services}\n  a:\n    balance: maglev\n    instances:\n      - <one>\n{many}\n".replace(
        f"      - http://127.0.0.1:{one.port}\n", "") + ROUTES, one=one)
    assert time.monotonic() - began < 3 * SLOWER
    assert gate.grew_since(0) < 100e6
    assert len(service(gate)["instances"]) == 1000
