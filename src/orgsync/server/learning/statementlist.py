"""Read xAPI statements back: one by its id, or a page of those that a question asks for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from orgsync.server.learning.models import Statement

MOST: Final = 500
"""Statements of one page."""
MOST_TELLING: Final = 100
"""Statements that are read to tell of an activity."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which statements are asked for; empty fields ask nothing."""

    actor: str = ""
    verb: str = ""
    activity: str = ""
    registration: uuid.UUID | None = None
    since: datetime | None = None
    """Stored later than this."""
    until: datetime | None = None
    anywhere: bool = False
    """Whether the activity may stand elsewhere than in the object."""
    agent: tuple[str, str] | None = None
    """Name and value of an identifier that may stand anywhere."""
    ascending: bool = False
    limit: int = MOST
    after: tuple[datetime, uuid.UUID] | None = None
    """The last one of the page before."""

    @property
    def narrows(self) -> bool:
        """Whether more is asked for than a time."""
        return bool(self.actor or self.verb or self.activity or self.registration or self.agent)


def find_statement(organization_id: int, statement_id: uuid.UUID, *, voided: bool = False) -> Statement | None:
    """Return the statement of this id, if it is voided as asked."""
    return Statement.objects.filter(organization_id=organization_id, id=statement_id, voided=voided).first()


def find_statements(organization_id: int, asked: Question) -> tuple[Sequence[Statement], bool]:
    """
    Return a page of statements that are not voided, newest first unless asked otherwise, and whether more follow.

    A statement about another one is found where that one is what is asked for, voided or not, whenever it was stored.
    """
    found = _within(Statement.objects.filter(organization_id=organization_id, voided=False), asked)
    order = ("stored_at", "id") if asked.ascending else ("-stored_at", "-id")
    page = list(_asked(found, asked).order_by(*order)[: asked.limit + 1])
    if asked.narrows:
        objects = _asked(Statement.objects.filter(organization_id=organization_id, id=OuterRef("refers")), asked)
        referring = found.filter(Exists(objects), refers__isnull=False)
        either = {one.id: one for one in (*page, *referring.order_by(*order)[: asked.limit + 1])}.values()
        page = sorted(either, key=lambda one: (one.stored_at, one.id), reverse=not asked.ascending)
    return page[: asked.limit], len(page) > asked.limit


def _within(found: QuerySet[Statement], asked: Question) -> QuerySet[Statement]:
    """Keep what was stored in the time that is asked for, beyond the page before."""
    if asked.since is not None:
        found = found.filter(stored_at__gt=asked.since)
    if asked.until is not None:
        found = found.filter(stored_at__lte=asked.until)
    if asked.after is not None:
        at, last = asked.after
        beyond = Q(stored_at__gt=at) | Q(stored_at=at, id__gt=last)
        found = found.filter(beyond if asked.ascending else ~beyond & ~Q(stored_at=at, id=last))
    return found


def definition_of(organization_id: int, activity: str) -> dict[str, Any]:
    """Return what the latest statements say of an activity, put together; what was said later goes before."""
    rows = Statement.objects.filter(organization_id=organization_id, activity=activity, voided=False)
    rows = rows.filter(statement__object__has_key="definition").order_by("-stored_at", "-id")[:MOST_TELLING]
    whole: dict[str, Any] = {}
    for row in reversed(rows):
        said = row.statement["object"]["definition"]
        maps = {name: whole.get(name, {}) | value for name, value in said.items() if isinstance(value, dict)}
        whole |= said | maps
    return whole


def _asked(found: QuerySet[Statement], asked: Question) -> QuerySet[Statement]:
    exact: dict[str, Any] = {"actor": asked.actor, "verb": asked.verb, "registration": asked.registration}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if asked.activity and not asked.anywhere:
        found = found.filter(activity=asked.activity)
    elif asked.activity:
        found = _anywhere(found, "$.** ? (@.id == $value)", asked.activity)
    if asked.agent is not None:
        name, value = asked.agent
        found = _anywhere(found, f"$.** ? (@.{name} == $value)", value)
    return found


def _anywhere(found: QuerySet[Statement], path: str, value: str) -> QuerySet[Statement]:
    test = RawSQL("jsonb_path_exists(statement, %s::jsonpath, jsonb_build_object('value', %s::text))", [path, value])
    return found.annotate(stands=test).filter(stands=True)
