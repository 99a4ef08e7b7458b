"""What people did, and how far they are."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
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
    PARTS = "parts"
    """Nobody told it: a path or a collection was completed with the last of its parts."""


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
    former_learner_ids = ArrayField(models.BigIntegerField(), null=True)
    """The records that it was told of before merges moved it, the latest last: an undo moves it back."""

    pk = models.CompositePrimaryKey("organization_id", "id")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "learner_id", "at"], name="activity_by_learner"),
            models.Index(fields=["organization_id", "content_id", "at"], name="activity_by_content"),
            models.Index(fields=["organization_id", "at"], name="activity_by_time"),
            models.Index(
                fields=["organization_id", "learner_id"],
                condition=models.Q(former_learner_ids__isnull=False),
                name="activity_moved",
            ),
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
    started_day = models.DateField(null=True)
    """The days of these three moments, as the activity has them: day sums count by them."""
    completed_day = models.DateField(null=True)
    liked_day = models.DateField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "content_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "content_id"], name="progress_by_content")]


class _Sum(models.Model):
    """What one person did in some time: what reports add up. Written with the activity, and never by anything else."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    views = models.IntegerField(default=0)
    """How often the person opened content."""
    seconds = models.BigIntegerField(default=0)
    """How long the person learned."""
    starts = models.IntegerField(default=0)
    """How many contents the person began: each counts once, on the first day."""
    completions = models.IntegerField(default=0)
    """How many contents the person completed: each counts once, on the day of the first time."""
    likes = models.IntegerField(default=0)
    """How many contents the person likes since that day; who takes a like back, takes it from here."""
    shares = models.IntegerField(default=0)
    """How often the person shared content."""

    class Meta:
        abstract = True


class DaySum(_Sum):
    """What one person did on one day."""

    day = models.DateField()

    pk = models.CompositePrimaryKey("organization_id", "day", "learner_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "learner_id", "day"], name="day_sum_by_learner")]


class MonthSum(_Sum):
    """The day sums of one person in one month: of many months there are fewer to add up."""

    month = models.DateField()
    """Its first day."""

    pk = models.CompositePrimaryKey("organization_id", "month", "learner_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "learner_id"], name="month_sum_by_learner")]
