"""Reports that somebody keeps."""

from typing import ClassVar

from django.db import models

from orgsync.server.orgs.models import Account, Organization


class Rhythm(models.TextChoices):
    """How often a report goes out by mail."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"
    """On Mondays."""
    MONTHLY = "monthly"
    """On the first of the month."""


class SavedReport(models.Model):
    """A question with a name. It is asked anew each time, with the rights of whoever looks."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    owner = models.ForeignKey(Account, models.CASCADE, db_index=False)
    name = models.TextField()
    question = models.JSONField()
    """`reports.questions.to_json`."""
    is_shared = models.BooleanField(default=False)
    """Whether every admin who may see reports finds it in the list."""
    rhythm = models.TextField(choices=Rhythm.choices, default=Rhythm.NEVER)
    """Of the mail to its owner."""
    sent_on = models.DateField(null=True, blank=True)
    """The day of the last mail, in the organization's time zone."""
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "owner", "name"], name="saved_report_name")
        ]

    def __str__(self) -> str:
        return self.name
