"""Routes for all that is below a path (`/files/{name...}`)."""

import pytest
from support.expect import problem
from support.upstream import json_reply

CONFIG = """
    services: {a: <a>/base}
    routes:
      GET,PUT /whole/{rest...}: {proxy: a}
      GET /under/{rest...}: {proxy: "a/other/${path.rest}"}
      GET /{kind}/of/{rest...}: {proxy: "a/${path.kind}/${path.rest}?k=${path.kind}"}
      GET /composed/{rest...}:
        steps:
          x: {get: "a/x/${path.rest}"}
        reply: {target: "${x.target}", said: "${path.rest}"}
      GET /guarded/{rest...}:
        require: [{that: "!path.rest.startsWith('secret')", else: {status: 403}}]
        proxy: "a/${path.rest}"
      GET /query/{rest...}: {proxy: "a/q?file=${path.rest}"}
    """


@pytest.fixture
def gate(weir, upstream):
    up = upstream().always(lambda x: json_reply({"target": x.request.target})(x))
    one = weir(CONFIG, a=up)
    one.up = up
    return one


@pytest.mark.parametrize("rest", ["a", "a/b/c", "a%20b/c", "a%2Fb/c", "a/", "", "%C3%A9", "a;b=c/d,e", "x.json"])
def test_the_rest_goes_as_it_came(gate, rest):
    assert gate.get(f"/whole/{rest}").json()["target"] == f"/base/whole/{rest}"
    assert gate.get(f"/under/{rest}").json()["target"] == f"/base/other/{rest}"
    assert gate.get(f"/tea/of/{rest}").json()["target"] == f"/base/tea/{rest}?k=tea"
    assert gate.get(f"/composed/{rest}").json()["target"] == f"/base/x/{rest}"


@pytest.mark.parametrize("path", ["/under/../../etc/passwd", "/under/%2e%2e/%2e%2e/etc/passwd", "/under/..%2f..%2fetc",
                                  "/under/a/..\\..\\b", "/under/a%5c..%5cb", "/under/%00"])
def test_no_rest_leads_out_of_its_place(gate, path):
    answer = gate.get(path)
    assert answer.status in (400, 404), answer.text
    assert gate.up.count() == 0


def test_what_is_resolved_stays_below(gate):
    assert gate.get("/under/a/../b//c/./d").json()["target"] == "/base/other/b/c/d"


def test_an_expression_reads_it_decoded(gate):
    assert gate.get("/composed/a%20b/c").json()["said"] == "a b/c"
    assert gate.get("/query/a%20b/c").json()["target"] == "/base/q?file=a%20b%2Fc"
    assert gate.get("/guarded/public").status == 200
    for spelled in ("secret", "%73ecret/x", "x/../secret"):
        assert gate.get(f"/guarded/{spelled}").status == 403, spelled


def test_nothing_but_what_is_below_belongs_to_it(gate):
    problem(gate.get("/whole"), 404)
    problem(gate.get("/wholesale/x"), 404)
    answer = gate.request("DELETE", "/whole/x")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, PUT, OPTIONS"


def test_it_has_one_name_in_the_metrics(gate):
    for n in range(3):
        gate.get(f"/whole/{n}/x")
    assert gate.metrics().value("http_server_request_duration_seconds_count", http_route="/whole/{rest...}") == 3
