"""Learners, their custom attributes, permissions and the log of what changed."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from orgsync.server.orgs.models import Organization


class Learner(models.Model):
    """A person who may learn. Ids count within the organization; a value that is missing is NULL."""

    organization_id = models.BigIntegerField()
    id = models.BigIntegerField()
    version = models.BigIntegerField(
        db_default=models.expressions.RawSQL("pg_current_xact_id()::text::bigint", []), editable=False
    )
    """Number of the last transaction that touched this person in any table; kept by default and triggers."""
    is_active = models.BooleanField(default=True)
    is_protected = models.BooleanField(default=False)

    primary_email_address = models.TextField()
    email_key = models.TextField(null=True, db_collation="C")
    """The folded address; null only inside a transaction that moves addresses."""
    unique_user_id = models.TextField(null=True, db_collation="C")

    preferred_first_name = models.TextField(null=True)
    preferred_last_name = models.TextField(null=True)
    work_title = models.TextField(null=True)
    department_name = models.TextField(null=True)
    job_function = models.TextField(null=True)
    job_level = models.TextField(null=True)
    worker_type = models.TextField(null=True)
    worker_status = models.TextField(null=True)
    start_date = models.DateField(null=True)
    end_date = models.DateField(null=True)
    country_code = models.TextField(null=True)
    work_phone_number = models.TextField(null=True)
    mobile_phone_number = models.TextField(null=True)
    profile_description = models.TextField(null=True)
    first_name_key = models.TextField(db_default="", db_collation="C")
    """The folded preferred first name, by which people are found and sorted; empty without one."""
    last_name_key = models.TextField(db_default="", db_collation="C")
    custom = models.JSONField(default=dict)
    """Custom attributes by their header (`attribute_…`); a missing one is absent."""

    manager_id = models.BigIntegerField(null=True)
    pending_manager_id = models.TextField(null=True)
    """Unique user id of a manager who is not known yet."""
    pending_manager_email = models.TextField(null=True)
    """Folded address of a manager who is not known yet."""

    created_at = models.DateTimeField()
    created_job_id = models.BigIntegerField(null=True)
    created_row = models.BigIntegerField(null=True)
    deactivated_at = models.DateTimeField(null=True)
    anonymized_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    """When the last transaction began that touched this person in any table; kept with `version`."""

    pk = models.CompositePrimaryKey("organization_id", "id")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "email_key"], name="learner_email"),
            models.UniqueConstraint(fields=["organization_id", "unique_user_id"], name="learner_unique_user_id"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "last_name_key", "first_name_key", "id"], name="learner_by_name"),
            models.Index(fields=["organization_id", "first_name_key"], name="learner_by_first_name"),
            models.Index(fields=["organization_id", "changed_at", "id"], name="learner_by_change"),
            models.Index(fields=["organization_id", "department_name"], name="learner_by_department"),
            models.Index(
                fields=["organization_id", "manager_id"],
                condition=models.Q(manager_id__isnull=False),
                name="learner_by_manager",
            ),
            models.Index(
                fields=["organization_id", "end_date"],
                condition=models.Q(end_date__isnull=False),
                name="learner_by_end_date",
            ),
            models.Index(
                fields=["organization_id", "last_name_key", "first_name_key", "id"],
                condition=models.Q(is_active=False),
                name="learner_inactive",
            ),
            models.Index(
                fields=["organization_id", "id"],
                condition=models.Q(pending_manager_id__isnull=False) | models.Q(pending_manager_email__isnull=False),
                name="learner_pending_manager",
            ),
        ]

    def __str__(self) -> str:
        return f"learner {self.id}"


class CustomAttribute(models.Model):
    """An attribute that an organization named; made by its first appearance in a file."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    name = models.TextField()
    """The header, `attribute_…`."""
    created_at = models.DateTimeField()
    created_job_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="custom_attribute_name")]

    def __str__(self) -> str:
        return self.name


class PermissionGrant(models.Model):
    """One permission of a learner who helps to administer; `scope` is `yes` or `group:A,group:B`."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    permission = models.TextField()
    scope = models.TextField()

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "permission")


class LearnerChange(models.Model):
    """One attribute of one learner, before and after: what timeline, undo and "as of" read.

    A creation has no entry (`Learner.created_*` says it), and neither has a no-op. Memberships and licenses are
    rows with from and until of their own.
    """

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    id = models.BigIntegerField(db_default=models.expressions.RawSQL("nextval('directory_learnerchange_id')", []))
    at = models.DateTimeField()
    job_id = models.BigIntegerField(null=True)
    row_number = models.BigIntegerField(null=True)
    attribute = models.TextField()
    """Attribute name, or `status`, `primary_email_address`, `unique_user_id`, `manager`, a permission."""
    before = models.TextField(null=True)
    after = models.TextField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "id")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "job_id"], name="learner_change_by_job")]


class Override(models.Model):
    """Something of a learner that a person decided and that files leave alone until it is lifted.

    `target` is an attribute name, `group:<group id>` (not a member, whatever files say) or `license:<pool id>`.
    """

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    target = models.TextField()
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    """Account that decided it."""

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "target")


class Erasure(models.Model):
    """The receipt of an erased person; holds nothing personal."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    learner_id = models.BigIntegerField()
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    """What was removed: rows by kind, files by kind."""
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "learner_id"], name="erased_once")]

    def __str__(self) -> str:
        return f"erasure of learner {self.learner_id}"


class Tombstone(models.Model):
    """Keyed hash of a key (address or id) of an erased person: a file that names it creates nobody."""

    organization_id = models.BigIntegerField()
    key_hash = models.BinaryField()
    erasure_id = models.BigIntegerField()

    pk = models.CompositePrimaryKey("organization_id", "key_hash")


class NotDuplicate(models.Model):
    """Two learners whom a person has marked as different; the lower id comes first."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    other_id = models.BigIntegerField()
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "other_id")
