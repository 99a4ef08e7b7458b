"""xAPI statements as they came."""

from typing import ClassVar

from django.db import models

from orgsync.server.orgs.models import Organization


class Statement(models.Model):
    """One statement; never changed. What it counts for is the activity of the same id."""

    organization_id = models.BigIntegerField()
    id = models.UUIDField()
    stored_at = models.DateTimeField()
    statement = models.JSONField()
    """As it came, with id, stored, timestamp, authority and version."""
    digest = models.BinaryField()
    """SHA-256 of what the sender said, by which a different statement under the same id is told."""
    actor = models.TextField()
    """`core.xapi.meaning.actor_key`."""
    person_key = models.TextField(blank=True)
    """The address or account name of a person; empty where the statement names none."""
    verb = models.TextField()
    activity = models.TextField(blank=True)
    """Id of the object; empty where that is a person or a whole statement."""
    registration = models.UUIDField(null=True)
    refers = models.UUIDField(null=True)
    """The statement that is its object."""
    voids = models.UUIDField(null=True)
    """The statement that this one takes back."""
    voided = models.BooleanField(default=False)
    learner_id = models.BigIntegerField(null=True)
    """Whose it is; null as long as nobody of the directory is known by what it says."""
    token_id = models.BigIntegerField()
    """Whose word it is."""

    pk = models.CompositePrimaryKey("organization_id", "id")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "stored_at", "id"], name="statement_by_time"),
            models.Index(fields=["organization_id", "learner_id"], name="statement_by_learner"),
            models.Index(fields=["organization_id", "actor", "stored_at"], name="statement_by_actor"),
            models.Index(fields=["organization_id", "activity", "stored_at"], name="statement_by_activity"),
            models.Index(
                fields=["organization_id", "person_key"],
                condition=models.Q(learner_id__isnull=True),
                name="statement_unclaimed",
            ),
            models.Index(
                fields=["organization_id", "refers"],
                condition=models.Q(refers__isnull=False),
                name="statement_referring",
            ),
            models.Index(
                fields=["organization_id", "voids"], condition=models.Q(voids__isnull=False), name="statement_voiding"
            ),
        ]


class Attachment(models.Model):
    """Bytes that a statement was sent with. They go with it: the database sees to that."""

    organization_id = models.BigIntegerField()
    statement_id = models.UUIDField()
    sha2 = models.TextField()
    """As statements name them: SHA-256 in small hexadecimal digits."""
    content_type = models.TextField()
    content = models.BinaryField()

    pk = models.CompositePrimaryKey("organization_id", "statement_id", "sha2")


class Document(models.Model):
    """What a platform keeps of an activity, of an agent, or of both: we only give it back."""

    organization_id = models.BigIntegerField()
    id = models.BinaryField()
    """SHA-256 of the place, the registration and the name: these may be longer than an index holds."""
    place = models.BinaryField()
    """SHA-256 of the resource, the activity and the agent."""
    registration = models.UUIDField(null=True)
    name = models.TextField()
    """The stateId or profileId."""
    content_type = models.TextField()
    content = models.BinaryField()
    stored_at = models.DateTimeField()
    person_key = models.TextField(blank=True)
    """As in `Statement`."""
    learner_id = models.BigIntegerField(null=True)
    """Whose it is, where that was known when it was stored."""

    pk = models.CompositePrimaryKey("organization_id", "id")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "place", "stored_at"], name="document_by_place"),
            models.Index(fields=["organization_id", "learner_id"], name="document_by_learner"),
            models.Index(fields=["organization_id", "person_key"], name="document_by_person"),
        ]


class ActivityImport(models.Model):
    """A file of activity that somebody looks at before it is recorded; it is gone then, or a day later."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    file_name = models.TextField()
    source = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "made_at"], name="activity_import_by_time")]

    def __str__(self) -> str:
        return self.file_name
