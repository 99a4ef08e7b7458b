"""What is assigned to a group or a person, as their own pages show it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from orgsync.server.directory.models import Group, Learner
from orgsync.server.directory.timeline import Fact, Moment, Subject
from orgsync.server.learning.models import AssignmentState
from orgsync.server.learning.queries_assignments import (
    AssignedContent,
    AssignmentLine,
    assigned_titles,
    assigned_to,
    assignments_seen,
    lines_of,
)
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.timelinewords import Entry, Line, Names, entry_of, ids_of

MOST: Final = 50


def courses_of_group(organization: Organization, group: Group, people: People) -> list[AssignmentLine]:
    """Return the assignments in force to the group, with how those of its people stand whom the asker may see."""
    found = assignments_seen(organization.pk, people).filter(group_id=group.pk, ended_at=None)[:MOST]
    return lines_of(organization.pk, list(found), today=day_of(timezone.now(), organization), within=people)


def courses_of_learner(organization: Organization, learner: Learner) -> Sequence[AssignedContent]:
    """Return what is assigned to the learner, and how far they are."""
    return assigned_to(organization.pk, learner.id, today=day_of(timezone.now(), organization))[:MOST]


def entries_of(
    learner: Learner, moments: Sequence[Moment], names: Names, is_undoable: Callable[[UploadJob], bool]
) -> list[Entry]:
    """Return the moments of a timeline in words, those about assignments included."""
    facts = [fact for moment in moments for fact in moment.facts]
    titles = assigned_titles(learner.organization_id, ids_of(facts, Subject.ASSIGNMENT))
    return [_entry(moment, names, titles, is_undoable) for moment in moments]


def _entry(moment: Moment, names: Names, titles: Mapping[int, str], is_undoable: Callable[[UploadJob], bool]) -> Entry:
    others = [fact for fact in moment.facts if fact.subject is not Subject.ASSIGNMENT]
    entry = entry_of(replace(moment, facts=others), names, is_undoable)
    lines = [_line(fact, titles) for fact in moment.facts if fact.subject is Subject.ASSIGNMENT]
    completed = [fact for fact in moment.facts if fact.after == AssignmentState.COMPLETED]
    is_learned = moment.job_id is None and len(completed) == len(moment.facts)
    return replace(entry, lines=[*entry.lines, *lines], is_learned=is_learned)


def _line(fact: Fact, titles: Mapping[int, str]) -> Line:
    before, after = (None if side is None else AssignmentState(str(side)).label for side in (fact.before, fact.after))
    return Line(titles.get(int(fact.name), _("a course that is gone")), before, after, None, fact.subject)
