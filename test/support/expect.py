"""What several tests demand of an answer in the same words."""

from support.raw_client import ClosedEarly, ResetByPeer


def problem(response, status, title_or_detail=None, *, step=None, proxy_status=None, leaks=()):
    """`response` is an RFC 9457 problem of that status that gives nothing internal away."""
    assert response.status == status, response
    assert response.headers.get("Content-Type", "").startswith("application/problem+json"), response
    body = response.json()
    assert body["status"] == status, body
    assert isinstance(body["type"], str) and body["title"], body
    if title_or_detail is not None:
        assert title_or_detail.lower() in (body["title"] + " " + body.get("detail", "")).lower(), body
    if step is not None:
        assert body["step"] == step, body
    if proxy_status is not None:
        field = response.headers.get("Proxy-Status", "")
        assert field.startswith("weir") and f"error={proxy_status}" in field, response
    everything = response.body.decode() + repr(response.headers)
    for secret in (*leaks, "/tmp/", "build/", ".cpp", "errno"):
        assert str(secret) not in everything, f"{secret} leaks: {response}"
    return body


def traced_problem(response, status, *args, **more):
    """A problem of a request that reached its route: it names the trace."""
    body = problem(response, status, *args, **more)
    assert len(body["trace_id"]) == 32 and int(body["trace_id"], 16), body
    return body


def closes(connection, timeout=3.0):
    how = connection.ending(timeout)
    assert how in ("closed", "reset"), f"the connection is {how} after {timeout} s"


def refused(port, data, status, *, method="GET", closed=True, timeout=10.0):
    """Bytes that get this one problem and nothing else; then the connection ends."""
    from support.raw_client import Connection

    with Connection(port, timeout=timeout) as c:
        c.try_send(data)
        response = c.read_response(method)
        problem(response, status)
        if closed:
            try:
                rest = c.read_all()
            except ResetByPeer:
                rest = b""
            except TimeoutError:
                raise AssertionError(f"not closed after {response}") from None
            assert rest == b"", f"more came after the refusal: {rest[:300]!r}"
            assert response.headers.get("Connection", "").lower() == "close", response
        return response


def aborted(connection, response):
    """The body of an answer that had begun must break off, and never look complete."""
    got = b""
    try:
        for piece in connection.body_pieces(response):
            got += piece
    except (ClosedEarly, ResetByPeer):
        return got
    raise AssertionError(f"the answer ended as if it were complete: {response} {got[:200]!r}")


def partial(response):
    """The missing steps a 200 names, as {step: reason}; {} when it is whole."""
    field = response.headers.get("Weir-Partial")
    if field is None:
        return {}
    first, *parameters = (part.strip() for part in field.split(";"))
    assert first == "?1", field
    missing = {}
    for parameter in parameters:
        name, _, reason = parameter.partition("=")
        missing[name] = reason.strip('"')
    assert missing, f"partial, but nothing is named: {field}"
    assert response.headers.get("Cache-Control") == "no-store", response
    return missing
