"""What is assigned to a group or a person, as their own pages show it."""

from collections.abc import Sequence
from typing import Final

from django.utils import timezone

from orgsync.server.directory.models import Group, Learner
from orgsync.server.learning.queries_assignments import (
    AssignedContent,
    AssignmentLine,
    assigned_to,
    assignments_seen,
    lines_of,
)
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of

MOST: Final = 50


def courses_of_group(organization: Organization, group: Group, people: People) -> list[AssignmentLine]:
    """Return the assignments in force to the group, with how those of its people stand whom the asker may see."""
    found = assignments_seen(organization.pk, people).filter(group_id=group.pk, ended_at=None)[:MOST]
    return lines_of(organization.pk, list(found), today=day_of(timezone.now(), organization), within=people)


def courses_of_learner(organization: Organization, learner: Learner) -> Sequence[AssignedContent]:
    """Return what is assigned to the learner, and how far they are."""
    return assigned_to(organization.pk, learner.id, today=day_of(timezone.now(), organization))[:MOST]
