"""The client installs and works without any part of the server."""

import subprocess
from pathlib import Path

import pytest
from wheels import bare_environment, build, run

SERVER_PARTS = ("django", "psycopg", "procrastinate", "gunicorn", "obstore")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the built wheel and the client's hashed requirements, nothing else."""
    folder = tmp_path_factory.mktemp("client-alone")
    return bare_environment(folder, "client.txt", build(folder, "wheel"))


def test_check_works_without_the_server(python: Path, tmp_path: Path) -> None:
    """
    A file is made and checked where no server part is installed.
    """
    sample = tmp_path / "people.csv"

    made = run(python, "orgsync", "sample", "--people", "100", "--seed", "1", "-o", str(sample))
    checked = run(python, "orgsync", "check", str(sample))

    assert made.returncode == 0, made.stderr
    assert checked.returncode == 0, checked.stderr
    assert "100 rows" in checked.stdout


@pytest.mark.parametrize("part", SERVER_PARTS)
def test_no_server_part_is_installed(python: Path, part: str) -> None:
    """
    What the test above proves would be worth little if Django were there.
    """
    found = subprocess.run([python, "-c", f"import {part}"], capture_output=True, check=False)

    assert b"ModuleNotFoundError" in found.stderr


def test_server_command_says_what_is_missing(python: Path) -> None:
    """
    `orgsync serve` names the extra to install and ends with the code for bad usage.
    """
    answer = run(python, "orgsync", "serve")

    assert answer.returncode == 2
    assert "orgsync[server]" in answer.stderr
