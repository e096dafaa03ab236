"""Waiting for what another process or thread does."""

import time


def wait_for(holds, seconds=5.0, what="what was waited for"):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not come to pass"
        time.sleep(0.005)
