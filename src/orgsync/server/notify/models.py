"""The outbox: one row for each job, kind and recipient, written in the transaction that makes it necessary."""

from django.db import models

from orgsync.server.orgs.models import Organization


class OutboxMail(models.Model):
    """A mail to be sent once; the Message-ID is fixed when the row is written."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    job_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=32)
    recipient = models.TextField()
    subject = models.TextField()
    body = models.TextField()
    message_id = models.TextField()
    attachment = models.BigIntegerField(null=True)
    """Id of the media to attach, where the organization wants that."""
    unsubscribe = models.TextField(blank=True, default="", db_default="")
    """Address that stops such mails for the recipient by one POST; empty for a mail that is not to be stopped."""
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "job_id", "kind", "recipient"], name="mail_once"),
        ]
        indexes = [
            models.Index(fields=["organization", "id"], condition=models.Q(sent_at=None), name="mail_unsent"),
            models.Index(fields=["organization", "-id"], name="mail_newest"),
        ]

    def __str__(self) -> str:
        return self.message_id
