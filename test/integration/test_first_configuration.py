"""docs/first-configuration.md taken at its word: each configuration on it, in turn, watched by one gateway."""

import json
import re

import pytest
from support.expect import problem
from support.services import service  # noqa: F401 (a fixture)
from support.waiting import wait_for
from support.weir_process import ROOT

PAGE = ROOT / "docs/first-configuration.md"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.S | re.M)


def without_numbers(page):
    return [{**p, "left": None} for p in page["products"]]


@pytest.fixture
def step(weir, service, tmp_path):
    """step(N): the configuration of the page's Nth block is in force; gives the gateway."""
    products = service("weir-shop", "--dsn", f"sqlite:{tmp_path}/products.db", kind="products")
    inventory = service("weir-shop", "--delay", "20ms", "--faults", kind="inventory")
    gate = None

    def take(number):
        nonlocal gate
        text = blocks("yaml")[number - 1].replace("listen: 127.0.0.1:9000\n", "")
        assert "listen" not in text
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{products.port}").replace("127.0.0.1:8001", f"127.0.0.1:{inventory.port}")
        if gate is None:
            gate = weir(text, arguments=["--watch"])
        else:
            gate.write(text)
            gate.wait_log("configuration reloaded", count=number - 1)
        return gate

    take.inventory = inventory
    return take


def test_the_first_configuration_is_as_its_page_says(step):
    products, page = [json.loads(b) for b in blocks("json")]
    gate = step(1)
    assert gate.get("/products").json() == products
    assert gate.get("/products/2").json()["product_name"] == products[1]["product_name"]

    gate = step(2)
    answer = gate.get("/page").json()
    assert without_numbers(answer) == without_numbers(page)
    assert all(isinstance(p["left"], int) for p in answer["products"])
    assert step.inventory.stop() == 0
    problem(gate.get("/page"), 502)

    gate = step(3)
    answer = gate.get("/page")
    said = re.search(r"^Weir-Partial: (.*)$", PAGE.read_text(), re.M)[1]
    assert answer.headers["Weir-Partial"] == said
    assert without_numbers(answer.json()) == without_numbers(page)

    gate = step(4)
    step.inventory.start()
    step.inventory.faults(delay="2s")
    assert gate.get("/page").headers["Weir-Partial"] == '?1;stock="response_timeout"'
    wait_for(lambda: gate.state("inventory") == "open", 5)
    assert gate.get("/page").headers["Weir-Partial"] == '?1;stock="breaker_open"'
