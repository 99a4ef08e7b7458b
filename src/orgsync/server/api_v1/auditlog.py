"""The audit log: everything that anyone did, by ids and counts, and whether the log of it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal

from django.http import StreamingHttpResponse
from ninja import Query, Schema
from pydantic import Field

from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.files import sent
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import CSV, Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.shapes import Id, Moment, Shape, iso
from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import Actor, ActorKind
from orgsync.server.audit.log import record_look
from orgsync.server.audit.models import AuditEntry, AuditHead
from orgsync.server.audit.queries import (
    EntryFilter,
    chosen_entries,
    csv_lines,
    entries_chosen,
    entry_line,
    last_entry,
)
from orgsync.server.audit.verify import verify_log
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope

resource = Resource("audit", "Everything that anyone did; no entry holds a person's values.")
_SEE: Final[dict[str, Any]] = {"permission": Permission.SEE_AUDIT}


class EntryShape(Shape):
    """An entry."""

    number: int
    at: str
    actor: str = Field(description="`account 5`, `token 7`, `application 2`, `command`, `system`, `nobody`.")
    action: str
    ids: dict[str, Any]
    veiled: dict[str, str] = Field(description="Values of a person, under a key that goes with them.")
    hash: str


class EntriesMeant(Schema):
    """Which entries are meant; what is empty does not narrow."""

    action: Literal[("", *(action.value for action in Action))] = ""  # type: ignore[valid-type]  # the catalogue
    actor: Literal[("", *(kind.value for kind in ActorKind))] = ""  # type: ignore[valid-type]  # the catalogue
    actor_id: Id | None = Field(None, description="Of the account, the token or the application.")
    since: Moment | None = None
    until: Moment | None = Field(None, description="Up to that moment, it not included.")

    def chosen(self) -> EntryFilter:
        actor = Actor(ActorKind(self.actor), self.actor_id) if self.actor else None
        return EntryFilter(self.action, actor, self.since, self.until)


class EntryQuery(EntriesMeant, PageQuery):
    """A page of the entries that are meant."""


class StateShape(Shape):
    """How the log stands."""

    number: int = Field(description="Of the last entry.")
    hash: str = Field(description="Of the last entry: noted elsewhere, it proves that nothing was rewritten.")
    kept_from: int = Field(description="Number of the oldest entry that is kept.")
    verified_at: str | None
    holds: bool | None = Field(description="What the last verification found; null: there was none.")
    first_break: int | None


@resource.get("/audit", Scope.ADMIN, Listed[EntryShape], **_SEE)
def list_entries(request: MakerRequest, asked: Query[EntryQuery]) -> dict[str, Any]:
    """List the entries, the newest first."""
    found = entries_chosen(request.organization.pk, asked.chosen())
    return newest_first(found, asked, entry_line, by="number")


@resource.get("/audit/state", Scope.ADMIN, StateShape, **_SEE)
def show_audit_state(request: MakerRequest) -> dict[str, Any]:
    """Say where the log ends, and what the last verification found."""
    return _state(request.organization.pk)


@resource.post("/audit/verify", Scope.ADMIN, StateShape, **_SEE)
def verify_audit(request: MakerRequest) -> dict[str, Any]:
    """Recompute the whole chain; what came of it is an entry of its own."""
    verdict = verify_log(request.organization.pk)
    found: dict[str, Any] = {"holds": verdict.broken is None, "entries": verdict.kept}
    if verdict.broken is not None:
        found["first_break"] = verdict.broken.number
    record_look(request.organization.pk, Action.AUDIT_VERIFIED, found)
    return _state(request.organization.pk)


@resource.get("/files/audit", Scope.ADMIN, CSV, **_SEE)
def send_audit(request: MakerRequest, asked: Query[EntriesMeant]) -> StreamingHttpResponse:
    """Send the entries that are meant as CSV, the oldest first."""
    record_look(request.organization.pk, Action.AUDIT_EXPORTED)
    return sent(_lines(chosen_entries(request.organization.pk, asked.chosen())), f"audit-{datetime.now(UTC):%F}.csv")


def _lines(entries: Iterator[AuditEntry]) -> Iterator[bytes]:
    return (f"{line}\r\n".encode() for line in csv_lines(entries))


def _state(organization_id: int) -> dict[str, Any]:
    head = AuditHead.objects.filter(organization_id=organization_id).first()
    verified = last_entry(organization_id, Action.AUDIT_VERIFIED)
    said = {} if verified is None else verified.ids
    return {
        "number": head.number if head else 0,
        "hash": bytes(head.hash).hex() if head else "",
        "kept_from": head.kept_from if head else 1,
        "verified_at": iso(verified.at) if verified else None,
        "holds": said.get("holds"),
        "first_break": said.get("first_break"),
    }
