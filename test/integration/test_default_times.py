"""What holds where the configuration says nothing of time: slow to show, so in a file of their own."""

from support.expect import traced_problem
from support.upstream import hang
from support.weir_process import SLOWER


def took(answer, least, most=None):
    """Within the bounds; the upper one has room for a busy machine."""
    most = least + 0.6 if most is None else most
    assert least - 0.02 <= answer.seconds < most * SLOWER, f"{answer.seconds:.3f} s, not {least}…{most}"


def test_an_attempt_has_five_seconds_without_any_configuration(weir, upstream):
    up = upstream().always(hang())
    gate = weir("""
        services: {a: <a>}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    answer = gate.get("/", timeout=20)
    traced_problem(answer, 504, step="x")
    took(answer, 5, 6)


def test_an_answer_has_fifteen_seconds_without_any_configuration(weir, upstream):
    up = upstream().always(hang())
    gate = weir("""
        services: {a: {url: <a>, timeout: 40s, attempt_timeout: 40s}}
        routes:
          GET /:
            steps:
              x: {get: a/x}
            reply: ${x}
        """, a=up)
    answer = gate.get("/", timeout=25)
    traced_problem(answer, 504, step="x")
    took(answer, 15, 16)
