"""How processes reach PostgreSQL: one URL, parsed once, for Django and for the queue."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

_DJANGO_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}  # nosec B105


def django_database(url: str, *, application_name: str) -> dict[str, Any]:
    """Return Django's database settings for a libpq URL or connection string.

    `application_name` is shown by the server for every session of this process, so that a dead worker's sessions
    can be found and ended.
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
        "OPTIONS": options | {"application_name": application_name, "connect_timeout": 5},
    }
