"""The fake LinkedIn as a process, and a client with a configuration for it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from linkedin_world import TOKEN, Linkedin

FAKE = Path(__file__).with_name("fake_linkedin.py")


@pytest.fixture
def linkedin(tmp_path: Path) -> Iterator[Linkedin]:
    port = tmp_path / "port"
    with subprocess.Popen([sys.executable, FAKE, port], stdin=subprocess.PIPE) as process:
        try:
            while not port.exists():
                assert process.poll() is None
                time.sleep(0.01)
            yield Linkedin(f"http://127.0.0.1:{port.read_text()}")
        finally:
            process.kill()


CONFIG = """
[target]
kind = "linkedin"
server = "{server}"
licenses = ["license_english_status"]

[run]
metrics = "out/orgsync.prom"
log = "out/orgsync.jsonl"
summary = "out/summary.txt"
results = "out/results.csv"
"""


@pytest.fixture
def config(linkedin: Linkedin, tmp_path: Path) -> Path:
    file = tmp_path / "orgsync.toml"
    file.write_text(CONFIG.format(server=linkedin.address))
    (tmp_path / "out").mkdir()
    return file


@pytest.fixture
def cli(config: Path, hurried: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command with the configuration and a good token."""
    from orgsync.client.cli import cli as command

    monkeypatch.setattr("orgsync.client.watch.GENTLE_FIRST_WAIT", 0.0)
    monkeypatch.setenv("ORGSYNC_CONFIG", str(config))
    monkeypatch.setenv("ORGSYNC_TOKEN", TOKEN)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)

    return invoke


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., Path]:
    """Write an employee file from rows of cells."""

    def write(header: str, *rows: str) -> Path:
        file = tmp_path / "people.csv"
        file.write_text("\r\n".join([header, *rows, ""]), newline="")
        return file

    return write
