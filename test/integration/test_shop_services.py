"""The shop's four services: the answers that their document promises, the defects mended, on SQLite
and on PostgreSQL alike; and the switch that makes them misbehave."""

import socket
import time

import pytest

from support.expect import problem
from support.postgres import Postgres
from support.raw_client import ClosedEarly, ResetByPeer
from support.shop import run_to_end, shop  # noqa: F401

PRODUCTS = 5


@pytest.fixture(scope="module")
def postgres():
    server = Postgres().create().start()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request, shop):
    """stored(KIND): the service on each kind of database."""

    def make(kind, *arguments, **more):
        if request.param == "sqlite":
            return shop(kind, *arguments, **more)
        return shop(kind, *arguments, dsn=request.getfixturevalue("postgres").fresh_database(kind), **more)

    return make


# Answers.


def test_products_are_listed_in_order_with_their_names(stored):
    answer = stored("products").get("/products")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    listed = answer.json()
    assert [p["product_id"] for p in listed] == [1, 2, 3, 4, 5]
    assert all(sorted(p) == ["product_id", "product_name"] and p["product_name"] for p in listed)


def test_one_product_has_everything(stored):
    service = stored("products")
    listed = {p["product_id"]: p["product_name"] for p in service.get("/products").json()}
    for number, name in listed.items():
        whole = service.get(f"/products/{number}").json()
        assert list(whole) == ["product_id", "product_name", "description", "sku"]
        assert whole["product_id"] == number and whole["product_name"] == name
        assert whole["description"] and whole["sku"]


def test_an_unknown_product_is_404(stored):
    problem(stored("products").get("/products/6"), 404)


@pytest.mark.parametrize("user, found", [(1, [1, 2, 3]), (2, [1, 2, 5]), (3, []), (-7, []), (99999999999, [])])
def test_the_cart_of_a_user(stored, user, found):
    answer = stored("cart").get(f"/users/{user}/cart")
    assert (answer.status, answer.json()) == (200, [{"product_id": p} for p in found])


@pytest.mark.parametrize("user, found", [(1, [1, 2, 3]), (2, []), (3, [1, 2, 3])])
def test_the_favorites_of_a_user_and_none_are_an_empty_list(stored, user, found):
    answer = stored("favorites").get(f"/users/{user}/favorites")
    assert (answer.status, answer.json()) == (200, [{"product_id": p} for p in found])


@pytest.mark.parametrize("kind, path", [
    ("products", "/products/{}"), ("inventory", "/products/{}/inventory"),
    ("favorites", "/users/{}/favorites"), ("cart", "/users/{}/cart")])
def test_an_id_that_is_no_integer_is_400(shop, kind, path):
    service = shop(kind)
    for wrong in ("abc", "1x", "1.5", "%31x", "99999999999999999999", "+1"):
        problem(service.get(path.format(wrong)), 400, "integer")


def test_inventory_is_a_number_from_0_to_100(shop):
    service = shop("inventory", "--delay", "0s")
    seen = set()
    for _ in range(60):
        answer = service.get("/products/3/inventory")
        assert answer.status == 200 and list(answer.json()) == ["inventory"]
        seen.add(answer.json()["inventory"])
    assert seen <= set(range(101)) and len(seen) > 10


def test_inventory_is_slow_by_itself_and_stops_being_so_when_told(shop):
    service = shop("inventory", "--faults")
    assert service.get("/_fault").json() == {"requests": 0, "delay": "0s..5s"}
    service.faults(delay="0s")
    assert service.get("/products/1/inventory").seconds < 0.5
    assert service.request("POST", "/_fault", "{}").json()["delay"] == "0s..5s"


@pytest.mark.parametrize("kind", ["products", "inventory", "favorites", "cart"])
def test_every_service_is_live_and_knows_its_paths(shop, kind):
    service = shop(kind)
    assert service.get("/livez").status == 200
    problem(service.get("/nothing"), 404)
    problem(service.get("/users//cart"), 404)
    answer = service.request("DELETE", "/products" if kind == "products" else {
        "inventory": "/products/1/inventory", "favorites": "/users/1/favorites", "cart": "/users/1/cart"}[kind])
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_the_switch_is_not_there_unless_asked_for(shop):
    problem(shop("cart").request("POST", "/_fault", '{"fail": 500}'), 404)


# Faults.


def test_a_service_told_to_fail_answers_with_that_status(shop):
    service = shop("cart", "--faults")
    assert service.faults(fail=503)["fail"] == 503
    problem(service.get("/users/1/cart"), 503)
    assert service.get("/livez").status == 200
    service.faults()
    assert service.get("/users/1/cart").status == 200
    assert service.get("/_fault").json() == {"requests": 2}


def test_a_service_told_to_wait_does(shop):
    service = shop("favorites", "--faults")
    service.faults(delay="300ms")
    assert 0.3 <= service.get("/users/1/favorites").seconds < 1
    service.faults(delay="100ms..200ms")
    assert 0.1 <= service.get("/users/1/favorites").seconds < 0.9


def test_faults_can_be_for_some_paths_alone(shop):
    service = shop("inventory", "--faults", "--delay", "0s")
    service.faults(fail=500, only=["/products/2/inventory", "/products/4/inventory"])
    assert [service.get(f"/products/{n}/inventory").status for n in range(1, 6)] == [200, 500, 200, 500, 200]


def test_a_service_told_to_answer_junk_does(shop):
    service = shop("cart", "--faults")
    service.faults(junk="text")
    answer = service.get("/users/1/cart")
    assert answer.status == 200 and answer.body.startswith(b"<html>")
    service.faults(junk="shape")
    assert not isinstance(service.get("/users/1/cart").json(), list)


def test_a_service_told_to_hang_says_nothing_and_still_hears_the_switch(shop):
    service = shop("cart", "--faults", "--access-log")
    service.faults(hang=True)
    with service.connect(timeout=0.4) as c:
        with pytest.raises(TimeoutError):
            c.request("GET", "/users/1/cart")
    service.faults()
    assert service.get("/users/1/cart").status == 200
    end = time.monotonic() + 5
    while "status=499" not in service.log():
        assert time.monotonic() < end, service.log()
        time.sleep(0.01)


def test_a_service_told_to_reset_does_after_so_many_answers(shop):
    service = shop("cart", "--faults")
    service.faults(reset_after=2)
    assert [service.get("/users/1/cart").status for _ in range(2)] == [200, 200]
    for _ in range(2):
        with pytest.raises((ResetByPeer, ClosedEarly)):
            service.get("/users/1/cart")
    service.faults()
    assert service.get("/users/1/cart").status == 200


@pytest.mark.parametrize("wrong", ["", "[]", '{"delay": 3}', '{"delay": "3"}', '{"delay": "2s..1s"}', '{"fail": 200}',
                                   '{"junk": "x"}', '{"hang": 1}', '{"explode": true}', '{"only": "x"}'])
def test_the_switch_refuses_what_it_does_not_know(shop, wrong):
    service = shop("cart", "--faults")
    problem(service.request("POST", "/_fault", wrong), 400)
    assert service.get("/_fault").json() == {"requests": 0}


# Life.


def test_sigterm_finishes_what_runs(shop):
    service = shop("cart", "--delay", "500ms")
    with service.connect() as c:
        c.send(f"GET /users/1/cart HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n")
        time.sleep(0.1)
        started = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - started < 3
        answer = c.read_response()
        assert answer.status == 200 and len(answer.json()) == 3
    assert service.process.returncode == 0


def test_an_access_log_has_a_line_for_each_answer(shop):
    service = shop("cart", "--access-log")
    service.get("/users/1/cart")
    service.get("/users/x/cart")
    assert service.stop() == 0
    lines = [line for line in service.log().splitlines() if "answered" in line]
    assert len(lines) == 2
    assert "path=/users/1/cart status=200" in lines[0] and "path=/users/x/cart status=400" in lines[1]


def test_a_taken_port_is_one_clear_line_and_exit_1(shop, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        done = run_to_end(tmp_path, "weir-shop", "cart", "--listen", f"127.0.0.1:{number}")
    assert done.returncode == 1
    assert f"127.0.0.1:{number}" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "cart.db").exists()


@pytest.mark.parametrize("arguments", [[], ["carts"], ["cart", "--listen", "here"], ["cart", "--listen", "127.0.0.1:0x"],
                                       ["inventory", "--delay", "5"], ["cart", "--what"], ["inventory", "--dsn", "x"]])
def test_wrong_usage_is_exit_2(tmp_path, arguments):
    done = run_to_end(tmp_path, "weir-shop", *arguments)
    assert done.returncode == 2 and done.stderr, done


def test_help_begins_with_examples(tmp_path):
    done = run_to_end(tmp_path, "weir-shop", "--help")
    assert done.returncode == 0 and done.stdout.startswith("Examples:")
