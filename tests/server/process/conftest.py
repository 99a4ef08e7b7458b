"""A small world for processes: folders that anybody may pass, programs that run beside the test."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orgsync.server.embedded import remove_data_dir


@pytest.fixture(autouse=True)
def system_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep what PostgreSQL needs outside a data directory away from the machine's real system folder."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-system-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("ORGSYNC_SYSTEM_DIR", str(folder))
    for name in ("ORGSYNC_POSTGRES_BIN", "ORGSYNC_POSTGRES_USER"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that does not exist yet, where every user may pass."""
    parent = Path(tempfile.mkdtemp(prefix="orgsync-t-", dir="/tmp"))
    parent.chmod(0o755)
    yield parent / "data"
    remove_data_dir(parent / "data")
    shutil.rmtree(parent)


@pytest.fixture
def program() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run Python code in a process of its own; it is killed, if need be, when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
