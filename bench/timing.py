"""Seconds by the wall clock, in this process and in fresh ones."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

READ_CSV: Final = "polars.read_csv(path, infer_schema=False)"
CHECK_FILE: Final = "check_file(path)"

_TIMED: Final = """
import sys, time
from pathlib import Path
import polars
from orgsync.core.checking import check_file
path = Path(sys.argv[1])
began = time.perf_counter()
{call}
print(time.perf_counter() - began)
"""


def seconds(action: Callable[[], object]) -> float:
    """Return how long the action took."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def call_in_fresh_process(call: str, path: Path, *, repeats: int) -> float:
    """Return the median of one of the calls above, imports not counted, each in a process of its own."""
    command = [sys.executable, "-c", _TIMED.format(call=call), str(path)]
    return statistics.median(float(_output(command)) for _ in range(repeats))


def command_in_fresh_process(command: Sequence[str], *, repeats: int) -> float:
    """Return the median of a whole process, from its start to its end."""
    return statistics.median(seconds(lambda: _output(command)) for _ in range(repeats))


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
