"""The shop's outage story, told twice: here step by step through the gateway and four services, with
its circuits' open time cut from 5 s to 1 s; and in test_shop_demo.py as the demo plays it itself."""

import re
import time

import pytest

from support.expect import partial, traced_problem
from support.shop import shop  # noqa: F401
from support.weir_process import ROOT

OPEN = 1.0


@pytest.fixture
def story(weir, shop):  # noqa: F811
    services = {kind: shop(kind, "--faults") for kind in ("products", "inventory", "favorites", "cart")}
    services["inventory"].faults(delay="0s")
    text = (ROOT / "systems/shop/shop.yaml").read_text()
    text = re.sub(r"^(listen|admin):.*\n", "", text, flags=re.M).replace("open: 5s", f"open: {int(OPEN * 1000)}ms")
    gate = weir(text, env={f"{kind.upper()}_PORT": str(s.port) for kind, s in services.items()},
                arguments=["--log-level", "debug"])
    return Story(gate, services)


class Story:
    def __init__(self, gate, services):
        self.gate = gate
        self.__dict__.update(services)
        self.catalogue = self.products.get("/products").json()

    def page(self, user=1):
        return self.gate.get(f"/products/all?user={user}")

    def whole(self, answer, favorites=3, without_stock=()):
        """A 200 with everything but what is named."""
        assert answer.status == 200, answer
        body = answer.json()
        assert list(body) == ["cart_items", "favorite_items", "products"]
        assert (body["cart_items"], body["favorite_items"]) == (3, favorites)
        assert [(p["product_id"], p["product_name"]) for p in body["products"]] == \
            [(p["product_id"], p["product_name"]) for p in self.catalogue]
        for p in body["products"]:
            assert (p["inventory"] is None) == (p["product_id"] in without_stock), p
        return answer

    def trip(self, circuit):
        """Pages until the circuit is open; they come back, for the test to judge."""
        pages = []
        while self.gate.state(circuit) == "closed":
            assert len(pages) < 6, "still closed"
            pages.append(self.page())
        return pages

    def circuit_lines(self, name):
        return self.gate.log_lines(rf"circuit {name} \S+ -> ")

    def attempts(self, service):
        return len(self.gate.log_lines(rf"upstream attempt.*service={service}\b"))


def test_all_well(story):
    assert partial(story.whole(story.page())) == {}
    answer = story.gate.get("/products/all")  # the user 3 where none is given
    assert (answer.json()["cart_items"], answer.json()["favorite_items"]) == (0, 3)
    answer = story.page(2)
    assert (answer.json()["cart_items"], answer.json()["favorite_items"]) == (3, 0)


def test_slow_inventory_is_null_within_a_second_after_the_products(story):
    story.products.faults(delay="300ms")
    story.inventory.faults(delay="4s", only=["/products/2/inventory", "/products/5/inventory"])
    answer = story.whole(story.page(), without_stock=(2, 5))
    assert 1.25 <= answer.seconds <= 1.3 + 0.35
    assert list(partial(answer)) == ["stock"]


def test_favorites_stopped_and_back(story):
    story.favorites.stop()
    pages = story.trip("favorites")
    for answer in pages:
        story.whole(answer, favorites=None)
        assert partial(answer)["favorites"] in ("connect_refused", "breaker_open")
        assert answer.seconds < 0.5
    # Five calls failed, and the fifth opened it.
    assert story.attempts("favorites") == 5
    assert story.gate.circuit("favorites")["failures"] == 5
    opened = time.monotonic()

    # The service is there again; open still means open, and costs nothing.
    story.favorites.start()
    while time.monotonic() < opened + OPEN * 0.5:
        assert partial(story.whole(story.page(), favorites=None)) == {"favorites": "breaker_open"}
    assert story.attempts("favorites") == 5
    assert story.favorites.get("/_fault").json()["requests"] == 0

    story.gate.wait_state("favorites", "half-open", timeout=OPEN + 1)
    assert time.monotonic() - opened >= OPEN * 0.9
    assert partial(story.whole(story.page())) == {}
    assert story.favorites.get("/_fault").json()["requests"] == 1
    assert story.gate.state("favorites") == "closed"
    story.gate.wait_log(r"circuit favorites \S+ -> ", count=3)
    assert len(story.circuit_lines("favorites")) == 3
    assert not story.circuit_lines("(products|inventory|cart)")


def test_products_late_are_504_within_their_second(story):
    story.products.faults(delay="3s")
    answer = story.page()
    traced_problem(answer, 504, step="products", proxy_status="http_response_timeout")
    assert 0.95 <= answer.seconds <= 1.3


def test_products_stopped_are_502_then_503_and_come_back(story):
    story.products.stop()
    pages = story.trip("products")
    for answer in pages[:-1]:
        traced_problem(answer, 502, step="products", proxy_status="connection_refused")
    assert pages[-1].status in (502, 503)
    assert story.attempts("products") == 5
    answer = story.page()
    traced_problem(answer, 503, step="products", proxy_status="destination_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert story.attempts("products") == 5
    # What was optional had its calls cancelled, which is nobody's failure.
    assert {name: c["failures"] for name, c in story.gate.circuits().items() if name != "products"} == \
        {"inventory": 0, "favorites": 0, "cart": 0}

    story.products.start()
    story.gate.wait_state("products", "half-open", timeout=OPEN + 1)
    assert partial(story.whole(story.page())) == {}
    assert story.gate.state("products") == "closed"
    story.gate.wait_log(r"circuit products \S+ -> ", count=3)
    assert len(story.circuit_lines("products")) == 3


@pytest.mark.parametrize("fault, reason", [
    ({"fail": 500}, "status_500"), ({"junk": "text"}, "not_json"), ({"junk": "shape"}, "wrong_kind"),
    ({"hang": True}, "response_timeout"), ({"reset_after": 0}, "reset")])
def test_whatever_is_wrong_with_the_cart_is_null(story, fault, reason):
    story.cart.faults(**fault)
    answer = story.page()
    body = answer.json()
    assert answer.status == 200 and body["cart_items"] is None and body["favorite_items"] == 3
    assert len(body["products"]) == 5
    assert partial(answer) == {"cart": reason}
    assert answer.seconds < 1.4


@pytest.mark.parametrize("fault, status", [({"fail": 500}, 502), ({"junk": "text"}, 502), ({"junk": "shape"}, 502),
                                           ({"hang": True}, 504), ({"reset_after": 0}, 502)])
def test_whatever_is_wrong_with_products_is_an_error(story, fault, status):
    story.products.faults(**fault)
    answer = story.page()
    traced_problem(answer, status, step="products")
    assert answer.seconds < 1.4
