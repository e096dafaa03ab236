"""One service behind the three ways of using it: required, optional, proxied."""

ROUTES = """
    services:
      a: {url: <a>, timeout: 2s, retry: off, breaker: {trip: {in_a_row: 100}, open: 1s}}
    routes:
      GET /required:
        steps:
          x: {get: a/x}
        reply: {x: "${x}"}
      GET /optional:
        steps:
          x: {get: a/x, default: null}
        reply: {x: "${x}"}
      GET /proxied: {proxy: a/x}
      GET /passed: {proxy: a}
      POST /passed: {proxy: a}
    """


def make(weir, a, **more):
    return weir(ROUTES, a=a, **more)
