"""Which tests share a process, and which are started first, when a run has several processes.

A plugin of the controlling process, by paths: groups by marker need `Item._nodeid`, which pytest no longer has.
"""

import zlib
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

FIRST: Final = (
    *("tests/chaos/", "tests/e2e/web/", "tests/bench/", "tests/e2e/test_whole_job.py"),
    *("tests/server/process/test_serve.py", "tests/server/process/test_embedded", "tests/e2e/"),
    *("tests/server/queue/", "tests/server/pipeline/", "tests/server/undoing/", "tests/test_cases.py"),
)
"""The longest first: started last, one of them would keep a single core busy at the end."""
TOGETHER: Final = ("tests/e2e/web/",)
"""Folders whose files share what is dear to make. Otherwise it is the tests of a file that do."""
CASES: Final = "tests/test_cases.py"
PARTS_OF_CASES: Final = 16


class InUnits(LoadScopeScheduling):
    """Hands out the tests of a file, of a folder in TOGETHER, or of a sixteenth of the case corpus."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return InUnits(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which they are handed out."""
    items.sort(key=lambda item: place_of(item.nodeid))


def unit_of(nodeid: str) -> str:
    file, _, name = nodeid.partition("::")
    if file == CASES and "[" in name:
        # All tests of a case run in one process, which takes it through the core only once.
        return f"{file} {zlib.crc32(name.partition('[')[2].encode()) % PARTS_OF_CASES}"
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def place_of(nodeid: str) -> int:
    return next((place for place, start in enumerate(FIRST) if nodeid.startswith(start)), len(FIRST))
