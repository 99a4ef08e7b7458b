"""Seconds by the wall clock, and those of the processor in all processes of a PostgreSQL together."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one call took, in seconds."""

    seconds: float
    cpu: float
    """Of the session and of the parallel workers that it started."""


def spent_by(do: Callable[[], object], backend: int) -> Spent:
    """Run something that asks the database in the session of this process id, and nobody else beside it."""
    began, cpu = time.perf_counter(), _cpu_of(backend)
    do()
    return Spent(time.perf_counter() - began, _cpu_of(backend) - cpu)


def _cpu_of(backend: int) -> float:
    """Return seconds of the session, and of the workers that its server has seen end."""
    parent, own, _ = _times(backend)
    return own + _times(parent)[2]


def _times(pid: int) -> tuple[int, float, float]:
    """Return the parent of a process, its own seconds, and those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, children = (sum(map(int, fields[place : place + 2])) / _TICKS for place in (11, 13))
    return int(fields[1]), own, children
