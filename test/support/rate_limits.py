"""What tests of rate limits ask of a gateway."""


def statuses(gate, count, path="/limited", headers=None):
    return [gate.get(path, headers).status for _ in range(count)]


def fields(answer):
    """RateLimit and RateLimit-Policy as {parameter: number}, and the policy's name."""
    out = {}
    for field in ("RateLimit", "RateLimit-Policy"):
        name, *parameters = answer.headers.get(field).split(";")
        out["name"] = name
        out |= {k: int(v) for k, v in (p.split("=") for p in parameters)}
    return out


def metric(gate, name, limit):
    return gate.metrics().value(f"weir_rate_limit_{name}", limit=limit)
