"""What the gists' READMEs show is so: their commands are played and the answers compared, the code that they
quote is the code, the rows and the picture are the story's."""

import re

import pytest

from support.services import service  # noqa: F401
from support.weir_process import ROOT

HERE = ROOT / "systems/gists"
LANGUAGES = ["README.md", "README.ru.md"]
# What a clock decides.
CHANGES = [(r"Date: .*", "Date: …"), (r"Retry-After: \d+", "Retry-After: …")]


def blocks(text):
    """The indented ones, without their indentation."""
    for found in re.finditer(r"(?:^    .*\n(?:\n(?=    ))*)+", text, re.M):
        yield re.sub(r"^    ", "", found[0], flags=re.M)


class Played:
    """The two programs behind the ports that a README names, and as much of a shell as it uses."""

    def __init__(self, service):  # noqa: F811
        # Nothing here waits for a breaker: it stays broken, however slow the machine is.
        api = service("weir-gists", "--faults", kind="api")
        gists = service("weir-gists", "--api", api.url + "/gists", "--within", "600s", "--broken", "600s",
                        "--cutout-within", "600s", "--cutout-broken", "600s", kind="serve")
        self.behind = {"8070": api, "8080": gists}

    def curl(self, command):
        url = re.search(r"http://127\.0\.0\.1:(\d+)(/\S*)", command)
        data = re.search(r"-d '([^']*)'", command)
        return self.behind[url[1]].request("POST" if data else "GET", url[2], data[1] if data else None)

    def run(self, command):
        if loop := re.fullmatch(r"for n in \$\(seq (\d+)\); do (curl .*); done", command):
            assert "-w '%{http_code} '" in loop[2]
            return " ".join(str(self.curl(loop[2]).status) for _ in range(int(loop[1])))
        curl, _, head = command.partition(" | head -c ")
        answer = self.curl(curl)
        text = answer.body.decode()
        if " -si " in curl:
            fields = "".join(f"{name}: {value}\n" for name, value in answer.headers.pairs)
            text = f"HTTP/1.1 {answer.status} {answer.reason}\n{fields}\n{text}"
        return text[: int(head)] + "…" if head else text


def settled(text):
    for pattern, instead in CHANGES:
        text = re.sub(pattern, instead, text)
    # Where a line was broken to be read, and the end of a block, nobody counts spaces.
    return re.sub(r"\n *(?=\"cutout)", "", text).strip()


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_commands_answer_as_it_says(service, name):  # noqa: F811
    played, many = Played(service), 0
    for part in (HERE / name).read_text().split("<!-- anew -->"):
        played = Played(service) if many else played
        for block in blocks(part):
            for command, said in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
                assert settled(played.run(command)) == settled(said), command
                many += 1
    assert many >= 12


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_code_it_quotes_is_the_code(name):
    code = [line.strip() for line in (HERE / "gists.cpp").read_text().splitlines()]
    quoted = [block for block in blocks((HERE / name).read_text()) if re.search(r";$|^}$", block, re.M) and "curl" not in block]
    assert len(quoted) >= 3
    for block in quoted:
        lines = [line.strip() for line in block.strip().splitlines()]
        starts = [i for i in range(len(code)) if code[i : i + len(lines)] == lines]
        assert starts, f"{name}: not in gists.cpp:\n{block}"


@pytest.mark.parametrize("name", LANGUAGES)
def test_its_rows_are_those_of_the_story(name):
    story = (HERE / "story.cpp").read_text()
    told = set(re.findall(r'told_\.row\("([^"]+)"', story))
    shown = re.findall(r"^    pass  (.*?)  ", (HERE / name).read_text(), re.M)
    assert len(told) >= 13
    for row in told - {"the picture is drawn"}:
        assert any(line.startswith(row) for line in shown), row
    assert len(shown) == len(re.findall(r"told_\.row\(", story)) - 1


def test_the_picture_it_keeps_shows_the_three_states():
    picture = (HERE / "states.svg").read_text()
    for word in ("PASSING", "BROKEN", "RECOVERING", "went well", "failed", "failed, but ignored", "rejected"):
        assert f">{word}</text>" in picture, word
