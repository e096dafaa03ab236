"""The presentations' outage, played and judged by the demo with shorter times (time-out 400 ms in place of
1 s, open 1 s in place of 10 s); and the same story without what saves it, which must fail."""

import re

import pytest

from support.readme import hold_the_rows_and_counts
from support.services import Played, names
from support.weir_process import ROOT, SLOWER

PATH = "closed > open > half-open > open > half-open > closed > open > half-open > open"
# What a sanitizer's gateway may be too slow for.
TIMED = "under 5 ms|time-out"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    return Played(tmp_path_factory, "presentations", 4, ((), ("--no-breaker",), ("--no-defaults",)), least_rows=40)


@pytest.mark.longest(150)
def test_the_story_goes_as_told(played):
    code, out, failed = played[()]
    assert code == (1 if failed else 0), out
    if SLOWER > 1:
        failed = [row for row in failed if not re.search(TIMED, row)]
    assert failed == [], out
    for manner in ("stopped", "frozen"):
        assert re.search(rf"pass  {manner}, log: every change of the circuit +{PATH}", out), out
        assert re.search(rf"pass  {manner}, /circuits: every state of the circuit +{PATH}", out), out
    assert len(re.findall(r"circuit authors: closed -> OPEN after 5 failures", out)) == 4
    assert len(re.findall(r"circuit authors: half-open -> closed", out)) == 2


@pytest.mark.longest(150)
def test_without_the_breaker_the_story_fails(played):
    code, out, failed = played[("--no-breaker",)]
    assert code == 1, out
    names(failed, "the authors have a circuit", "the fifth failure opens the circuit",
          "while it is open: the stand-in, and nothing is sent", "every change of the circuit")
    # What has nothing to do with the breaker is as before.
    assert not any("the page has both" in row or "from the first failure on" in row for row in failed), failed


@pytest.mark.longest(150)
def test_without_the_stand_in_the_story_fails(played):
    code, out, failed = played[("--no-defaults",)]
    assert code == 1, out
    names(failed, "from the first failure on the page has its stand-in", "the reply to the probe has the stand-in too")
    assert not any("the page has both" in row or "every change" in row for row in failed), failed


@pytest.mark.longest(150)
@pytest.mark.parametrize("language", ["README.md", "README.ru.md"])
def test_the_readme_shows_rows_of_this_story_and_counts_them(played, language):
    hold_the_rows_and_counts(ROOT / "systems/presentations" / language, played, TIMED)
