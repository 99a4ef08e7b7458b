"""Peak memory of a tree of processes: the sum of their proportional set sizes, sampled."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_INTERVAL: Final = 1.0
"""Seconds. To add up the pages of 1.5 GB takes 0.04 s, and keeps its process from getting new ones meanwhile."""
_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_PARENT: Final = re.compile(r"^PPid:\s+(\d+)", re.MULTILINE)


def peak_of(process_id: int, work: Callable[[], object]) -> int:
    """Run `work` and return the highest sum of PSS, in bytes, of the process and all below it meanwhile.

    0 where the system does not tell (only Linux does). PSS shares memory that several processes map among them, so
    that PostgreSQL's buffers count once.
    """
    peak, ended = 0, threading.Event()

    def sample() -> None:
        nonlocal peak
        while True:
            peak = max(peak, sum(map(_pss, _tree(process_id))))
            if ended.wait(_INTERVAL):
                return

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        work()
    finally:
        ended.set()
        watcher.join()
    return peak


def _tree(root: int) -> set[int]:
    parents = {int(entry.name): _parent(entry) for entry in _PROC.glob("[0-9]*")}
    found, grown = {root}, True
    while grown:
        below = {process for process, parent in parents.items() if parent in found} - found
        grown = bool(below)
        found |= below
    return found


def _parent(entry: Path) -> int:
    return _number(entry / "status", _PARENT)


def _pss(process_id: int) -> int:
    return 1024 * _number(_PROC / str(process_id) / "smaps_rollup", _PSS)


def _number(file: Path, pattern: re.Pattern[str]) -> int:
    """Read one number; 0 for a process that has ended, or where there is none such."""
    try:
        found = pattern.search(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) if found else 0
