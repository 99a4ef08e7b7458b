"""While the database cannot be reached, everybody is told to ask again, in their own language."""

from collections.abc import Iterator
from typing import Final

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client

from orgsync.server.database import is_away
from orgsync.server.tokens.texts import TOKEN, new_text
from tests.upload_world import JOBS

NOBODY_LISTENS: Final = "1"


@pytest.fixture
def away(transactional_db: None) -> Iterator[None]:
    """Let the connection's next use meet a port where nobody listens."""
    address = connection.settings_dict
    before = {name: address[name] for name in ("HOST", "PORT")}
    connection.close()
    address.update(HOST="127.0.0.1", PORT=NOBODY_LISTENS)
    yield
    connection.close()
    address.update(before)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (f"{JOBS}/1", b'"code": "BUSY"'),
        ("/api/v1/jobs", b'"code": "BUSY"'),
        ("/scim/v2/Users", b'"status": "503"'),
        ("/learners/", b"Nothing is lost"),
    ],
)
def test_whoever_asks_is_told_to_ask_again(away: None, path: str, says: bytes) -> None:
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {new_text(TOKEN)}"})
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32

    answer = client.get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert says in answer.content


@pytest.mark.parametrize(
    ("kind", "cause", "expected"),
    [
        (OperationalError, psycopg.OperationalError(), True),
        (OperationalError, psycopg.errors.AdminShutdown(), True),
        (OperationalError, psycopg.errors.CannotConnectNow(), True),
        (OperationalError, psycopg.errors.TooManyConnections(), True),
        (DatabaseError, psycopg.errors.ReadOnlySqlTransaction(), True),
        (InterfaceError, psycopg.InterfaceError(), True),
        (OperationalError, psycopg.errors.QueryCanceled(), False),
        (DatabaseError, psycopg.errors.UniqueViolation(), False),
        (ValueError, None, False),
    ],
)
def test_only_a_database_out_of_reach_is_away(
    kind: type[Exception], cause: Exception | None, *, expected: bool
) -> None:
    error = kind()
    error.__cause__ = cause

    assert is_away(error) is expected


def test_nothing_is_away_where_nothing_broke() -> None:
    assert not is_away(None)
