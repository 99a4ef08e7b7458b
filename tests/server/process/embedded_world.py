"""What tests of the private PostgreSQL share: a note that is kept, and programs beside the test."""

import subprocess
from collections.abc import Callable

import psycopg

Program = Callable[..., subprocess.Popen[str]]


def write_note(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")


def read_note(url: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT text FROM note").fetchone()
    return row and row[0]


def server_version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version
