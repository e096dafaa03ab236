"""Waiting for what another process or thread does."""

import time

from support.weir_process import SLOWER


def wait_for(holds, seconds=10.0, what="what was waited for"):
    end = time.monotonic() + seconds * SLOWER
    while not holds():
        assert time.monotonic() < end, f"{what} did not come to pass"
        time.sleep(0.005)
