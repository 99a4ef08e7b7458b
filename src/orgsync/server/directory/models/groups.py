"""Groups and memberships. A membership knows why it is there."""

from enum import IntFlag

from django.db import models

from orgsync.server.orgs.models import Organization


class Reason(IntFlag):
    """Why a learner is in a group; they stay in while one reason stands. Mirrors `core.directory`."""

    FILE = 1
    HAND = 2
    RULE = 4
    SCIM = 8


class Group(models.Model):
    """A named set of learners; names are compared by their folded key and shown as first written."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    name = models.TextField()
    name_key = models.TextField(db_collation="C")
    is_rule = models.BooleanField(default=False)
    rule = models.JSONField(null=True, blank=True)
    """The condition tree of a rule group (`core.grouprules`); null for a group by hand or by file."""
    created_at = models.DateTimeField()
    created_job_id = models.BigIntegerField(null=True)
    external_id = models.TextField(blank=True, default="", db_default="")
    """What an identity provider calls it (SCIM's externalId)."""
    renamed_at = models.DateTimeField(null=True, blank=True)
    """When it last got another name; null while it has its first one."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name_key"], name="group_name")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A learner in a group, for the reasons in the bit mask (`Reason`)."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    group_id = models.BigIntegerField()
    reasons = models.SmallIntegerField()
    since = models.DateTimeField()
    since_job_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "group_id")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "group_id"], name="membership_by_group")]


class PastMembership(models.Model):
    """A span of membership (or of one set of reasons) that has ended."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    group_id = models.BigIntegerField()
    reasons = models.SmallIntegerField()
    since = models.DateTimeField()
    since_job_id = models.BigIntegerField(null=True)
    until = models.DateTimeField()
    until_job_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "group_id", "until")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "until_job_id"], name="past_membership_by_job")]
