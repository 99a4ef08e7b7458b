"""What one learner has to do, has begun, and has done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from orgsync.server.learning.models import (
    Assignment,
    AssignmentState,
    Content,
    ContentKind,
    ContentPart,
    LearnerAssignment,
    Progress,
)
from orgsync.server.learning.visible import visible_by_id, visible_content
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of

SOON: Final = timedelta(days=7)
MOST_DONE: Final = 100


@dataclass(frozen=True, slots=True)
class Item:
    """Content as it stands for one learner."""

    content: Content
    progress: Progress | None = None
    assigned: LearnerAssignment | None = None
    note: str = ""
    """What the assignment's admin tells about it."""
    today: date = date.min

    @property
    def done_at(self) -> datetime | None:
        """When it was completed; of paths that were before their parts completed them, as it was assigned."""
        if self.progress is not None and self.progress.completed_at is not None:
            return self.progress.completed_at
        is_completed = self.assigned is not None and self.assigned.state == AssignmentState.COMPLETED
        return self.assigned.until if self.assigned is not None and is_completed else None

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    @property
    def is_begun(self) -> bool:
        return self.progress is not None and self.progress.started_at is not None and not self.is_done

    @property
    def is_open(self) -> bool:
        return self.assigned is not None and self.assigned.state == AssignmentState.OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self._due is not None and self._due < self.today

    @property
    def is_due_soon(self) -> bool:
        return self.is_open and self._due is not None and self.today <= self._due <= self.today + SOON

    @property
    def is_liked(self) -> bool:
        return self.progress is not None and self.progress.liked_at is not None

    @property
    def _due(self) -> date | None:
        return self.assigned.due_on if self.assigned is not None else None


@dataclass(frozen=True, slots=True)
class Assigned:
    """What is assigned to a learner."""

    open: Sequence[Item]
    """The earliest due day first, those without one last."""
    done: Sequence[Item]
    """The newest first."""

    @property
    def overdue(self) -> int:
        return sum(item.is_overdue for item in self.open)

    @property
    def soon(self) -> int:
        return sum(item.is_due_soon for item in self.open)


def assigned_to(organization: Organization, learner_id: int, *, now: datetime) -> Assigned:
    """Return what is assigned to the learner, open and completed; closed ones are nothing to them any more."""
    rows = LearnerAssignment.objects.filter(organization_id=organization.pk, learner_id=learner_id)
    still_open = list(rows.filter(state=AssignmentState.OPEN))
    done = list(rows.filter(state=AssignmentState.COMPLETED).order_by("-until")[:MOST_DONE])
    items = _items(organization, learner_id, [*still_open, *done], now)
    due = [items[row.assignment_id] for row in sorted(still_open, key=_urgency) if row.assignment_id in items]
    return Assigned(due, [items[row.assignment_id] for row in done if row.assignment_id in items])


def to_continue(organization: Organization, learner_id: int, *, most: int, now: datetime) -> list[Item]:
    """Return what the learner has begun and not completed, what they did last first."""
    begun = Progress.objects.filter(
        organization_id=organization.pk, learner_id=learner_id, started_at__isnull=False, completed_at=None
    )
    rows = list(
        begun.filter(content_id__in=visible_content(organization.pk, learner_id).values("id")).order_by("-last_at")[
            :most
        ]
    )
    contents = visible_by_id(organization.pk, learner_id, [row.content_id for row in rows])
    return [Item(contents[row.content_id], row, today=day_of(now, organization)) for row in rows]


def items_of(organization: Organization, learner_id: int, contents: Iterable[Content], *, now: datetime) -> list[Item]:
    """Return content with where the learner stands with each, in the same order."""
    wanted = list(contents)
    mine = {"organization_id": organization.pk, "learner_id": learner_id, "content_id__in": [one.pk for one in wanted]}
    progress = {row.content_id: row for row in Progress.objects.filter(**mine)}
    rows = LearnerAssignment.objects.filter(**mine).exclude(state=AssignmentState.CLOSED)
    assigned: dict[int, LearnerAssignment] = {}
    for row in sorted(rows, key=_urgency):
        assigned.setdefault(row.content_id, row)
    notes = _notes(organization.pk, assigned.values())
    today = day_of(now, organization)
    return [Item(one, progress.get(one.pk), assigned.get(one.pk), notes.get(one.pk, ""), today) for one in wanted]


def parts_of(organization: Organization, learner_id: int, whole: Content, *, now: datetime) -> list[Item]:
    """Return the parts of a path or collection that the learner sees, in order."""
    if whole.kind == ContentKind.COURSE:
        return []
    parts = ContentPart.objects.filter(organization_id=organization.pk, whole_id=whole.pk).order_by("position")
    ids = list(parts.values_list("part_id", flat=True))
    seen = visible_by_id(organization.pk, learner_id, ids)
    return items_of(organization, learner_id, [seen[one] for one in ids if one in seen], now=now)


def _urgency(row: LearnerAssignment) -> tuple[bool, date]:
    """Sort open ones before completed ones, and what is due first before the rest."""
    return row.state != AssignmentState.OPEN, row.due_on or date.max


def _items(
    organization: Organization, learner_id: int, rows: Sequence[LearnerAssignment], now: datetime
) -> dict[int, Item]:
    mine = {"organization_id": organization.pk}
    ids = {row.content_id for row in rows}
    contents = Content.objects.filter(**mine).in_bulk(ids)
    known = Progress.objects.filter(**mine, learner_id=learner_id, content_id__in=ids)
    progress = {row.content_id: row for row in known}
    notes = dict(
        Assignment.objects.filter(**mine, id__in=[row.assignment_id for row in rows]).values_list("id", "note")
    )
    today = day_of(now, organization)
    return {
        row.assignment_id: Item(
            contents[row.content_id], progress.get(row.content_id), row, notes.get(row.assignment_id, ""), today
        )
        for row in rows
        if row.content_id in contents
    }


def _notes(organization_id: int, rows: Iterable[LearnerAssignment]) -> dict[int, str]:
    by_assignment = {row.assignment_id: row.content_id for row in rows}
    found = Assignment.objects.filter(organization_id=organization_id, id__in=by_assignment)
    return {by_assignment[one.pk]: one.note for one in found}
