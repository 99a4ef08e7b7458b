"""How processes reach PostgreSQL: one URL, parsed once, for Django and for the queue."""

from typing import Any, Final

import psycopg
from django.db.utils import DatabaseError, InterfaceError, OperationalError
from psycopg.conninfo import conninfo_to_dict

_DJANGO_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}  # nosec B105
NOTICE: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon a cut network is noticed: within half a minute; the system's own defaults are a quarter of an hour (a word
on its way) and two hours (waiting for one). A URL may say otherwise."""
_UNREACHABLE: Final = ("08", "57P", "53300", "25006")
"""SQLSTATE: no connection, ended by its server, no session left, read only (a primary that was another's stand-by)."""


def django_database(url: str, *, application_name: str, is_pooled: bool = False) -> dict[str, Any]:
    """Return Django's database settings for a libpq URL or connection string.

    `application_name` is shown by the server for every session of this process, so that a dead worker's sessions
    can be found and ended. Behind a pooler (`is_pooled`) a cursor cannot outlive its transaction.
    """
    options = dict(conninfo_to_dict(url))
    database: dict[str, Any] = {
        name: str(options.pop(key)) for key, name in _DJANGO_NAMES.items() if options.get(key) is not None
    }
    options.pop("application_name", None)
    return database | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": is_pooled,
        "OPTIONS": NOTICE | options | {"application_name": application_name},
    }


def queue_connection(url: str, *, application_name: str) -> dict[str, Any]:
    """Return psycopg's parameters for the queue's own address, which may be a pooler too: nothing is prepared there."""
    return NOTICE | conninfo_to_dict(url) | {"application_name": application_name, "prepare_threshold": None}


def is_away(error: BaseException | None) -> bool:
    """Tell whether an error means that the database cannot be reached, shuts down, or is one that takes no writes."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DatabaseError):
        return False
    state = error.__cause__.sqlstate if isinstance(error.__cause__, psycopg.Error) else None
    if state is None:
        return isinstance(error, OperationalError)  # the connection broke: nobody was there to give a state
    return state.startswith(_UNREACHABLE)
