"""A system's README taken at its word: what it starts is started, what it runs is run, and what it says was
printed is compared with what is. Only ports differ, and what differs each time: times of day, measured
times, trace ids.

Of the lines indented by four spaces, `$ …` is a command with its output below it; a line that begins with a
program of ours is a process to start; one with a time of day is the gateway's log; `pass …` is a row of the
story's table."""

import os
import re
import signal
import socket
import subprocess
from dataclasses import dataclass, field

from support import ports
from support.services import program
from support.waiting import wait_for
from support.weir_process import ROOT, SLOWER, _check_sanitizers, _environment, binary

TIME_OF_DAY = r"(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{3}Z"
VARIES = [TIME_OF_DAY, r"(?<=[\w] )\d\d:\d\d(?=\")", r"\bms=[\d.]+", r"\b[0-9a-f]{32}\b", r"\b\d+(?:\.\d+)? ms\b(?!=)",
          r"\b\d+ offers;", r"\b\d+\.\d{6} s\b", r"\b\d+m\d+\.\d{3}s\b", r" {2,}"]
PROGRAMS = r"(?:[A-Z_]+=\S+ )*(weir(?:-\w+)*|redis-server)\b"
# Where they listen unless they are told.
USUAL = {"weir-presentations authors": [8081], "weir-presentations presentations": [8082], "weir-offers": [8000],
         "systems/presentations/presentations.yaml": [8083, 9901], "systems/offers/offers.yaml": [8001, 9901]}
PORTS = r"\b(?:8000|8001|8002|8081|8082|8083|9901|9902|6379)\b"
VARIABLES = {8081: "AUTHORS_PORT", 8082: "PRESENTATIONS_PORT", 8083: "MAIN_PORT", 8000: "PARTNER_PORT", 8001: "OFFERS_PORT"}


@dataclass
class Item:
    kind: str  # prose, run, start, log, row, other
    text: str
    output: list = field(default_factory=list)


def items(path):
    made, in_block = [], False
    for line in path.read_text().splitlines():
        if not line.startswith("    "):
            in_block = False
            if line.strip():
                made.append(Item("prose", line))
            continue
        line = line[4:]
        if line.startswith("$ "):
            made.append(Item("run", line[2:]))
        elif in_block and made[-1].kind == "run":
            made[-1].output.append(line)
        elif re.match(TIME_OF_DAY, line):
            made.append(Item("log", line))
        elif re.match("(pass|FAIL)  ", line):
            made.append(Item("row", line))
        else:
            made.append(Item("start" if re.match(PROGRAMS, line) else "other", line))
        in_block = True
    return made


def pattern(text):
    """What fits the text; `…` stands for anything."""
    made, left = "", text
    classes = [*VARIES, "…"]
    while found := re.search("|".join(f"({c})" for c in classes), left):
        made += re.escape(left[: found.start()])
        made += ".*" if found[0] == "…" else re.sub(r"^\(\?<=.*?\)|\(\?=.*?\)$", "", classes[found.lastindex - 1])
        left = left[found.end():]
    return made + re.escape(left)


def fits(text, seen):
    return re.fullmatch(pattern(text), seen, re.S) is not None


def rows_that_do_not_fit(path, played, scenario="outage"):
    """The table's rows that the document shows of a scenario and the story that was played does not have."""
    seen = [line for line in played.splitlines() if re.match("(pass|FAIL)  ", line)]
    rows, of = [], None
    for item in items(path):
        if found := re.search(r"--scenario (\w+)", item.text):
            of = found[1]
        if item.kind == "row" and of == scenario:
            rows.append(item.text)
    assert rows, f"{path} shows no rows of {scenario}"
    # The story may have been played with shorter times: a number of milliseconds is any number of them.
    return [row for row in rows if not any(fits(row, line) for line in seen)]


def counts(path):
    """How many rows the story has, as the document says, and how many fail without breaker and defaults."""
    text = " ".join(path.read_text().split())
    return tuple(int(re.search(words, text)[1]) for words in (
        r"(?:Some of the|Некоторые из) (\d+):", r"`--no-breaker` (?:не сходятся )?(\d+) ?", r"`--no-defaults` (?:— )?(\d+)"))


class Reading:
    """Reads with `copies` (of files in systems/, by what is to be replaced in them) in place of the shipped ones."""

    def __init__(self, directory, copies):
        self.directory = directory
        self.ports = {}
        self.running = {}  # the command: its process and the ports it has
        self.logs = {}
        self.replaced = []
        self.read_to = 0
        for name, edits in copies.items():
            text = (ROOT / "systems" / name).read_text()
            for old, new in edits.items():
                assert text.count(old) == 1, (name, old)
                text = text.replace(old, new)
                self.replaced.append((old.split()[-1], new.split()[-1]))
            copy = directory / "systems" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)

    def port(self, documented):
        if documented not in self.ports:
            self.ports[documented] = ports.reserve()
        return self.ports[documented]

    def url(self, documented):
        return f"http://127.0.0.1:{self.port(documented)}"

    def ours(self, text):
        """The text with our ports in place of the documented ones."""
        return re.sub(PORTS, lambda m: str(self.port(int(m[0]))), text)

    def documented(self, text):
        for number, real in self.ports.items():
            text = text.replace(f":{real}", f":{number}")
        for old, new in self.replaced:
            text = text.replace(f"open_for={new}", f"open_for={old}")
        return text

    def environment(self):
        made = {name: str(self.port(number)) for number, name in VARIABLES.items()}
        made |= {"MAIN_ADMIN_PORT": str(self.port(9901)), "OFFERS_ADMIN_PORT": str(self.port(9901)),
                 "REDIS_URL": f"redis://127.0.0.1:{self.port(6379)}"}
        return {**_environment(self.directory, made), "PATH": f"{binary().parent}:{os.environ['PATH']}"}

    def start(self, command):
        """A process in a terminal of its own; who has its ports is ended first."""
        words = command.split()
        name = re.match(PROGRAMS, command)[1]
        at = [int(n) for n in re.findall(r"(?:127\.0\.0\.1:|_PORT=|--port )(\d+)", command)]
        more = ""
        if not at:
            at = next(listens for who, listens in USUAL.items() if who in command)
            if name != "weir":
                more = f" --listen 127.0.0.1:{self.port(at[0])}"
        elif name in ("weir-presentations-main", "weir-presentations-own"):
            more = f" --authors {self.url(8081)} --presentations {self.url(8082)}"
        assert name == "redis-server" or os.access(program(name), os.X_OK), name
        for other in [c for c, (_, has) in self.running.items() if set(has) & set(at)]:
            self.stop(other)
        self.logs[command] = self.directory / f"{len(self.logs)}.log"
        with open(self.logs[command], "ab") as log:
            process = subprocess.Popen(["bash", "-c", "exec env " + self.ours(command) + more], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, cwd=self.directory, env=self.environment())
        self.running[command] = process, at
        if "serve" in words:
            self.gateway, self.read_to = command, 0
        for documented in at:
            wait_for(lambda: process.poll() is not None or self.accepts(documented), 10, f"{command} to listen on {documented}")
        assert process.poll() is None, f"{command}:\n{self.logs[command].read_text()}"

    def accepts(self, documented):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port(documented))) == 0

    def stop(self, command):
        process, _ = self.running.pop(command)
        process.send_signal(signal.SIGINT)  # ^C
        process.wait(15 * SLOWER)

    def output_of(self, command):
        done = subprocess.run(["bash", "-c", self.ours(command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=self.directory, env=self.environment(),
                              timeout=30 * SLOWER)
        return self.documented(done.stdout).expandtabs().rstrip("\n")

    def run(self, item):
        said = self.output_of(item.text)
        # curl ends no line: what the next command prints stands behind it.
        assert fits("\n".join(item.output), said), f"$ {item.text}\nshould print\n" + "\n".join(item.output) + f"\nbut printed\n{said}"

    def log_line(self, text):
        """It is in the gateway's log, after those that were read before."""
        def there():
            lines = self.documented(self.logs[self.gateway].read_text(errors="replace")).splitlines()
            for number, line in enumerate(lines[self.read_to:], self.read_to):
                if re.search(f"{pattern(text)}$", line):
                    self.read_to = number + 1
                    return True
            return False

        wait_for(there, 5, f"the line {text!r} in the log {self.logs[self.gateway]}")

    def all_of(self, path, between):
        """The whole document. `between`: what happens where a line of its prose holds a text."""
        left = dict(between)
        for item in items(path):
            if item.kind == "prose":
                for text in [t for t in left if t in item.text]:
                    left.pop(text)()
            elif item.kind == "start":
                self.start(item.text)
            elif item.kind == "run":
                self.run(item)
            elif item.kind == "log":
                self.log_line(item.text)
        assert not left, f"{path} does not say {list(left)}"

    def close(self):
        for process, _ in self.running.values():
            process.kill()
            process.wait()
        for number in self.ports.values():
            ports.release(number)
        _check_sanitizers(self.directory)


def hold_the_rows_and_counts(readme, played, timed):
    """The rows that it shows are those of the story, and the numbers of failed rows that it gives
    those of the stories without a breaker and without defaults. `played` maps the options to exit
    code, output and failed rows; rows that match `timed` may fail besides where the machine is slow."""
    told = {variant: (len(re.findall("^(?:pass|FAIL)  ", played[variant][1], re.M)), len(played[variant][2]))
            for variant in ((), ("--no-breaker",), ("--no-defaults",))}
    rows, without_breaker, without_defaults = counts(readme)
    assert {all_rows for all_rows, _ in told.values()} == {rows}, told
    wrong = rows_that_do_not_fit(readme, played[()][1])
    if SLOWER > 1:
        wrong = [row for row in wrong if not re.search(timed, row)]
        assert told["--no-breaker",][1] >= without_breaker and told["--no-defaults",][1] >= without_defaults, told
    else:
        assert (told["--no-breaker",][1], told["--no-defaults",][1]) == (without_breaker, without_defaults), told
    assert wrong == []
