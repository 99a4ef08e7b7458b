"""What nobody can do without: PostgreSQL taking the same rows in, in the same server, in the same run."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from bench import timing
from orgsync.core.sample import SAMPLE_COLUMNS
from orgsync.server.embedded import embedded_database

CHUNK: Final = 1 << 20
DATABASE: Final = "bench_floor"
OWN_TABLES: Final = (
    "directory_learner",
    "directory_membership",
    "directory_licenseassignment",
    "directory_claim",
)
KEYS: Final = ("unique_user_id", "primary_email_address")

_COLUMNS: Final = SQL(", ").join(map(Identifier, SAMPLE_COLUMNS))
_OTHERS: Final = [Identifier(name) for name in SAMPLE_COLUMNS if name != KEYS[0]]


@contextmanager
def floor_table(data_dir: Path) -> Iterator[psycopg.Connection]:
    """Give a connection to a database of its own beside the server's, with one empty table and two unique keys."""
    with embedded_database(data_dir) as url:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
        with psycopg.connect(url, dbname=DATABASE) as connection:
            connection.execute(_create_table())
            connection.commit()
            yield connection


def copy_into_table(connection: psycopg.Connection, file: Path) -> None:
    """`COPY` the file into the table, in one transaction."""
    with connection.transaction():
        _copy(connection, SQL("person"), file)


def copy_and_merge(connection: psycopg.Connection, file: Path) -> None:
    """`COPY` the file into a temporary table, `MERGE` what differs, and delete whom the file lacks, in one go."""
    with connection.transaction():
        connection.execute("CREATE TEMPORARY TABLE staged (LIKE person) ON COMMIT DROP")
        _copy(connection, SQL("staged"), file)
        connection.execute("ANALYZE staged")
        connection.execute(
            "DELETE FROM person WHERE NOT EXISTS"
            " (SELECT FROM staged WHERE staged.unique_user_id = person.unique_user_id)"
        )
        connection.execute(_merge())


def copy_into_own_tables(data_dir: Path) -> float:
    """Return the seconds that `COPY` of what a load left takes, into empty twins of our tables, in one transaction.

    The rows are read into files first, so that only the writing counts. The twins are there before the transaction
    begins, as our tables are: into tables that it made itself PostgreSQL writes without its log.
    """
    with (
        embedded_database(data_dir) as url,
        psycopg.connect(url) as connection,
        tempfile.TemporaryDirectory(prefix="orgsync-bench-rows-") as folder,
    ):
        files = {table: Path(folder) / table for table in OWN_TABLES}
        for table, path in files.items():
            _dump(connection, table, path)
        with _twins(connection):
            return timing.seconds(lambda: _fill_all(connection, files))


@contextmanager
def _twins(connection: psycopg.Connection) -> Iterator[None]:
    """Have an empty twin of each of our tables, with all its indexes, for the length of the block."""
    for table in OWN_TABLES:
        connection.execute(SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(_twin(table), Identifier(table)))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        for table in OWN_TABLES:
            connection.execute(SQL("DROP TABLE {}").format(_twin(table)))
        connection.commit()


def _twin(table: str) -> Identifier:
    return Identifier(f"bench_{table}")


def _dump(connection: psycopg.Connection, table: str, path: Path) -> None:
    statement = SQL("COPY {} TO STDOUT").format(Identifier(table))
    with connection.cursor() as cursor, cursor.copy(statement) as copy, path.open("wb") as target:
        for piece in copy:
            target.write(piece)


def _fill_all(connection: psycopg.Connection, files: Mapping[str, Path]) -> None:
    with connection.transaction():
        for table, path in files.items():
            _fill(connection, table, path)


def _fill(connection: psycopg.Connection, table: str, path: Path) -> None:
    statement = SQL("COPY {} FROM STDIN").format(_twin(table))
    with connection.cursor() as cursor, cursor.copy(statement) as copy, path.open("rb") as source:
        while piece := source.read(CHUNK):
            copy.write(piece)


def _copy(connection: psycopg.Connection, table: SQL, file: Path) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER)").format(table, _COLUMNS)
    with connection.cursor() as cursor, cursor.copy(statement) as copy, file.open("rb") as source:
        while piece := source.read(CHUNK):
            copy.write(piece)


def _create_table() -> Composed:
    first, second = map(Identifier, KEYS)
    others = SQL(", ").join(SQL("{} text").format(name) for name in _OTHERS)
    return SQL("CREATE TABLE person ({} text PRIMARY KEY, {}, UNIQUE ({}))").format(first, others, second)


def _merge() -> Composed:
    old = SQL(", ").join(SQL("person.{}").format(name) for name in _OTHERS)
    new = SQL(", ").join(SQL("staged.{}").format(name) for name in _OTHERS)
    updates = SQL(", ").join(SQL("{0} = staged.{0}").format(name) for name in _OTHERS)
    return SQL(
        "MERGE INTO person USING staged ON staged.{key} = person.{key}"
        " WHEN MATCHED AND ({old}) IS DISTINCT FROM ({new}) THEN UPDATE SET {updates}"
        " WHEN NOT MATCHED THEN INSERT ({columns}) VALUES (staged.{key}, {new})"
    ).format(
        key=Identifier(KEYS[0]),
        old=old,
        new=new,
        updates=updates,
        columns=SQL(", ").join([Identifier(KEYS[0]), *_OTHERS]),
    )
