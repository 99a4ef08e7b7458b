"""The command starts light, leaves the server to the server's package, and never mistakes a bug for an outcome."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from orgsync.client import cli as commands
from orgsync.client.exits import MEANINGS, ExitCode
from orgsync.client.watch import Pace

HEAVY = ("polars", "httpx2", "rich", "stamina", "django", "pydantic")


@pytest.mark.parametrize("arguments", [["--help"], ["push", "--help"], ["check", "--help"], ["sample", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help has to be there at once; what takes long is imported when a command does its work."""
    program = (
        "import sys\nfrom orgsync.client.cli import main\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)"
    )

    ended = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)

    assert "Usage:" in ended.stdout
    assert not set(HEAVY) & set(ended.stderr.split())


@pytest.mark.parametrize("name", list(commands.CLIENT_COMMANDS))
def test_each_command_listed_is_there(name: str) -> None:
    """The table of commands names what exists."""
    assert CliRunner().invoke(commands.cli, [name, "--help"]).exit_code == 0


def declare(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    def chosen(*, group: str, name: str) -> list[EntryPoint]:
        return [entry for entry in entries if (entry.group, entry.name) == (group, name)]

    monkeypatch.setattr("importlib.metadata.entry_points", chosen)


def test_a_server_command_without_the_server_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever options came with it."""
    declare(monkeypatch)

    result = CliRunner().invoke(commands.cli, ["serve", "--port", "1"])

    assert result.exit_code == 2
    assert "orgsync[server]" in result.stderr


def test_a_server_command_whose_packages_are_missing_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel declares the command also where Django was not installed."""
    declare(monkeypatch, EntryPoint("serve", "a_package_that_nobody_has:serve", "orgsync.commands"))

    assert "orgsync[server]" in CliRunner().invoke(commands.cli, ["serve"]).stderr


@click.command()
@click.argument("word")
def echo(word: str) -> None:
    click.echo(word)


def test_a_server_command_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client needs to know nothing of the server's modules."""
    monkeypatch.setitem(sys.modules, "server_commands_of_a_test", sys.modules[__name__])
    declare(monkeypatch, EntryPoint("admin", "server_commands_of_a_test:echo", "orgsync.commands"))

    assert CliRunner().invoke(commands.cli, ["admin", "hello"]).stdout == "hello\n"


def test_a_bug_does_not_leave_with_the_exit_code_of_row_errors(tmp_path: Path) -> None:
    """Python's own answer to an exception is 1, which promises that the file was applied."""
    program = (
        "import orgsync.client.cli as c\n"
        "c.LazyGroup.invoke = lambda *_: 1 / 0\n"
        "import sys; sys.argv = ['orgsync', 'template', 'users']\n"
        "c.main()"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ended.returncode == 70
    assert "ZeroDivisionError" in ended.stderr


def test_polling_is_fast_at_first_and_slows_to_a_minute() -> None:
    """The end of a job is seen at most a tenth of its time too late."""
    pace = Pace()

    waits = [pace.wait_after(passed) for passed in (0, 10, 300, 3600)]

    assert waits == [0.25, 1.0, 30.0, 60.0]


def test_every_exit_code_has_its_meaning() -> None:
    """There is one table, and the reference page is made from it."""
    assert set(MEANINGS) == set(ExitCode)
    assert [int(code) for code in ExitCode][:8] == list(range(8))
