"""What happened to one learner, newest first: values, memberships, licenses, assignments and claims as one list."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from orgsync.server.directory.models import (
    Claim,
    Learner,
    LearnerChange,
    LicenseAssignment,
    Membership,
    PastClaim,
    PastLicense,
    PastMembership,
    Removal,
    RemovalKind,
)

MOST_CHANGES: Final = 500
"""Values that are read for one page of a timeline."""
MOST_MOMENTS: Final = 30


class Subject(StrEnum):
    """What a fact is about."""

    LEARNER = "learner"
    REMOVAL = "removal"
    ATTRIBUTE = "attribute"
    GROUP = "group"
    LICENSE = "license"
    ASSIGNMENT = "assignment"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that became another. `name` is an attribute's name, or the id of a group, pool, assignment or feed."""

    subject: Subject
    name: str | int
    before: str | int | None
    """Of a group: the mask of reasons; of a claim: 1; None where there was nothing."""
    after: str | int | None
    row_number: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What one job, or one person by hand (`job_id` None), did at one time."""

    at: datetime
    job_id: int | None
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some moments, newest first; the older ones are those before `older`, None when there are none."""

    moments: Sequence[Moment]
    older: datetime | None


_ASSIGNMENTS: Final = """
    SELECT assignment_id, 'closed', since, since_job_id, until, until_job_id FROM learning_pastlearnerassignment
     WHERE organization_id = %(organization)s AND learner_id = %(learner)s
     UNION ALL
    SELECT assignment_id, state, since, since_job_id, until, until_job_id FROM learning_learnerassignment
     WHERE organization_id = %(organization)s AND learner_id = %(learner)s
     ORDER BY 1, 3
"""

_Event = tuple[datetime, int | None, Fact]


def timeline_of(
    learner: Learner, *, before: datetime | None = None, about: Collection[Subject] = tuple(Subject)
) -> Timeline:
    """Return the newest moments of the learner, or the newest that were earlier than `before`, of these subjects."""
    changes = _changes(learner, before) if Subject.ATTRIBUTE in about else []
    links = (*_memberships(learner), *_licenses(learner), *_assignments(learner), *_claims(learner))
    events = [*_creation(learner), *_removals(learner), *reversed(changes), *links]
    events = [event for event in events if event[2].subject in about and (before is None or event[0] < before)]
    moments = _moments(events)
    whole = _whole(moments, oldest_change=changes[-1][0] if len(changes) == MOST_CHANGES else None)
    shown = whole[:MOST_MOMENTS]
    return Timeline(shown, shown[-1].at if len(shown) < len(moments) else None)


def _whole(moments: list[Moment], *, oldest_change: datetime | None) -> list[Moment]:
    """Leave out moments of which not all may have been read, unless there is no other."""
    if oldest_change is None:
        return moments
    return [moment for moment in moments if moment.at > oldest_change] or moments[:1]


def _moments(events: Iterable[_Event]) -> list[Moment]:
    facts: dict[tuple[datetime, int | None], list[Fact]] = defaultdict(list)
    for at, job_id, fact in events:
        facts[at, job_id].append(fact)
    newest_first = sorted(facts, key=lambda moment: (moment[0], moment[1] or 0), reverse=True)
    return [Moment(at, job_id, facts[at, job_id]) for at, job_id in newest_first]


def _creation(learner: Learner) -> Iterator[_Event]:
    born = Fact(Subject.LEARNER, "created", None, None, learner.created_row)
    yield learner.created_at, learner.created_job_id, born


def _removals(learner: Learner) -> Iterator[_Event]:
    """An undo may have removed the person, and its own undo have brought them back."""
    mine = {"organization_id": learner.organization_id, "kind": RemovalKind.LEARNER, "removed_id": learner.id}
    for removal in Removal.objects.filter(**mine):
        created_at = datetime.fromisoformat(removal.values["created_at"])
        born = Fact(Subject.LEARNER, "created", None, None, removal.values["created_row"])
        yield created_at, removal.values["created_job_id"], born
        yield removal.at, removal.job_id, Fact(Subject.REMOVAL, "removed", None, None)


def _changes(learner: Learner, before: datetime | None) -> list[_Event]:
    log = LearnerChange.objects.filter(organization_id=learner.organization_id, learner_id=learner.id)
    if before is not None:
        log = log.filter(at__lt=before)
    return [
        (one.at, one.job_id, Fact(Subject.ATTRIBUTE, one.attribute, one.before, one.after, one.row_number))
        for one in log.order_by("-at", "-id")[:MOST_CHANGES]
    ]


def _memberships(learner: Learner) -> Iterator[_Event]:
    columns = ("group_id", "reasons", "since", "since_job_id")
    return _steps(Subject.GROUP, _spans(learner, Membership, PastMembership, columns))


def _licenses(learner: Learner) -> Iterator[_Event]:
    columns = ("pool_id", "state", "since", "since_job_id")
    return _steps(Subject.LICENSE, _spans(learner, LicenseAssignment, PastLicense, columns))


def _assignments(learner: Learner) -> Iterator[_Event]:
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGNMENTS, {"organization": learner.organization_id, "learner": learner.id})
        spans = cursor.fetchall()
    known: set[int] = set()
    for assignment, state, since, since_job_id, until, until_job_id in spans:
        before = "closed" if assignment in known else None
        known.add(assignment)
        yield since, since_job_id, Fact(Subject.ASSIGNMENT, assignment, before, "open")
        if until is not None:
            yield until, until_job_id, Fact(Subject.ASSIGNMENT, assignment, "open", state)


def _claims(learner: Learner) -> Iterator[_Event]:
    columns = ("feed_id", "since", "since_job_id")
    spans = _spans(learner, Claim, PastClaim, columns)
    # Of a claim that is older than its history nobody knows when it began.
    return _steps(Subject.CLAIM, ((feed, 1, since, *rest) for feed, since, *rest in spans if since is not None))


def _spans(learner: Learner, present: Any, past: Any, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return (name, value, since, job, until, job) of what holds and of what has ended."""
    mine = {"organization_id": learner.organization_id, "learner_id": learner.id}
    held = [(*span, None, None) for span in present.objects.filter(**mine).values_list(*columns)]
    return [*held, *past.objects.filter(**mine).values_list(*columns, "until", "until_job_id")]


def _steps(subject: Subject, spans: Iterable[tuple[Any, ...]]) -> Iterator[_Event]:
    """Turn spans into steps from one value to the next: a span that follows at once is the other side of the same."""
    sides: dict[tuple[Any, datetime, int | None], dict[str, Any]] = defaultdict(dict)
    for name, value, since, since_job_id, until, until_job_id in spans:
        sides[name, since, since_job_id]["after"] = value
        if until is not None:
            sides[name, until, until_job_id]["before"] = value
    for (name, at, job_id), side in sorted(sides.items(), key=lambda step: step[0][0]):
        yield at, job_id, Fact(subject, name, side.get("before"), side.get("after"))


@dataclass(frozen=True, slots=True)
class Origin:
    """When a value was set last, and by which job; None: by hand."""

    at: datetime
    job_id: int | None
    row_number: int | None = None


def origins_of(learner: Learner) -> dict[str, Origin]:
    """Return the origin of each attribute that has changed since the learner was created."""
    log = LearnerChange.objects.filter(organization_id=learner.organization_id, learner_id=learner.id)
    newest = (
        log.order_by("attribute", "-id").distinct("attribute").values_list("attribute", "at", "job_id", "row_number")
    )
    return {attribute: Origin(at, job_id, row_number) for attribute, at, job_id, row_number in newest}
