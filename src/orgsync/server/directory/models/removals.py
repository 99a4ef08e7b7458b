"""What is no longer in the directory because its making was undone."""

from django.db import models


class RemovalKind(models.TextChoices):
    LEARNER = "learner"
    GROUP = "group"
    ATTRIBUTE = "attribute"


class Removal(models.Model):
    """A learner, group or custom attribute that an undo removed, as it was: what undoing the undo brings back.

    The log of a removed learner stays with it, so that the directory of a day on which they were there can be read.
    """

    organization_id = models.BigIntegerField()
    kind = models.TextField(choices=RemovalKind.choices)
    removed_id = models.BigIntegerField()
    """Id that the row had, and has again when it comes back."""
    at = models.DateTimeField()
    job_id = models.BigIntegerField(null=True)
    values = models.JSONField()
    """The row's columns by name."""

    pk = models.CompositePrimaryKey("organization_id", "kind", "removed_id", "at")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "job_id"], name="removal_by_job")]
