"""The READMEs of the presentations and the offers: whoever does what they say sees what they show. The
circuit's open time is cut from 10 and 15 s to 2 s."""

import re
import urllib.request

import pytest

from support.readme import Reading, fits, items
from support.waiting import wait_for
from support.weir_process import ROOT, SLOWER

SYSTEMS = ROOT / "systems"
# Long enough for whoever reads slowly to see it open.
OPEN = f"open: {2 * SLOWER:.0f}s"


@pytest.fixture
def reading(tmp_path):
    made = []

    def make(**copies):
        made.append(Reading(tmp_path, copies))
        return made[-1]

    yield make
    for one in made:
        one.close()


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def half_open(it, circuit):
    return lambda: wait_for(lambda: f'"name":"{circuit}","state":"half-open"' in get(it.url(9901) + "/circuits"), 5)


def test_the_presentations_are_as_their_readme_says(reading):
    it = reading(**{"presentations/presentations.yaml": {"open: 10s": OPEN}})
    page = "/presentationsAndAuthor/First%20Presentation"
    authors = "weir-presentations authors"
    gateway = "weir serve systems/presentations/presentations.yaml --log-level debug"

    def back():
        it.start(authors)
        half_open(it, "authors")()

    def alike():
        for command in [c for c in it.running if c.startswith("weir-presentations-")]:
            it.start(command)
            assert get(it.url(8083) + page) == '{"title":"First Presentation","last_name":"Moore"}', command

    it.all_of(SYSTEMS / "presentations/README.md", {
        "**4. Authors is stopped**": lambda: it.stop(authors),
        "**5, 6. The page is asked for again and again.**": lambda: [get(it.url(8083) + page) for _ in range(4)],
        "**8. Half-open**": half_open(it, "authors"),
        "**9, 10. One call tries": lambda: get(it.url(8083) + page),
        "**11. Authors is started again.**": back,
        "All three answer alike": alike,
        "## What is different": lambda: it.start(gateway),
    })


def test_the_offers_are_as_their_readme_says(reading):
    it = reading(**{"offers/offers.yaml": {"open: 15s": OPEN}, "offers/offers-shared.yaml": {"open: 15s": OPEN}})

    def open_for_both():
        wait_for(lambda: all('"open"' in get(it.url(port) + "/offer/circuit") for port in (8001, 8002)), 2)

    it.all_of(SYSTEMS / "offers/README.md", {
        "While it is open the log has no line": half_open(it, "partner"),
        "The partner is made well; fifteen seconds later": half_open(it, "partner"),
        "Two failures through one gateway": lambda: [wait_for(lambda: "redis is there" in log.read_text(), 5)
                                                     for command, log in it.logs.items() if "-shared" in command],
        "Within a tenth of a second the circuit is open for both": open_for_both,
    })


@pytest.mark.parametrize("system", ["presentations", "offers", "gists"])
def test_a_readme_in_russian_shows_what_the_english_one_shows(system):
    english, russian = ([(i.kind, i.text, i.output) for i in items(SYSTEMS / system / name) if i.kind != "prose"]
                        for name in ("README.md", "README.ru.md"))
    assert english == russian


@pytest.mark.parametrize("language", ["README.md", "README.ru.md"])
def test_what_a_readme_says_of_a_file_is_so(language):
    text = (SYSTEMS / "presentations" / language).read_text()
    lines = len((SYSTEMS / "presentations/main_service.cpp").read_text().splitlines())
    assert lines < 80 and re.search(rf"\b{lines} (lines|строк)", text), lines
    assert re.search(r"`(breaker: [^`]*)`", text)[1] in (SYSTEMS / "presentations/presentations.yaml").read_text()
    quoted = [i.text for i in items(SYSTEMS / "offers" / language) if i.kind == "other" and re.match(r"\w+: ", i.text)]
    configuration = (SYSTEMS / "offers/offers.yaml").read_text()
    assert len(quoted) == 3 and all(line in configuration for line in quoted), quoted


@pytest.mark.parametrize("text, seen, same", [
    ('"Hot offer 24:48"', '"Hot offer 59:01"', True), ('"Hot offer 24:48"', '"Cold offer 24:48"', False),
    ("01:42:28.593Z DEBUG x ms=0.168031 cause=a", "23:00:00.001Z DEBUG x ms=12 cause=a", True),
    ("01:42:28.593Z DEBUG x ms=0.168031 cause=a", "23:00:00.001Z DEBUG x ms=12 cause=b", False),
    ('{"n":3,…', '{"n":3,"m":4}', True), ('{"n":3}', '{"n":4}', False),
    ("after 10000 ms   9993 ms", "after 1000 ms  987.5 ms", True), ("5 of 5", "4 of 5", False),
    ("real    0m1.056s", "real    0m2.001s", True),
])
def test_what_differs_each_time_may_differ_and_nothing_else(text, seen, same):
    assert fits(text, seen) == same
