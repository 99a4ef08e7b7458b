"""One real PostgreSQL for a whole test run; each process of the run gets a database of its own.

Migrations run once: every further database is a copy of that one, which takes a tenth of a second.

A plugin (`-p tests.database`) and not a conftest: Django reads its settings before conftests are there.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from orgsync.server.embedded import EmbeddedPostgres, remove_data_dir

# A cluster that is thrown away has nothing to lose in a power cut. No product server ever runs with these.
THROWN_AWAY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
CONSTANT: Final = ["django_migrations", "django_content_type", "auth_permission"]
"""Tables that migrations fill and nobody writes to afterwards."""
EMPTY_TABLES: Final = """
DO $$
DECLARE
    one regclass;
BEGIN
    -- Neither foreign keys nor the triggers that keep the audit log as it is.
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND relname NOT LIKE 'procrastinate%' AND relname <> ALL ({constant})
    LOOP
        EXECUTE format('DELETE FROM %s', one);
    END LOOP;
END $$
"""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the private PostgreSQL in the controlling process; the others inherit its address."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="orgsync-test-"))
    os.environ.setdefault("ORGSYNC_DATA_DIR", str(folder / "data"))
    os.environ["ORGSYNC_TEST_RUN"] = str(os.getpid())
    if not os.environ.get("ORGSYNC_DATABASE_URL"):
        _start_database(early_config, folder / "database")
    early_config.add_cleanup(lambda: _drop(_migrated()))


def _start_database(config: pytest.Config, folder: Path) -> None:
    # Ordinary accounts, PostgreSQL's among them, must be able to pass.
    folder.parent.chmod(0o711)
    server = EmbeddedPostgres.start(folder, log=lambda _line: None, settings=THROWN_AWAY)
    os.environ["ORGSYNC_DATABASE_URL"] = server.url
    config.add_cleanup(lambda: (server.stop(), remove_data_dir(folder)))


@contextmanager
def migrated_database(name: str) -> Iterator[str]:
    """Make a database of this name in which every migration has run; give its address, drop it afterwards."""
    address = os.environ["ORGSYNC_DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        # One process of the run migrates; the others wait here for it.
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [_migrated()])
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_migrated()]).fetchone():
            _migrate(connection)
        copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(copy.format(Identifier(name), Identifier(_migrated())))
    try:
        yield make_conninfo(address, dbname=name)
    finally:
        _drop(name)


@contextmanager
def using_database(name: str) -> Iterator[None]:
    """Let Django work on another database of the same server."""
    from django.db import connection

    former = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = former


def empty_tables(_test_case: Any = None) -> None:
    """Empty every table but those of the queue, whose tests see to them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SQL(EMPTY_TABLES).format(constant=CONSTANT))


def _migrated() -> str:
    return f"orgsync_migrated_{os.environ['ORGSYNC_TEST_RUN']}"


def _migrate(connection: psycopg.Connection[Any]) -> None:
    from django.core.management import call_command

    # It has its name only when it is whole: a run that breaks off here leaves nothing that looks like a template.
    draft = f"{_migrated()}_draft"
    connection.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(draft)))
    with using_database(draft):
        call_command("migrate", verbosity=0, interactive=False)
    connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(draft), Identifier(_migrated())))


def _drop(name: str) -> None:
    with psycopg.connect(os.environ["ORGSYNC_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
