"""Courses, learning paths and collections, and who sees them."""

from typing import ClassVar

from django.db import models

from orgsync.server.orgs.models import Account, Organization


class ContentKind(models.TextChoices):
    """A course is learned itself; a path is learned part by part, in order; a collection only gathers."""

    COURSE = "course"
    PATH = "path"
    COLLECTION = "collection"


class Content(models.Model):
    """A course, a learning path or a collection that an organization offers to its people."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    kind = models.TextField(choices=ContentKind.choices, default=ContentKind.COURSE)
    key = models.TextField(db_collation="C")
    """What the provider calls it, a URN or an address: xAPI statements, files and the API name it by this."""
    title = models.TextField()
    title_key = models.TextField(db_collation="C")
    """The folded title, by which it is found and sorted."""
    provider = models.TextField(default="", blank=True)
    url = models.TextField(default="", blank=True)
    description = models.TextField(default="", blank=True)
    language = models.TextField(default="", blank=True)
    """A BCP 47 tag; empty where nobody said."""
    level = models.TextField(default="", blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    """How long it takes; null where nobody said. A path takes what its parts take."""
    skills = models.JSONField(default=list, blank=True)
    """What one learns by it: short texts, as written."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    pool_id = models.BigIntegerField(null=True, blank=True)
    """The pool of which a person needs a license to learn it; null: nobody needs any."""
    archived_at = models.DateTimeField(null=True, blank=True)
    """Since when it is offered no longer; what people did with it stays."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "key"], name="content_key")]
        indexes: ClassVar = [models.Index(fields=["organization", "title_key", "id"], name="content_by_title")]

    def __str__(self) -> str:
        return self.title


class ContentPart(models.Model):
    """A part of a path or a collection."""

    organization_id = models.BigIntegerField()
    whole_id = models.BigIntegerField()
    position = models.PositiveIntegerField()
    """From 1."""
    part_id = models.BigIntegerField()

    pk = models.CompositePrimaryKey("organization_id", "whole_id", "position")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "part_id"], name="content_part_by_part")]


class Audience(models.Model):
    """A group whose people see the content. Content without any row is seen by everybody."""

    organization_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    group_id = models.BigIntegerField()

    pk = models.CompositePrimaryKey("organization_id", "content_id", "group_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "group_id"], name="audience_by_group")]


class ContentImport(models.Model):
    """A file of content that somebody looks at before it is applied; kept for a week at most."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    file_name = models.TextField()
    source = models.BinaryField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "made_at"], name="content_import_by_time")]

    def __str__(self) -> str:
        return self.file_name
