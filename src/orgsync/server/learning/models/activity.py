"""What people did, and how far they are."""

from typing import ClassVar

from django.db import models


class Verb(models.TextChoices):
    """What a person did with content."""

    VIEWED = "viewed"
    """Opened it, or learned for some seconds."""
    PROGRESSED = "progressed"
    COMPLETED = "completed"
    LIKED = "liked"
    UNLIKED = "unliked"
    SHARED = "shared"


class Source(models.TextChoices):
    """Where we know it from."""

    PAGE = "page"
    XAPI = "xapi"
    FILE = "file"


class Activity(models.Model):
    """One thing that a person did. Written once under its id, never changed; a voided one counts no longer."""

    organization_id = models.BigIntegerField()
    id = models.UUIDField()
    """The statement's id where another system made it."""
    learner_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    verb = models.TextField(choices=Verb.choices)
    at = models.DateTimeField()
    """When the person did it."""
    day = models.DateField()
    """The day of `at` in the organization's time zone: reports count by it."""
    seconds = models.PositiveIntegerField(default=0)
    """How long the person learned with it."""
    percent = models.PositiveSmallIntegerField(null=True)
    """How far the person was then, 0 to 100; null where nobody said."""
    source = models.TextField(choices=Source.choices)
    stored_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "id")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "learner_id", "at"], name="activity_by_learner"),
            models.Index(fields=["organization_id", "content_id", "at"], name="activity_by_content"),
        ]


class Progress(models.Model):
    """Where a person stands with content: the sum of what they did."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    started_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
    percent = models.PositiveSmallIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    completed_at = models.DateTimeField(null=True)
    """The first time."""
    liked_at = models.DateTimeField(null=True)
    """Null while the person does not like it."""

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "content_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "content_id"], name="progress_by_content")]
