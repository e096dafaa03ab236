"""Rows 48 and 49: wrong configuration, and reloads with a broken file."""

import re

import pytest

# 48

WRONG = """\
listen: 127.0.0.1:9000
services:
  products: {url: "http://127.0.0.1:8000", tiemout: 1s}
  slow: {url: "http://127.0.0.1:8001", timeout: 5}
  later: {url: "http://127.0.0.1:8002", timeout: soon}
  secret: {url: "${WEIR_TEST_MISSING}"}
  twice: http://127.0.0.1:8003
  twice: http://127.0.0.1:8004
  list: [1, 2]
routes:
  GET /a:
    steps:
      one: {get: productz/x}
      two: {get: "products/${three.id}"}
      three: {get: "products/${two.id}"}
    reply: ${one}
  GET /b:
    deadlin: 1s
    reply: ok
"""

PROBLEMS = [
    # The line, what the caret stands under (None: anywhere on the line), words of the message
    (3, "tiemout", ["tiemout", "timeout"]),
    (4, "5}", ["duration|unit|time"]),
    (5, "soon", ["duration|time", "soon"]),
    (6, None, ["WEIR_TEST_MISSING"]),
    (8, "twice", ["twice"]),
    (9, "[1, 2]", ["list|mapping|text|service"]),
    (13, None, ["productz", "products"]),
    (14, None, ["two|three", "cycle|circle|one another"]),
    (18, "deadlin", ["deadlin", "deadline"]),
]


def test_row_48_all_problems_at_once_with_place_caret_and_suggestion(command, config_file):
    path = config_file(WRONG)
    done = command("check", path)
    assert done.code == 78, done
    said = done.out + done.err
    places = [(int(m[1]), int(m[2]), m[3]) for m in re.finditer(r"weir\.yaml:(\d+):(\d+):? (.*)", said)]
    for line, under, words in PROBLEMS:
        here = [p for p in places if p[0] == line] or ([p for p in places if p[0] == 15] if line == 14 else [])
        assert here, f"no problem named on line {line}:\n{said}"
        if under is not None:
            column = WRONG.splitlines()[line - 1].index(under) + 1
            assert column in [p[1] for p in here], f"line {line}: column {[p[1] for p in here]}, not {column}\n{said}"
        for word in words:
            assert any(re.search(word, p[2]) for p in here) or re.search(word, said), f"line {line}: no {word!r}\n{said}"
    assert said.count("did you mean") >= 3, said
    assert len(re.findall(r"^[ \d|]*\^", said, re.M)) >= len(PROBLEMS), f"a caret for each:\n{said}"


def test_row_48_the_caret_stands_under_the_column(command, config_file):
    done = command("check", config_file(WRONG))
    lines = (done.out + done.err).splitlines()
    checked = 0
    for at, line in enumerate(lines):
        if match := re.search(r"weir\.yaml:(\d+):(\d+)", line):
            source = WRONG.splitlines()[int(match[1]) - 1]
            shown = next((n for n in range(at + 1, min(at + 4, len(lines))) if source.strip() in lines[n]), None)
            if shown is None:
                continue
            start = lines[shown].index(source.strip()) - (len(source) - len(source.lstrip()))
            caret = lines[shown + 1].index("^")
            assert caret - start == int(match[2]) - 1, "\n".join(lines[at : shown + 2])
            checked += 1
    assert checked >= len(PROBLEMS) - 1, f"{checked} shown\n" + "\n".join(lines)


@pytest.mark.parametrize("name", ["serve", "check", "explain"])
def test_row_48_no_command_runs_a_wrong_file(command, config_file, name):
    done = command(name, config_file(WRONG))
    assert done.code == 78, done
    assert "tiemout" in done.out + done.err and "deadlin" in done.out + done.err


def one_wrong(what):
    """A sound configuration with one thing wrong."""
    return f"""\
services:
  a: http://127.0.0.1:8000
routes:
  GET /:
    steps:
      x: {{get: a/x}}
    reply: ${{x}}
{what}
"""


@pytest.mark.parametrize("what, words", [
    ("deadline: 1s", ["deadline"]),
    ("polices: {}", ["polices", "did you mean", "policies"]),
    ("policies: {default: {timeout: 1 s}}", ["duration", "1 s"]),
    ("policies: {default: {timeout: -1s}}", ["-1s"]),
    ("policies: {default: {retry: {attempts: many}}}", ["attempts|number"]),
    ("policies: {default: {retry: {attempts: 0}}}", ["attempts"]),
    ("policies: {default: {breaker: {trip: {failures: 5}}}}", ["within"]),
    ("policies: {default: {breaker: {trip: {ratio: 120%, within: 10s}}}}", ["120%|ratio"]),
    ("limits: {body: 1MB2}", ["1MB2"]),
    ("limits: [1]", ["limits"]),
    ("admin: nowhere", ["nowhere|address"]),
    ("drain: {notise: 1s}", ["notise", "notice"]),
])
def test_row_48_one_problem_is_one_problem(command, config_file, what, words):
    done = command("check", config_file(one_wrong(what)))
    assert done.code == 78, done
    said = done.out + done.err
    for word in words:
        assert re.search(word, said), f"no {word!r}:\n{said}"
    assert len(re.findall(r"weir\.yaml:\d+:\d+: error", said)) == 1, said


def test_row_48_a_sound_file_is_fine(command, config_file):
    done = command("check", config_file(one_wrong("")))
    assert done.code == 0, done


# 49


def test_row_49_a_reload_with_a_broken_file_keeps_the_old_one(weir):
    good = "routes: {GET /: {reply: old}}"
    gate = weir(good)
    assert gate.get("/").json() == "old"
    gate.write("routes: {GET /: {replyy: new}}\nservces: {}")
    gate.reload()
    assert gate.get("/").json() == "old"
    log = gate.log()
    assert "replyy" in log and "servces" in log and re.search(r"weir\.yaml:\d+:\d+", log), log
    assert gate.metrics().value("weir_config_last_reload_successful") == 0
    gate.write("routes: {GET /: {reply: new}}")
    gate.reload()
    assert gate.get("/").json() == "new"
    assert gate.metrics().value("weir_config_last_reload_successful") == 1


@pytest.mark.parametrize("text", ["", "{", "\t", "\x00", "- a\n- b\n", "a: &x 1\nb: *x\n"])
def test_row_49_files_that_are_no_configuration(weir, text):
    gate = weir("routes: {GET /: {reply: old}}")
    gate.file.write_text(text)
    gate.reload()
    assert gate.get("/").json() == "old"
    assert gate.metrics().value("weir_config_last_reload_successful") == 0


def test_row_49_a_file_that_is_gone(weir):
    gate = weir("routes: {GET /: {reply: old}}")
    gate.file.unlink()
    gate.reload()
    assert gate.get("/").json() == "old"
    assert gate.metrics().value("weir_config_last_reload_successful") == 0
