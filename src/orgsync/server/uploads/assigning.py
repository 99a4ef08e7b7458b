"""Assign content and end that: each is a job by hand with plan, guards, approval and undo like any other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.errors import OrgSyncError
from orgsync.server.directory.models import CustomAttribute
from orgsync.server.directory.scope import groups_within, learner_within
from orgsync.server.learning.models import Assignment, Content, ContentKind
from orgsync.server.orgs.access import People, Permission, admin_of, people_for
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import tasks
from orgsync.server.uploads.assignmentjobs import keep_edits
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.nobodyjobs import insert_job_of_nobody

ASSIGNABLE: Final = (ContentKind.COURSE, ContentKind.PATH)
MOST_DAYS: Final = 3650
MOST_REMINDERS: Final = 5
NOTE_LENGTH: Final = 1000


class AssignmentRefused(OrgSyncError):
    """The assignment cannot be made or ended as asked; nothing was queued."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said with an assignment."""

    due: Due = field(default_factory=Due)
    reminder_days: Sequence[int] = ()
    """How many days before the due day people are reminded."""
    note: str = ""


def assign(
    organization: Organization,
    content: Content,
    audiences: Sequence[Audience],
    terms: Terms,
    *,
    by: Account,
    now: datetime,
    asks_first: bool = True,
) -> UploadJob:
    """
    Queue the job that assigns the content to the audiences, each as an assignment of its own.

    It reaches nobody until the job is applied; with `asks_first` a plan that reaches anybody waits for a confirmation.
    Raises AssignmentRefused for what cannot be assigned, for an audience that is not there, or that `by` may not
    assign to.
    """
    if not audiences:
        raise AssignmentRefused("Say to whom.")
    _check_content(organization, content)
    _check_terms(terms)
    people = _people_of(organization, by)
    for audience in audiences:
        _check_audience(organization, people, audience)
    with transaction.atomic():
        words = f"Assign {content.title}"
        job = insert_job_of_nobody(organization, words, by=by, now=now, asks_first=asks_first)
        made = Assignment.objects.bulk_create(
            _row(organization, content, audience, terms, by=by, now=now) for audience in audiences
        )
        keep_edits(job, {one.pk: True for one in made})
        tasks.enqueue(job)
    return job


def end_assignments(
    organization: Organization,
    assignments: Sequence[Assignment],
    *,
    by: Account,
    now: datetime,
    asks_first: bool = True,
) -> UploadJob:
    """
    Queue the job that ends the assignments: what is open by them is closed, what is completed stays.

    Raises AssignmentRefused when one is not in force, or reaches people to whom `by` may not assign.
    """
    people = _people_of(organization, by)
    for one in assignments:
        if one.begun_at is None or one.ended_at is not None:
            raise AssignmentRefused("The assignment is not in force.")
        check_may_assign(organization, people, audience_of(one))
    titles = Content.objects.filter(organization=organization, id__in=[one.content_id for one in assignments])
    words = f"End the assignment of {', '.join(titles.order_by('title_key').values_list('title', flat=True)[:3])}"
    with transaction.atomic():
        job = insert_job_of_nobody(organization, words, by=by, now=now, asks_first=asks_first)
        keep_edits(job, {one.pk: False for one in assignments})
        tasks.enqueue(job)
    return job


def audience_of(assignment: Assignment) -> Audience:
    """Return the audience as a value."""
    kind = AudienceKind(assignment.audience)
    return Audience(kind, assignment.group_id, assignment.learner_id, assignment.attribute, assignment.value)


def check_may_assign(organization: Organization, people: People, audience: Audience) -> None:
    """Raise AssignmentRefused where `people`, over whom one may assign, are not all that the audience may hold.

    Who is limited to groups is told of nothing outside of them: the refusal is the same as for what is not there.
    """
    match audience.kind:
        case AudienceKind.GROUP:
            known = groups_within(organization.pk, people).filter(id=audience.group_id or 0).exists()
            if not known or not (people.is_everybody or audience.group_id in (people.group_ids or ())):
                raise AssignmentRefused("There is no such group to which you may assign.")
        case AudienceKind.PERSON:
            if learner_within(organization.pk, people, audience.learner_id or 0) is None:
                raise AssignmentRefused("There is nobody such to whom you may assign.")
        case _:
            if not people.is_everybody:
                raise AssignmentRefused("You may assign to your groups and to their people.")


def _people_of(organization: Organization, by: Account) -> People:
    admin = admin_of(organization.pk, by)
    people = None if admin is None else people_for(admin, Permission.RECOMMEND_CONTENT)
    if people is None:
        raise AssignmentRefused(f"{by.email} may not assign content of {organization.name}.")
    return people


def _check_content(organization: Organization, content: Content) -> None:
    if content.organization_id != organization.pk or content.archived_at is not None:
        raise AssignmentRefused("What is archived cannot be assigned.")
    if content.kind not in ASSIGNABLE:
        raise AssignmentRefused("A collection only gathers: assign its courses and paths.")


def _check_terms(terms: Terms) -> None:
    if terms.due.kind is DueKind.ON_DATE and terms.due.on is None:
        raise AssignmentRefused("Say by which day.")
    if terms.due.kind in {DueKind.AFTER_START, DueKind.AFTER_REACHING} and not 1 <= terms.due.days <= MOST_DAYS:
        raise AssignmentRefused(f"Give 1 to {MOST_DAYS:,} days.")
    if len(terms.reminder_days) > MOST_REMINDERS or any(not 0 <= days <= 365 for days in terms.reminder_days):
        raise AssignmentRefused(f"Give at most {MOST_REMINDERS} reminders, 0 to 365 days before the due day.")
    if terms.reminder_days and terms.due.kind is DueKind.NEVER:
        raise AssignmentRefused("There is nothing to be reminded of without a due day.")
    if len(terms.note) > NOTE_LENGTH:
        raise AssignmentRefused(f"A note has at most {NOTE_LENGTH:,} characters.")


def _check_audience(organization: Organization, people: People, audience: Audience) -> None:
    check_may_assign(organization, people, audience)
    if audience.kind is AudienceKind.ATTRIBUTE:
        known = CustomAttribute.objects.filter(organization=organization, name=audience.attribute).exists()
        if not (known or audience.attribute in ATTRIBUTE_NAMES):
            raise AssignmentRefused(f"There is no attribute {audience.attribute}.")
        if not audience.value.strip():
            raise AssignmentRefused("Say which value.")


def _row(
    organization: Organization,
    content: Content,
    audience: Audience,
    terms: Terms,
    *,
    by: Account,
    now: datetime,
) -> Assignment:
    due = terms.due
    has_days = due.kind in {DueKind.AFTER_START, DueKind.AFTER_REACHING}
    return Assignment(
        organization=organization,
        content_id=content.pk,
        audience=audience.kind.value,
        group_id=audience.group_id,
        learner_id=audience.learner_id,
        attribute=audience.attribute,
        value=audience.value.strip(),
        due=due.kind.value,
        due_on=due.on if due.kind is DueKind.ON_DATE else None,
        due_days=due.days if has_days else None,
        reminder_days=sorted(set(terms.reminder_days), reverse=True),
        note=terms.note.strip(),
        made_at=now,
        made_by=by,
    )
