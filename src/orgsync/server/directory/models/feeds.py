"""Feeds, and which of them claims whom."""

from django.db import models

from orgsync.core.model import Mode, RowPolicy
from orgsync.server.orgs.models import Organization


class Feed(models.Model):
    """A named origin of changes: owns mode, row policy, guard overrides, claims and fingerprints."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    name = models.TextField()
    mode = models.CharField(max_length=16, choices=[(mode, mode) for mode in Mode], default=Mode.CHANGES)
    rows = models.CharField(max_length=16, choices=[(p, p) for p in RowPolicy], default=RowPolicy.GOOD_ROWS)
    rank = models.PositiveIntegerField(default=0)
    """Place in the organization's order; the lower number wins where feeds disagree."""
    guards = models.JSONField(default=dict, blank=True)
    """Overrides by guard kind: {"leavers": {"number": 50, "percent": 10, "cap": 2000}}."""
    is_paused = models.BooleanField(default=False)
    holds_next = models.BooleanField(default=False)
    """Set by an undo: the next job is held until a person releases the feed."""
    created_at = models.DateTimeField(auto_now_add=True)

    last_fields = models.JSONField(default=list, blank=True)
    """Fields of the last applied full file: a full file that lacks one is held."""
    last_rows = models.PositiveIntegerField(null=True, blank=True)
    """Data rows of the last applied full file; null before the first."""
    last_applied_at = models.DateTimeField(null=True, blank=True)
    last_fill = models.JSONField(default=dict, blank=True)
    """Share of filled cells by field, 0 to 1, of the last applied full file."""
    named_fields = models.JSONField(default=list, blank=True)
    """What applied files of the feed have had columns for: attributes, `primary_email_address`, `unique_user_id`,
    `manager`. It is what the feed speaks for where feeds disagree."""
    last_content_sha256 = models.BinaryField(null=True, blank=True)
    """Of the last applied file, without its last line end."""
    last_epoch = models.BigIntegerField(null=True, blank=True)
    last_revision = models.BigIntegerField(null=True, blank=True)
    """Revision of the directory right after that file."""
    missing_files = models.PositiveSmallIntegerField(default=1)
    """In how many full files in a row a person must be missing to leave."""
    late_after_hours = models.PositiveSmallIntegerField(default=26)
    """Hours without a file after which the admins are told; 0: never."""
    told_late_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="feed_name")]

    def __str__(self) -> str:
        return self.name


class Claim(models.Model):
    """A feed's statement that it manages a learner, with what it last said of them.

    The fingerprint counts only while `version` and `epoch` are as stored; null when the row must be compared
    every time (a row with an issue, a pending manager, a place on a waiting list).
    """

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    feed_id = models.BigIntegerField()
    fingerprint = models.BigIntegerField(null=True)
    version = models.BigIntegerField(null=True)
    epoch = models.BigIntegerField(null=True)
    since = models.DateTimeField(null=True)
    since_job_id = models.BigIntegerField(null=True)
    missed = models.SmallIntegerField(db_default=0)
    """Full files in a row that were silent on the person."""

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "feed_id")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "feed_id"], name="claim_by_feed")]


class PastClaim(models.Model):
    """A span of a claim that has ended."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    feed_id = models.BigIntegerField()
    since = models.DateTimeField(null=True)
    since_job_id = models.BigIntegerField(null=True)
    until = models.DateTimeField()
    until_job_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "feed_id", "until")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "until_job_id"], name="past_claim_by_job")]
