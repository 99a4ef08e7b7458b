"""What pages ask about assignments: those of a content or a group, those of a person, and who stands how."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from orgsync.core.assigning import Audience, AudienceKind
from orgsync.core.columns import label_of
from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.directory.models import Group, Learner
from orgsync.server.directory.queries import PAGE_SIZE, people_in_order
from orgsync.server.directory.scope import learners_within, scope_condition
from orgsync.server.learning.models import (
    Assignment,
    AssignmentState,
    Content,
    ContentPart,
    LearnerAssignment,
    Progress,
)
from orgsync.server.learning.paging import cut
from orgsync.server.orgs.access import EVERYBODY, People

OPEN, OVERDUE, COMPLETED, CLOSED = "open", "overdue", "completed", "closed"
VIEWS: Final = (OPEN, OVERDUE, COMPLETED, CLOSED)
"""Overdue ones are open too."""
PEOPLE_COLUMNS: Final = (
    *("primary_email_address", "unique_user_id", "preferred_first_name", "preferred_last_name"),
    *("content", "state", "due_on", "since", "until"),
)
ASSIGNMENT_COLUMNS: Final = (
    *("assignment", "content", "audience", "whom", "due", "due_on", "due_days", "begun_at", "ended_at"),
    *("open", "overdue", "completed", "closed"),
)
_SLICE: Final = 10_000
_COUNTS: Final = """
    SELECT link.assignment_id,
           count(*) FILTER (WHERE link.state = 'open'),
           count(*) FILTER (WHERE link.state = 'open' AND link.due_on < %(today)s),
           count(*) FILTER (WHERE link.state = 'completed'),
           count(*) FILTER (WHERE link.state = 'closed')
      FROM learning_learnerassignment AS link {join}
     WHERE link.organization_id = %(organization)s AND link.assignment_id = ANY (%(assignments)s) {within}
     GROUP BY 1
"""
_JOIN: Final = """
      JOIN directory_learner AS learner
        ON learner.organization_id = link.organization_id AND learner.id = link.learner_id
"""


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """An assignment, in words, with how many people stand how."""

    assignment: Assignment
    title: str
    whom: str
    open: int = 0
    overdue: int = 0
    completed: int = 0
    closed: int = 0

    @property
    def is_in_force(self) -> bool:
        return self.assignment.begun_at is not None and self.assignment.ended_at is None


@dataclass(frozen=True, slots=True)
class AssignedContent:
    """What is assigned to a person, and how far they are."""

    link: LearnerAssignment
    content: Content
    percent: int
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class AssignmentPage:
    """Some assignments, the newest first; `after` and `before` are where the neighbouring pages start."""

    assignments: Sequence[Assignment]
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some of the people to whom something is assigned, by learner id; `after` is where the next page begins."""

    lines: Sequence[tuple[Learner, LearnerAssignment]]
    after: int | None = None
    before: int | None = None


def assigned_titles(organization_id: int, assignment_ids: Collection[int]) -> dict[int, str]:
    """Return what is assigned, by the assignment's id."""
    found = Assignment.objects.filter(organization_id=organization_id, id__in=assignment_ids)
    contents = dict(found.values_list("id", "content_id"))
    titles = dict(
        Content.objects.filter(organization_id=organization_id, id__in=set(contents.values())).values_list(
            "id", "title"
        )
    )
    return {number: titles[content] for number, content in contents.items() if content in titles}


def assignments_seen(organization_id: int, people: People) -> QuerySet[Assignment]:
    """Return the assignments that have begun and that somebody who sees these people may know of, newest first."""
    found = Assignment.objects.filter(organization_id=organization_id, begun_at__isnull=False)
    if not people.is_everybody:
        seen = learners_within(organization_id, people).values("id")
        of_groups = Q(group_id__in=people.group_ids, audience=AudienceKind.GROUP.value)
        found = found.filter(of_groups | Q(learner_id__in=seen, audience=AudienceKind.PERSON.value))
    return found.order_by("-begun_at", "-id")


def page_of_assignments(
    assignments: QuerySet[Assignment], *, after: int | None = None, before: int | None = None, size: int = PAGE_SIZE
) -> AssignmentPage:
    """Return a page of assignments, which are sorted by falling id."""
    is_back = before is not None
    if before is not None:
        assignments = assignments.filter(id__gt=before).order_by("id")
    elif after is not None:
        assignments = assignments.filter(id__lt=after)
    page = cut(list(assignments[: size + 1]), size, lambda one: one.pk, is_back=is_back, is_first=after is None)
    return AssignmentPage(page.rows, after=page.after, before=page.before)


def assignments_csv(
    organization_id: int, assignments: Sequence[Assignment], *, today: date, within: People
) -> Iterator[bytes]:
    """Yield the assignments with how many people stand how."""
    lines = lines_of(organization_id, assignments, today=today, within=within)
    yield from csv_file(ASSIGNMENT_COLUMNS, (_assignment_line(line) for line in lines))


def _assignment_line(line: AssignmentLine) -> tuple[object, ...]:
    one = line.assignment
    due = (one.due, one.due_on, one.due_days)
    counts = (line.open, line.overdue, line.completed, line.closed)
    return (one.pk, line.title, one.audience, line.whom, *due, one.begun_at, one.ended_at, *counts)


def lines_of(
    organization_id: int, assignments: Sequence[Assignment], *, today: date, within: People = EVERYBODY
) -> list[AssignmentLine]:
    """Return the assignments in words, with counts of the people within; two or three statements."""
    mine: dict[str, Any] = {"organization_id": organization_id}
    titles = assigned_titles(organization_id, [one.pk for one in assignments])
    groups = dict(
        Group.objects.filter(**mine, id__in=[one.group_id for one in assignments if one.group_id]).values_list(
            "id", "name"
        )
    )
    people = dict(
        Learner.objects.filter(**mine, id__in=[one.learner_id for one in assignments if one.learner_id]).values_list(
            "id", "primary_email_address"
        )
    )
    counts = _counts(organization_id, [one.pk for one in assignments], today=today, within=within)
    return [
        AssignmentLine(one, titles.get(one.pk, ""), _whom(one, groups, people), *counts.get(one.pk, ()))
        for one in assignments
    ]


def _whom(one: Assignment, groups: dict[int, str], people: dict[int, str]) -> str:
    audience = Audience(AudienceKind(one.audience), one.group_id, one.learner_id, one.attribute, one.value)
    if audience.kind is AudienceKind.PERSON:
        return people.get(one.learner_id or 0, "")
    if audience.kind is AudienceKind.ATTRIBUTE:
        return f"{label_of(one.attribute)}: {one.value}"
    return groups.get(one.group_id or 0, "") if audience.kind is AudienceKind.GROUP else audience.worded(groups)


def _counts(
    organization_id: int, assignment_ids: Sequence[int], *, today: date, within: People
) -> dict[int, tuple[int, ...]]:
    condition = scope_condition(organization_id, within)
    where, values = condition or ("true", [])
    names = {f"scope{place}": value for place, value in enumerate(values)}
    for name in names:
        where = where.replace("%s", f"%({name})s", 1)
    statement = _COUNTS.format(join=_JOIN if condition else "", within=f"AND {where}" if condition else "")
    asked = {"organization": organization_id, "assignments": list(assignment_ids), "today": today, **names}
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return {number: tuple(counts) for number, *counts in cursor.fetchall()}


def assigned_to(organization_id: int, learner_id: int, *, today: date) -> list[AssignedContent]:
    """Return what is assigned to a person: open ones by due day, then completed and closed ones, newest first."""
    mine: dict[str, Any] = {"organization_id": organization_id, "learner_id": learner_id}
    links = list(LearnerAssignment.objects.filter(**mine))
    contents = Content.objects.filter(organization_id=organization_id).in_bulk([link.content_id for link in links])
    percents = _percents(mine, list(contents))
    found = [
        AssignedContent(
            link,
            contents[link.content_id],
            percents.get(link.content_id, 0),
            link.state == AssignmentState.OPEN and link.due_on is not None and link.due_on < today,
        )
        for link in links
        if link.content_id in contents
    ]
    opened = [one for one in found if one.link.state == AssignmentState.OPEN]
    opened.sort(key=lambda one: (one.link.due_on or date.max, one.content.title_key))
    rest = [one for one in found if one.link.until is not None]
    rest.sort(key=lambda one: one.link.until, reverse=True)  # type: ignore[arg-type,return-value]  # none is None
    return [*opened, *rest]


def _percents(mine: dict[str, Any], content_ids: Sequence[int]) -> dict[int, int]:
    """Return how far a person is with content; with a path as far as with its parts on the whole."""
    parts: dict[int, list[int]] = {}
    of_wholes = ContentPart.objects.filter(organization_id=mine["organization_id"], whole_id__in=content_ids)
    for whole, part in of_wholes.values_list("whole_id", "part_id"):
        parts.setdefault(whole, []).append(part)
    known = dict(Progress.objects.filter(**mine).values_list("content_id", "percent"))
    wholes = {whole: sum(known.get(part, 0) for part in of_it) // len(of_it) for whole, of_it in parts.items()}
    return known | wholes


def links_of(
    organization_id: int, view: str, *, today: date, within: People, **which: int
) -> QuerySet[LearnerAssignment]:
    """Return who stands in the view (`VIEWS`) with a content or an assignment (`content_id=`, `assignment_id=`)."""
    state = OPEN if view == OVERDUE else view
    found = LearnerAssignment.objects.filter(organization_id=organization_id, state=state, **which)
    if view == OVERDUE:
        found = found.filter(due_on__lt=today)
    if not within.is_everybody:
        found = found.filter(learner_id__in=learners_within(organization_id, within).values("id"))
    return found


def page_of_people(
    organization_id: int,
    links: QuerySet[LearnerAssignment],
    *,
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> PeoplePage:
    """Return a page of people with how they stand, in the order in which they came into the directory.

    Where several assignments of one content have reached a person, each is a line, and they stay on one page.
    """
    is_back = before is not None
    places = links.values_list("learner_id", flat=True).distinct()
    if before is not None:
        places = places.filter(learner_id__lt=before)
    elif after is not None:
        places = places.filter(learner_id__gt=after)
    ids = list(places.order_by("-learner_id" if is_back else "learner_id")[: size + 1])
    page = cut(ids, size, lambda learner_id: learner_id, is_back=is_back, is_first=after is None)
    people = {one.id: one for one in people_in_order(organization_id, list(page.rows))}
    found = links.filter(learner_id__in=page.rows).order_by("learner_id", "assignment_id")
    lines = [(people[link.learner_id], link) for link in found if link.learner_id in people]
    return PeoplePage(lines, after=page.after, before=page.before)


def people_csv(organization_id: int, links: QuerySet[LearnerAssignment]) -> Iterator[bytes]:
    """Yield everybody of `links` with what is assigned to them and how they stand."""
    yield from csv_file(PEOPLE_COLUMNS, _people_lines(organization_id, links))


def _people_lines(organization_id: int, links: QuerySet[LearnerAssignment]) -> Iterator[Sequence[object]]:
    titles = dict(Content.objects.filter(organization_id=organization_id).values_list("id", "title"))
    after: int | None = 0
    while after is not None:
        page = page_of_people(organization_id, links, after=after, size=_SLICE)
        for one, link in page.lines:
            names = (one.preferred_first_name, one.preferred_last_name)
            stands = (titles.get(link.content_id), link.state, link.due_on, link.since, link.until)
            yield (one.primary_email_address, one.unique_user_id, *names, *stands)
        after = page.after
