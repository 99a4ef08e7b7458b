"""A fake server, a small file, and a client that does not wait."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_server import TOKEN, FakeServer, running

from orgsync.client import api, watch

PEOPLE = "primary_email_address,preferred_first_name\r\nana@example.com,Ana\r\nbo@example.com,Bo\r\n"


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with running(FakeServer()) as server:
        yield server


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep state out of the real home, and the environment's proxies and servers out of the tests."""
    monkeypatch.setenv("ORGSYNC_STATE_DIR", str(tmp_path / "state"))
    for name in ("ORGSYNC_SERVER", "ORGSYNC_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the waits out of a command's retries and polls."""
    patience = api.Retrying(attempts=3, wait_initial=0, wait_max=0, wait_jitter=0, fresh_token_wait=0)
    monkeypatch.setattr(api, "Retrying", lambda: patience)
    monkeypatch.setattr(watch.Pace.__init__, "__defaults__", (0.0, 0.0, *watch.Pace.__init__.__defaults__[2:]))


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, newline="")
    return file


@pytest.fixture
def run(fake: FakeServer, hurried: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command of the client against the fake server with a good token."""
    from orgsync.client.cli import cli

    monkeypatch.setenv("ORGSYNC_SERVER", fake.address)
    monkeypatch.setenv("ORGSYNC_TOKEN", TOKEN)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)

    return invoke
