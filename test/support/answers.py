"""The answers that scripted services give: each is a function of the Exchange it answers."""

import json
import threading

def respond(status=200, body=b"", headers=None, delay=0.0, content_type="application/json",
            keep_alive=True, reason="Said So"):
    if isinstance(body, str):
        body = body.encode()
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])

    def answer(x):
        if delay:
            x.sleep(delay)
        lines = [f"HTTP/1.1 {status} {reason}"]
        if content_type and body:
            lines.append(f"Content-Type: {content_type}")
        if status >= 200 and status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        if not keep_alive:
            lines.append("Connection: close")
        lines += [f"{name}: {value}" for name, value in pairs]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        x.send(head if x.request.method == "HEAD" else head + body)
        x.keep = keep_alive

    return answer


def json_reply(value, status=200, **more):
    return respond(status, json.dumps(value, separators=(",", ":")), **more)


def json_text(text, **more):
    """JSON given as it is to be sent, digit by digit."""
    return respond(200, text, **more)


def text_reply(text, status=200, **more):
    return respond(status, text, content_type="text/plain; charset=utf-8", **more)


def status(code, **more):
    return respond(code, b"" if code in (204, 205, 304) else b'{"error":"by script"}', **more)


def raw(data, end="keep", delay=0.0, pause_before_end=0.0):
    """Exact bytes; then the connection is kept, closed ("close") or reset ("reset")."""
    if isinstance(data, str):
        data = data.encode("latin-1")

    def answer(x):
        if delay:
            x.sleep(delay)
        x.send(data)
        if pause_before_end:
            x.sleep(pause_before_end)
        if end == "reset":
            x.reset()
        elif end == "close":
            x.close()

    return answer


def hang():
    return lambda x: x.hang()


def reset():
    return lambda x: x.reset()


def close():
    return lambda x: x.close()


def chunked(pieces, pause=0.0, status=200, headers=None, finish=True, content_type="application/json"):
    """A chunked answer; `finish=False` ends in the middle, in an orderly way."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])

    def answer(x):
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in pairs)
        x.send(head + "\r\n")
        for piece in pieces:
            data = piece.encode() if isinstance(piece, str) else piece
            x.send(b"%x\r\n" % len(data) + data + b"\r\n")
            if pause:
                x.sleep(pause)
        if finish:
            x.send(b"0\r\n\r\n")
        else:
            x.close()

    return answer


def in_turn(*answers):
    """One after the other; the last one stays. Thread-safe."""
    lock = threading.Lock()
    left = list(answers)

    def answer(x):
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        as_answer(now)(x)

    return answer


def as_answer(value):
    if callable(value):
        return value
    if isinstance(value, list) and value and all(callable(v) for v in value):
        return in_turn(*value)
    if isinstance(value, (bytes, str)):
        return raw(value)
    return json_reply(value)
