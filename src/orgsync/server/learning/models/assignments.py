"""What people are to learn: what an admin assigns to whom, and what each person has got by it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from orgsync.server.orgs.models import Account, Organization


class AudienceKind(models.TextChoices):
    """Whom an assignment reaches. Mirrors `core.assigning`."""

    EVERYBODY = "everybody"
    GROUP = "group"
    PERSON = "person"
    ATTRIBUTE = "attribute"
    """Whoever has a value of an attribute."""


class DueKind(models.TextChoices):
    """From which day on it is overdue. Mirrors `core.assigning`."""

    NEVER = "never"
    ON_DATE = "on_date"
    AFTER_START = "after_start"
    """Days after the person's start date; without one, after it reached the person."""
    AFTER_REACHING = "after_reaching"
    """Days after it reached the person."""


class Assignment(models.Model):
    """Content that an admin assigns to an audience; whoever comes into the audience gets it.

    It is in force from when its job is applied (`begun_at`) until a job ends it (`ended_at`).
    """

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    content_id = models.BigIntegerField()
    audience = models.TextField(choices=AudienceKind.choices)
    group_id = models.BigIntegerField(null=True, blank=True)
    learner_id = models.BigIntegerField(null=True, blank=True)
    former_learner_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    """The records that it was made for before merges moved it, the latest last: an undo moves it back."""
    attribute = models.TextField(default="", blank=True)
    """Name of the attribute, custom ones with their prefix; empty for another audience."""
    value = models.TextField(default="", blank=True)
    """The value as written; compared folded."""
    due = models.TextField(choices=DueKind.choices, default=DueKind.NEVER)
    due_on = models.DateField(null=True, blank=True)
    due_days = models.PositiveSmallIntegerField(null=True, blank=True)
    reminder_days = models.JSONField(default=list, blank=True)
    """How many days before the due day people are reminded, the largest number first."""
    note = models.TextField(default="", blank=True)
    """What people are told about it."""
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    begun_at = models.DateTimeField(null=True, blank=True)
    """Null while nobody has confirmed what it would do."""
    ended_at = models.DateTimeField(null=True, blank=True)
    """Since when it reaches nobody more; what was open by it is closed, what is completed stays."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "content_id"], name="assignment_by_content"),
            models.Index(fields=["organization", "group_id"], name="assignment_by_group"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"


class JobAssignment(models.Model):
    """An assignment that a job lets begin, or ends."""

    organization_id = models.BigIntegerField()
    job_id = models.BigIntegerField()
    assignment_id = models.BigIntegerField()
    begins = models.BooleanField()

    pk = models.CompositePrimaryKey("organization_id", "job_id", "assignment_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "assignment_id"], name="job_by_assignment")]


class AssignmentState(models.TextChoices):
    """Where a person stands with an assignment. Mirrors `core.assigning`."""

    OPEN = "open"
    COMPLETED = "completed"
    CLOSED = "closed"
    """The person left the audience or the company, or the assignment ended, before it was completed."""


class LearnerAssignment(models.Model):
    """An assignment that has reached a person. Overdue: open, and `due_on` is past."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    assignment_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    """That of the assignment."""
    state = models.TextField(choices=AssignmentState.choices)
    since = models.DateTimeField()
    """When it reached the person, the last time."""
    since_job_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    """The last day on which it is in time."""
    reminded_days = models.SmallIntegerField(null=True)
    """How many days before the due day the last reminder was for; null: none was sent."""
    until = models.DateTimeField(null=True)
    """When it was completed or closed; null while it is open."""
    until_job_id = models.BigIntegerField(null=True)
    """The job that closed it; null where the person completed it, closed since or not."""

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "assignment_id")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "assignment_id", "state"], name="learner_assignment_by_one"),
            models.Index(fields=["organization_id", "content_id", "state"], name="learner_assignment_by_content"),
            models.Index(
                fields=["organization_id", "due_on"],
                condition=models.Q(state="open", due_on__isnull=False),
                name="learner_assignment_due",
            ),
        ]


class PastLearnerAssignment(models.Model):
    """A span in which an assignment was open for a person, ended by closing it, and followed by another."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    assignment_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    since = models.DateTimeField()
    since_job_id = models.BigIntegerField(null=True)
    due_on = models.DateField(null=True)
    until = models.DateTimeField()
    until_job_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "assignment_id", "until")
