"""Make Django and the database ready for one command, whether a server runs or not."""

import os
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import django

from orgsync.server.embedded import embedded_database
from orgsync.server.env import env_text
from orgsync.server.serve import SETTINGS_MODULE, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgsync.server.commands.actions import Actions


@contextmanager
def database_ready(data_dir: Path, organization: str | None) -> "Iterator[Actions]":
    """
    Point Django at the data directory's database, or at ORGSYNC_DATABASE_URL, brought to this release.

    Gives the actions on the organization of that name, or on the only one.
    """
    with ExitStack() as stack:
        url = env_text("ORGSYNC_DATABASE_URL") or stack.enter_context(embedded_database(data_dir))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
            "ORGSYNC_DATA_DIR": str(data_dir.absolute()),
            "ORGSYNC_DATABASE_URL": url,
        }
        django.setup()
        # What uses Django's database can be imported only now.
        if import_module("orgsync.server.migrating").needs_migration():
            migrate(os.environ)
        stack.callback(_close_connections)
        stack.enter_context(_acting_by_command())
        # What uses models can be imported only now.
        yield cast("Actions", import_module("orgsync.server.commands.actions").Actions(organization))


def _acting_by_command() -> Any:
    actors = import_module("orgsync.server.audit.actors")
    return actors.acting(actors.COMMAND)


def _connections() -> Any:
    return import_module("django.db").connections


def _close_connections() -> None:
    _connections().close_all()
