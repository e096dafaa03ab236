"""docs/operations.md tells of every metric that a gateway with one of everything prints, its type and its labels."""

import re

from support.upstream import json_reply
from support.weir_process import ROOT

CONFIG = """
    services:
      a:
        instances: [<a>, <b>]
        breaker: {trip: {in_a_row: 5}, open: 5s, scope: instance}
        bulkhead: {calls: 3}
        adaptive_limit: {}
        throttle: {}
        hedge: {after: p95}
        cache: {for: 1s}
        rate_limit: {rate: 100/s}
      plain: {url: <a>, breaker: {trip: {in_a_row: 5}, open: 5s}}
    routes:
      GET /:
        rate_limit: {rate: 100/s, by: client}
        steps:
          a: {get: a/x}
          gone: {get: "plain/${a.nothing}", default: null}
          plain: {get: plain/x}
        reply: {a: "${a}", gone: "${gone}", plain: "${plain}"}
    """


def told():
    """{metric: (type, labels)} of the page."""
    table = re.search(r"<!-- metrics: begin -->\n(.*?)<!-- metrics: end -->", (ROOT / "docs/operations.md").read_text(), re.S)[1]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]
    return {name.strip("`"): (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels, _ in rows}


def test_the_page_of_metrics_tells_of_each_its_type_and_its_labels(weir, upstream):
    gate = weir(CONFIG, a=upstream().always(json_reply({"x": 1})), b=upstream().always(json_reply({"x": 1})))
    assert gate.get("/").status == 200
    text = gate.admin("GET", "/metrics").body.decode()
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    labels = {}
    for name, inside in re.findall(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$", text, re.M):
        found = set(re.findall(r'(\w+)="', inside)) - {"le"}
        assert labels.setdefault(name, found) == found, name
    page = told()
    assert {name: (kind, labels[name]) for name, kind in kinds.items()} == {name: page.get(name) for name in kinds}
    # Discovery has answered nobody here: its age is the only one that is not there.
    assert set(page) - set(kinds) <= {"weir_discovery_age_seconds"}
