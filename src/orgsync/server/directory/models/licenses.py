"""License pools, who holds a seat, who waits."""

from django.db import models

from orgsync.server.orgs.models import Organization


class LicenseState(models.TextChoices):
    """Where a learner stands with a pool. No row: nothing was ever said."""

    ACTIVE = "active"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    """Granted, but waits for the person's start date; takes no seat."""
    DENIED = "denied"
    """Revoked by hand: files do not grant it again until that is lifted."""


class Pool(models.Model):
    """Budget group × license type, with its seats."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    key = models.TextField(db_collation="C")
    """The folded header: `[<budget group>_]license_<type>_status`."""
    name = models.TextField()
    seats = models.PositiveIntegerField(null=True, blank=True)
    """Null: without limit."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="pool_key")]

    def __str__(self) -> str:
        return self.name


class LicenseAssignment(models.Model):
    """A learner's standing in a pool."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    pool_id = models.BigIntegerField()
    state = models.TextField(choices=LicenseState.choices)
    is_by_hand = models.BooleanField(default=False)
    """Set by a person: a local override that files leave alone until it is lifted."""
    position = models.BigIntegerField(null=True)
    """Place on the waiting list; lower comes first."""
    since = models.DateTimeField()
    since_job_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "pool_id")

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "pool_id", "state"], name="license_by_pool"),
            # Few: no load writes any.
            models.Index(
                fields=["organization_id", "pool_id", "learner_id"],
                condition=models.Q(is_by_hand=True),
                name="license_by_hand",
            ),
        ]


class LearnerInvitation(models.Model):
    """That a learner was invited to use their license. It outlives the license: nobody is invited twice by a job."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    invited_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    """When the last mail was written."""
    sent_count = models.PositiveIntegerField(default=1)
    digest = models.BinaryField(null=True, unique=True)
    """SHA-256 of the key in the last mail's link; null once the person has left: the link opens nothing."""
    expires_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id")


class PastLicense(models.Model):
    """A span of a license state that has ended."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    pool_id = models.BigIntegerField()
    state = models.TextField(choices=LicenseState.choices)
    is_by_hand = models.BooleanField(default=False)
    position = models.BigIntegerField(null=True)
    since = models.DateTimeField()
    since_job_id = models.BigIntegerField(null=True)
    until = models.DateTimeField()
    until_job_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "pool_id", "until")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "until_job_id"], name="past_license_by_job")]
