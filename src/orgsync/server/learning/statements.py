"""Take in xAPI statements: all of a request or none, each id once; what can be counted becomes activity."""

import hashlib
import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.core.xapi.checking import VOIDED
from orgsync.core.xapi.meaning import Told, actor_key, person_key, told_by
from orgsync.core.xapi.shapes import StatementRefused, read_moment
from orgsync.core.xapi.showing import with_lists
from orgsync.server.learning.daysums import lock_alone
from orgsync.server.learning.documents import claim_documents
from orgsync.server.learning.models import Content, Document, Progress, Source, Statement, Verb
from orgsync.server.learning.naming import people_named
from orgsync.server.learning.recording import Deed, record, void
from orgsync.server.orgs.models import Organization

BATCH: Final = 1_000
"""Statements that are claimed in one transaction: they are large, and may have waited long."""
_SET_BY_US: Final = frozenset({"id", "stored", "timestamp", "authority", "version"})


class StatementConflict(OrgSyncError):
    """Another statement has this id already."""

    def __init__(self, statement_id: uuid.UUID) -> None:
        super().__init__(f"Another statement has the id {statement_id} already.")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who vouches for statements."""

    organization: Organization
    token_id: int
    authority: dict[str, Any]
    """As an agent of the standard."""
    version: str


def store_statements(sender: Sender, statements: Sequence[dict[str, Any]], *, now: datetime) -> list[uuid.UUID]:
    """
    Keep checked statements and count what can be counted, in one transaction; return their ids in order.

    A statement that is there already changes nothing. Raises StatementConflict when another one has its id, and
    StatementRefused for an id that comes twice in one request. Whoever is nobody of the directory is not counted
    yet: `claim_statements` does it once they are known. Content that is not known is made where its title is told
    and the organization wants that; else `count_waiting` counts what was told of it once it is there.
    """
    ids = [uuid.UUID(one["id"]) if "id" in one else uuid.uuid4() for one in statements]
    if len(set(ids)) != len(ids):
        raise StatementRefused("statement.id", "comes twice in one request.")
    rows = [_row(sender, statement_id, one, now) for statement_id, one in zip(ids, statements, strict=True)]
    with transaction.atomic():
        new = _insert(sender.organization, rows)
        _void(sender.organization, [row for row in rows if row.id in new], now=now)
        count_statements(sender.organization, [row for row in rows if row.id in new], now=now)
    return ids


def claim_statements(organization: Organization, *, now: datetime) -> int:
    """Count the statements of people who were unknown when these came, and are known by now; return how many.

    Documents that came with them are theirs from then on.
    """
    claim_documents(organization.pk)
    waiting = Statement.objects.filter(organization_id=organization.pk, learner_id=None).exclude(person_key="")
    keys = set(waiting.values_list("person_key", flat=True).distinct())
    known = list(people_named(organization.pk, keys))
    count = 0
    for some in _batches(waiting.filter(person_key__in=known)):
        with transaction.atomic():
            rows = list(some)
            count_statements(organization, rows, now=now)
        count += len(rows)
    return count


def claim_everywhere(now: datetime) -> int:
    """Do `claim_statements` for every organization where something waits; return how many statements count now."""
    statements, documents = (
        kind.objects.filter(learner_id=None).exclude(person_key="").values("organization_id")
        for kind in (Statement, Document)
    )
    waiting = Organization.objects.filter(Q(id__in=statements) | Q(id__in=documents)).order_by("id")
    return sum(claim_statements(one, now=now) for one in waiting)


def count_waiting(organization: Organization, keys: Collection[str], *, now: datetime) -> None:
    """Count the statements that came before the content of these keys was there."""
    waiting = Statement.objects.filter(
        organization_id=organization.pk, activity__in=keys, voided=False, learner_id__isnull=False
    )
    for some in _batches(waiting):
        count_statements(organization, list(some), now=now)


def count_statements(organization: Organization, rows: Sequence[Statement], *, now: datetime) -> None:
    """Name the people of stored statements where they are known, and record what these tell of them."""
    people = people_named(organization.pk, {row.person_key for row in rows if row.person_key})
    known = [(row, people[row.person_key]) for row in rows if row.person_key in people]
    for row, learner_id in known:
        row.learner_id = learner_id
    _name_learners(organization.pk, known)
    told = [(row, what) for row, _ in known if not row.voided and (what := told_by(row.statement))]
    contents = _contents(organization, {what.activity: what for _, what in told}, now=now)
    whole = [(row, what, contents[what.activity]) for row, what in told if what.activity in contents]
    record(organization, _deeds(organization.pk, whole), source=Source.XAPI, now=now)


def _batches(waiting: QuerySet[Statement]) -> Iterator[QuerySet[Statement]]:
    """Yield the statements as they came, not read yet, no more at once than a transaction takes."""
    in_order = waiting.order_by("stored_at", "id")
    ids = list(in_order.values_list("id", flat=True))
    for first in range(0, len(ids), BATCH):
        yield in_order.filter(id__in=ids[first : first + BATCH])


def _row(sender: Sender, statement_id: uuid.UUID, statement: dict[str, Any], now: datetime) -> Statement:
    stored = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
    whole = with_lists(statement) | {
        "id": str(statement_id),
        "stored": stored,
        "timestamp": statement.get("timestamp", stored),
        "authority": sender.authority,
        "version": statement.get("version", sender.version),
    }
    thing, is_voiding = statement["object"], statement["verb"]["id"] == VOIDED
    refers = uuid.UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None
    registration = statement.get("context", {}).get("registration")
    return Statement(
        organization_id=sender.organization.pk,
        id=statement_id,
        stored_at=now,
        statement=whole,
        digest=_digest(statement),
        actor=actor_key(statement["actor"]),
        person_key=person_key(statement["actor"]),
        verb=statement["verb"]["id"],
        activity=thing["id"] if thing.get("objectType", "Activity") == "Activity" else "",
        registration=uuid.UUID(registration) if registration else None,
        refers=refers,
        voids=refers if is_voiding else None,
        token_id=sender.token_id,
    )


def _digest(statement: dict[str, Any]) -> bytes:
    """Hash what the sender said. What we may set is left out, so that a statement that we gave back is the same."""
    said = {name: value for name, value in statement.items() if name not in _SET_BY_US}
    said["object"] = {"objectType": "Activity", **said["object"]}
    said = with_lists(said)
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).digest()


def _insert(organization: Organization, rows: Sequence[Statement]) -> set[uuid.UUID]:
    """Insert what is new; raise StatementConflict where an id has another statement."""
    mine = Statement.objects.filter(organization_id=organization.pk, id__in=[row.id for row in rows])
    before = dict(mine.values_list("id", "digest"))
    Statement.objects.bulk_create([row for row in rows if row.id not in before], ignore_conflicts=True)
    # Who sent the same ids at the same moment may have been faster; then the later one's rows were left out.
    stored = {row_id: (digest, at) for row_id, digest, at in mine.values_list("id", "digest", "stored_at")}
    for row in rows:
        if bytes(stored[row.id][0]) != row.digest:
            raise StatementConflict(row.id)
    return {row.id for row in rows if row.id not in before and stored[row.id][1] == row.stored_at}


def _void(organization: Organization, new: Sequence[Statement], *, now: datetime) -> None:
    """Take back what new statements void, also what came after the statement that voids it."""
    mine = Statement.objects.filter(organization_id=organization.pk)
    targets = {row.voids for row in new if row.voids}
    late = set(mine.filter(voids__in=[row.id for row in new]).values_list("voids", flat=True))
    gone = mine.filter(Q(id__in=targets) | Q(id__in=late), voids=None)
    ids = set(gone.values_list("id", flat=True))
    if not ids:
        return
    with connection.cursor() as cursor:
        lock_alone(cursor, organization.pk)
    gone.update(voided=True)
    void(organization, ids, now=now)
    for row in new:
        row.voided = row.id in ids


def _name_learners(organization_id: int, known: Sequence[tuple[Statement, int]]) -> None:
    values: list[Any] = [[row.id for row, _ in known], [learner_id for _, learner_id in known], organization_id]
    with connection.cursor() as cursor:
        cursor.execute(_NAME_LEARNERS, values)


def _contents(organization: Organization, told: Mapping[str, Told], *, now: datetime) -> dict[str, int]:
    """Return the content of each activity; what is not known and has a title becomes a course."""
    mine = Content.objects.filter(organization=organization, key__in=told)
    found = dict(mine.values_list("key", "id"))
    unknown = [what for key, what in sorted(told.items()) if key not in found and what.title]
    if not unknown or not organization.statements_make_content:
        return found
    made = [
        Content(
            organization=organization,
            key=what.activity,
            title=what.title[:500],
            title_key=fold_key(what.title[:500]),
            url=what.activity if what.activity.startswith(("https://", "http://")) else "",
            created_at=now,
        )
        for what in unknown
    ]
    Content.objects.bulk_create(made, ignore_conflicts=True)
    return dict(mine.values_list("key", "id"))


def _deeds(organization_id: int, told: Sequence[tuple[Statement, Told, int]]) -> list[Deed]:
    """Return what is to be recorded. A completion tells the whole time: what goes beyond the known is added."""
    pairs = {(row.learner_id, content_id) for row, _, content_id in told}
    standing = Progress.objects.filter(
        organization_id=organization_id,
        learner_id__in={learner_id for learner_id, _ in pairs},
        content_id__in={content_id for _, content_id in pairs},
    )
    known = {
        (one, other): seconds for one, other, seconds in standing.values_list("learner_id", "content_id", "seconds")
    }
    deeds = []
    for row, what, content_id in told:
        assert row.learner_id is not None
        pair, verb = (row.learner_id, content_id), Verb(what.verb)
        seconds = max(0, what.seconds - known.get(pair, 0)) if verb is Verb.COMPLETED else what.seconds
        known[pair] = known.get(pair, 0) + seconds
        at = min(read_moment(row.statement["timestamp"], "timestamp"), row.stored_at)
        deeds.append(Deed(*pair, verb, at, row.id, seconds, what.percent))
    return deeds


_NAME_LEARNERS: Final = """
    UPDATE learning_statement AS statement SET learner_id = named.learner_id
      FROM unnest(%s::uuid[], %s::bigint[]) AS named (id, learner_id)
     WHERE statement.organization_id = %s AND statement.id = named.id
"""
