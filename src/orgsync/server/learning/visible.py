"""Which content a learner sees: what is offered to everybody or to a group of theirs, and what they are to learn."""

from collections.abc import Iterable
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from orgsync.server.directory.models import Membership
from orgsync.server.learning.models import AssignmentState, Audience, Content, ContentPart, LearnerAssignment

SEES: Final = """
    content.archived_at IS NULL
    AND (NOT EXISTS (SELECT FROM learning_audience AS audience
                      WHERE audience.organization_id = %(organization)s AND audience.content_id = content.id)
         OR EXISTS (SELECT FROM learning_audience AS audience JOIN directory_membership AS member
                        ON member.organization_id = %(organization)s AND member.group_id = audience.group_id
                     WHERE audience.organization_id = %(organization)s AND audience.content_id = content.id
                       AND member.learner_id = {reader})
         OR EXISTS (SELECT FROM learning_learnerassignment AS assigned
                     WHERE assigned.organization_id = %(organization)s AND assigned.learner_id = {reader}
                       AND assigned.content_id = content.id AND assigned.state <> 'closed'))
"""
"""The same for many readers at once: whether `{reader}`, a learner's id, sees the row `content`, save parts."""


def visible_content(organization_id: int, learner_id: int) -> QuerySet[Content]:
    """
    Return what a learner sees: never archived content, nor what is curated for others.

    What is assigned to somebody they see whatever its audience, and so they see its parts.
    """
    mine = {"organization_id": organization_id}
    audience = Audience.objects.filter(**mine, content_id=OuterRef("id"))
    groups = Membership.objects.filter(**mine, learner_id=learner_id).values("group_id")
    assigned = LearnerAssignment.objects.filter(**mine, learner_id=learner_id).exclude(state=AssignmentState.CLOSED)
    wholes = ContentPart.objects.filter(**mine, part_id=OuterRef("id"), whole_id__in=assigned.values("content_id"))
    return Content.objects.filter(
        ~Exists(audience)
        | Exists(audience.filter(group_id__in=groups))
        | Exists(assigned.filter(content_id=OuterRef("id")))
        | Exists(wholes),
        Q(archived_at=None),
        **mine,
    )


def visible_by_id(organization_id: int, learner_id: int, ids: Iterable[int]) -> dict[int, Content]:
    """Return those of the content that the learner sees, by id."""
    return {one.pk: one for one in visible_content(organization_id, learner_id).filter(id__in=set(ids))}
