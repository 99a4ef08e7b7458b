"""Whether this process lives, and whether it can do its work."""

from collections.abc import Callable
from functools import cache
from typing import Final

import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from obstore.exceptions import BaseError as StoreError

from orgsync.server.filekeys import master_keys
from orgsync.server.migrating import needs_migration
from orgsync.server.uploads.rotating import count_files
from orgsync.server.uploads.storage import storage

log = structlog.get_logger(__name__)


def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer 200 when database, migrations and storage are ready, else 503; each part says ok or not."""
    parts = {name: _is_ready(name, check) for name, check in _CHECKS.items()}
    is_ready = all(parts.values())
    body = {"status": "ok" if is_ready else "unavailable"} | {
        name: "ok" if part else "unavailable" for name, part in parts.items()
    }
    return JsonResponse(body, status=200 if is_ready else 503)


class _KeysMissing(Exception):
    """Files are encrypted under a master key that is not given."""


class _NotMigrated(Exception):
    """The database is of another release."""


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_migrations() -> None:
    if needs_migration():
        raise _NotMigrated


def _check_storage() -> None:
    storage().check()


@cache
def _check_encryption() -> None:
    """Every encrypted file can be opened. What is so once stays so: a process never changes its keys."""
    if count_files(master_keys()).locked:
        raise _KeysMissing


_CHECKS: Final[dict[str, Callable[[], None]]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "storage": _check_storage,
    "encryption": _check_encryption,
}


def _is_ready(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except (DatabaseError, StoreError, OSError, _NotMigrated, _KeysMissing) as error:
        # The text may name hosts and paths: it is for the log, not for whoever asks.
        log.warning("not_ready", part=name, error=str(error))
        return False
    return True
