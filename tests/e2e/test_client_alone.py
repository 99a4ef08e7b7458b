"""The client installs and works without any part of the server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER_PARTS = ("django", "psycopg", "procrastinate", "gunicorn", "obstore")


@pytest.fixture(scope="module")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the built wheel and the client's hashed requirements, nothing else."""
    folder = tmp_path_factory.mktemp("client-alone")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    # The fast path where it is, as in scripts/setup.sh, and plain pip where it is not.
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", ROOT / "requirements" / "client.txt"], check=True)
    subprocess.run([*install, "--no-deps", wheel], check=True)
    return python


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ORGSYNC", "DJANGO"))}
    return subprocess.run([python, "-m", "orgsync", *arguments], capture_output=True, text=True, env=env, check=False)


def test_check_works_without_the_server(bare_environment: Path, tmp_path: Path) -> None:
    """
    A file is made and checked where no server part is installed.
    """
    sample = tmp_path / "people.csv"

    made = run(bare_environment, "sample", "--people", "100", "--seed", "1", "-o", str(sample))
    checked = run(bare_environment, "check", str(sample))

    assert made.returncode == 0, made.stderr
    assert checked.returncode == 0, checked.stderr
    assert "100 rows" in checked.stdout


@pytest.mark.parametrize("part", SERVER_PARTS)
def test_no_server_part_is_installed(bare_environment: Path, part: str) -> None:
    """
    What the test above proves would be worth little if Django were there.
    """
    found = subprocess.run([bare_environment, "-c", f"import {part}"], capture_output=True, check=False)

    assert b"ModuleNotFoundError" in found.stderr


def test_server_command_says_what_is_missing(bare_environment: Path) -> None:
    """
    `orgsync serve` names the extra to install and ends with the code for bad usage.
    """
    answer = run(bare_environment, "serve")

    assert answer.returncode == 2
    assert "orgsync[server]" in answer.stderr
