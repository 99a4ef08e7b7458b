"""Webhooks: where an organization wants to be told of events, and each delivery."""

from typing import ClassVar

from django.db import models

from orgsync.server.orgs.models import Account, Organization


class Webhook(models.Model):
    """An address that is told of events."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    url = models.TextField()
    events = models.JSONField(default=list)
    secret = models.BinaryField()
    """Sealed; see `orgsync.server.sealing`."""
    old_secret = models.BinaryField(default=b"")
    """Signs beside the other one until `old_until`."""
    old_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True)
    """Of the first failure since the last success."""
    disabled_at = models.DateTimeField(null=True)
    """When the server switched it off by itself; null where a person did, or nobody."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "id"], name="webhook_of_organization")]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event on its way to one webhook. Holds no person's data."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, db_index=False)
    once = models.TextField()
    """What the event is about; of the same thing a webhook is told once."""
    message_id = models.TextField()
    """`webhook-id` on the wire: the same for every try and every replay, so that a receiver can tell."""
    event = models.TextField()
    body = models.TextField()
    """The exact text that is signed and sent."""
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    took_ms = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(default="")
    """The beginning of the last answer's body."""
    error = models.TextField(default="")
    """Why the last try failed; empty after a success."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "webhook", "once"], name="delivery_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "webhook", "-id"], name="delivery_newest")]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"
