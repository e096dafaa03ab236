"""A service of several instances behind the gate, and what tests ask about it."""

import collections

from support.upstream import json_reply

ROUTES = """
routes:
  GET /composed/{id}:
    steps: {s: {get: "a/x/${path.id}"}}
    reply: "${s}"
  POST /composed/{id}:
    steps: {s: {post: "a/x/${path.id}", body: {n: 1}}}
    reply: "${s}"
  /proxied:
    routes:
      GET /{id}: {proxy: "a/x/${path.id}"}
      POST /{id}: {proxy: "a/x/${path.id}"}
"""


def named(instances):
    for n, one in enumerate(instances):
        one.always(json_reply({"n": n}))
    return instances


def service(gate, name="a"):
    answer = gate.admin("GET", "/services")
    assert answer.status == 200, answer
    return next(s for s in answer.json()["services"] if s["name"] == name)


def instance(gate, one):
    return next(i for i in service(gate)["instances"] if i["address"] == one.address)


def shares(gate, count, path="/composed/{}", method="GET"):
    """Who answered how often; every answer must be a 200."""
    got = collections.Counter()
    with gate.connect() as c:
        for k in range(count):
            answer = c.request(method, path.format(k), body=b"{}" if method == "POST" else None)
            assert answer.status == 200, answer
            got[answer.json()["n"]] += 1
    return got
