"""Read what a GET of statements asks for."""

import uuid
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest

from orgsync.core.jsontext import UnreadableJson, read_json
from orgsync.core.xapi import shapes
from orgsync.core.xapi.checking import IDENTIFIERS, check_actor, check_agent
from orgsync.core.xapi.meaning import actor_key
from orgsync.server.api.errors import invalid_request
from orgsync.server.learning.models import Statement
from orgsync.server.learning.statementlist import MOST, Question

ONE: Final = ("statementId", "voidedStatementId")
_BESIDE_ONE: Final = {"attachments", "format"}
_KNOWN: Final = {
    *(*ONE, *_BESIDE_ONE),
    *("agent", "verb", "activity", "registration", "related_activities", "related_agents"),
    *("since", "until", "limit", "ascending"),
}
_CURSOR: Final = "after"


def asked_one(request: HttpRequest) -> tuple[uuid.UUID, bool] | None:
    """Return the id of the one statement that is asked for, and whether it is a voided one; None for a list."""
    names = request.GET.keys()
    if unknown := sorted(names - _KNOWN - {_CURSOR}):
        raise invalid_request(f"{unknown[0]} is not known here.")
    asked = [name for name in ONE if name in names]
    if not asked:
        return None
    if names - {asked[0]} - _BESIDE_ONE:
        raise invalid_request(f"{asked[0]} goes only with {' and '.join(sorted(_BESIDE_ONE))}.")
    return read_id(request.GET[asked[0]], asked[0]), asked[0] == ONE[1]


def asked_format(request: HttpRequest) -> str:
    found = request.GET.get("format", "exact")
    if found not in {"ids", "exact", "canonical"}:
        raise invalid_request("format must be ids, exact or canonical.")
    return found


def asked_attachments(request: HttpRequest) -> bool:
    return _flag(request.GET, "attachments")


def read_question(request: HttpRequest) -> Question:
    values = request.GET
    anywhere, ascending = (_flag(values, name) for name in ("related_activities", "ascending"))
    agent = read_agent(values["agent"], may_be_group=True) if "agent" in values else None
    is_related = _flag(values, "related_agents") and agent is not None
    return Question(
        actor=actor_key(agent) if agent and not is_related else "",
        agent=_identifier(agent) if agent and is_related else None,
        verb=_iri(values, "verb"),
        activity=_iri(values, "activity"),
        registration=read_id(values["registration"], "registration") if "registration" in values else None,
        since=read_moment(values, "since"),
        until=read_moment(values, "until"),
        anywhere=anywhere,
        ascending=ascending,
        limit=_limit(values.get("limit", "0")),
        after=_cursor(values.get(_CURSOR, "")),
    )


def more_path(request: HttpRequest, last: Statement) -> str:
    """Return where the next page is."""
    values = {name: value for name, value in request.GET.items() if name != _CURSOR}
    return f"{request.path}?{urlencode(values | {_CURSOR: f'{last.stored_at.isoformat()} {last.id}'})}"


def read_id(text: str, name: str) -> uuid.UUID:
    shapes.identifier(text, name)
    return uuid.UUID(text)


def read_moment(values: Any, name: str) -> datetime | None:
    return shapes.read_moment(values[name], name).astimezone(UTC) if name in values else None


def read_agent(text: str, *, may_be_group: bool = False) -> dict[str, Any]:
    try:
        found = read_json(text)
    except UnreadableJson as error:
        raise invalid_request("agent must be JSON.") from error
    (check_actor if may_be_group else check_agent)(found, "agent")
    if not actor_key(found):
        raise invalid_request("agent needs an identifier.")
    return dict(found)


def _identifier(agent: dict[str, Any]) -> tuple[str, str]:
    name = next(name for name in IDENTIFIERS if name in agent)
    return ("account.name", agent["account"]["name"]) if name == "account" else (name, agent[name])


def _flag(values: Any, name: str) -> bool:
    text = values.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise invalid_request(f"{name} must be true or false.")
    return bool(text == "true")


def _iri(values: Any, name: str) -> str:
    if name not in values:
        return ""
    shapes.iri(values[name], name)
    return str(values[name])


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise invalid_request("limit must be a whole number.")
    return min(int(text) or MOST, MOST)


def _cursor(text: str) -> tuple[datetime, uuid.UUID] | None:
    if not text:
        return None
    at, _, last = text.partition(" ")
    return shapes.read_moment(at, _CURSOR), read_id(last, _CURSOR)
