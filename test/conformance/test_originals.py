"""The recorded traces are still what the Python libraries do, where those can be had."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATE = ROOT / "test/conformance/generate"
PLACE = ROOT / "build/originals"

sys.path.insert(0, str(GENERATE))
from originals import PINNED  # noqa: E402


def installed():
    """Puts the pinned packages into build/originals; None if the index cannot be reached."""
    mark = PLACE / "complete"
    wanted = [f"{name}=={version}" for name, version in PINNED.items()]
    if mark.exists() and mark.read_text() == " ".join(wanted):
        return PLACE
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "0", "--timeout", "10",
               "--target", str(PLACE), *wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    mark.write_text(" ".join(wanted))
    return PLACE


def test_the_originals_do_what_is_recorded():
    place = installed()
    if isinstance(place, str):
        # Not checked is no failure of ours, but it is said aloud, in the summary of the run.
        warnings.warn(f"NOT CHECKED against the originals: {place}. To check: pip install " +
                      " ".join(f"{n}=={v}" for n, v in PINNED.items()) +
                      " && python3 test/conformance/generate/generate.py --check")
        return
    done = subprocess.run([sys.executable, str(GENERATE / "generate.py"), "--check"], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(place)})
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_generator_holds_what_both_sides_agree_on():
    """The first draws of the random calls, so that neither side can drift alone."""
    from random_calls import Calls

    calls = Calls(1)
    assert [calls.below(100) for _ in range(5)] == FIRST


FIRST = [74, 53, 96, 70, 34]
