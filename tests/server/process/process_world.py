"""What tests of processes share: waiting for a claim, and telling whether a process runs."""

import os
import subprocess
import time
from collections.abc import Callable

import pytest

DEADLINE = 60.0

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes users")


def until(claim: Callable[[], bool]) -> bool:
    """Wait until the claim holds; return False when it does not in time."""
    deadline = time.monotonic() + DEADLINE
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_running(process_id: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, check=False)
    return state.stdout.strip()[:1] not in {b"", b"Z"}
