"""Make Django and the database ready for one command, whether a server runs or not."""

import os
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import django

from orgsync.server.embedded import embedded_database
from orgsync.server.env import env_optional_secret
from orgsync.server.serve import SETTINGS_MODULE, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgsync.server.commands.actions import Actions


@contextmanager
def django_ready(data_dir: Path) -> "Iterator[None]":
    """Point Django at the data directory's database, or at ORGSYNC_DATABASE_URL, whatever that database holds."""
    with ExitStack() as stack:
        url = env_optional_secret("ORGSYNC_DATABASE_URL") or stack.enter_context(embedded_database(data_dir))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
            "ORGSYNC_DATA_DIR": str(data_dir.absolute()),
            "ORGSYNC_DATABASE_URL": url,
            "ORGSYNC_QUEUE_DATABASE_URL": env_optional_secret("ORGSYNC_QUEUE_DATABASE_URL") or "",
        }
        django.setup()
        stack.callback(_close_connections)
        yield


@contextmanager
def database_ready(data_dir: Path, organization: str | None) -> "Iterator[Actions]":
    """
    Do as `django_ready`, and bring the database to this release.

    Gives the actions on the organization of that name, or on the only one.
    """
    with django_ready(data_dir):
        bring_to_release()
        with _acting_by_command():
            # What uses models can be imported only now.
            yield cast("Actions", import_module("orgsync.server.commands.actions").Actions(organization))


def bring_to_release() -> None:
    """Run the migrations that the database lacks."""
    # What uses Django's database can be imported only now.
    if import_module("orgsync.server.migrating").needs_migration():
        migrate(os.environ)


def _acting_by_command() -> Any:
    actors = import_module("orgsync.server.audit.actors")
    return actors.acting(actors.COMMAND)


def _connections() -> Any:
    return import_module("django.db").connections


def _close_connections() -> None:
    _connections().close_all()
