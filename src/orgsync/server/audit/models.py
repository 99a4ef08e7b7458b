"""The audit log: a chain of entries for each organization, its head, and the keys that veil people's values.

No foreign keys: what an entry names may be gone long before the entry is.
"""

from django.db import models


class AuditEntry(models.Model):
    """One thing that somebody did. Never changed; removed only from the old end, by retention."""

    organization_id = models.BigIntegerField()
    number = models.BigIntegerField()
    """Counts from 1 within the organization, without gaps."""
    at = models.DateTimeField()
    actor_kind = models.TextField()
    actor_id = models.BigIntegerField(null=True)
    action = models.TextField()
    ids = models.JSONField(default=dict)
    """Ids, codes, counts and names of attributes: never a value of a person."""
    veiled = models.JSONField(default=dict)
    """Values where they matter: attribute → HMAC under the key of the person whom `ids` names."""
    previous = models.BinaryField()
    """Hash of the entry before; empty for the first one."""
    hash = models.BinaryField()

    pk = models.CompositePrimaryKey("organization_id", "number")

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "at"], name="audit_entry_by_time"),
            models.Index(fields=["organization_id", "action", "number"], name="audit_entry_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditHead(models.Model):
    """Where an organization's chain begins and ends. Whoever appends locks this row first."""

    organization_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField(default=0)
    """Of the last entry."""
    hash = models.BinaryField(default=b"")
    """Of the last entry."""
    kept_from = models.BigIntegerField(default=1)
    """Number of the first entry that retention has kept: the checkpoint."""
    kept_after = models.BinaryField(default=b"")
    """Hash of the entry before that."""

    def __str__(self) -> str:
        return f"audit of organization {self.organization_id} to {self.number}"


class PersonKey(models.Model):
    """The key under which values of one person are veiled; erasing the person destroys it."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    key = models.BinaryField()

    pk = models.CompositePrimaryKey("organization_id", "learner_id")
