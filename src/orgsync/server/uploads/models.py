"""Stored files and the jobs that process them."""

from django.db import models

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.models import AccessToken


class MediaKind(models.TextChoices):
    SOURCE = "source"
    RESULT = "result"
    PLAN = "plan"


class Media(models.Model):
    """A stored file and its public name; the row stays when retention removes the bytes."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    public_id = models.TextField(db_collation="C")
    """Unguessable letters, digits and dashes; the URN is made of it on the wire."""
    kind = models.CharField(max_length=16, choices=MediaKind.choices)
    feed = models.ForeignKey(Feed, models.CASCADE, db_index=False)
    token = models.ForeignKey(AccessToken, models.SET_NULL, null=True, db_index=False)
    file_name = models.TextField(blank=True, default="")
    storage_key = models.TextField()
    size = models.BigIntegerField()
    sha256 = models.BinaryField()
    """Of the stored bytes; checked when they are read."""
    content_sha256 = models.BinaryField()
    """Of the bytes without the last line end: what "the same file" is judged by."""
    sealed_key = models.BinaryField(null=True, blank=True)
    """The key that the stored bytes are encrypted with, wrapped by a master key (`filekeys`); None: they are plain."""
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    content_encoding = models.TextField(blank=True, default="")
    asked_mode = models.CharField(max_length=16, blank=True, default="")
    asked_rows = models.CharField(max_length=16, blank=True, default="")
    asked_dry_run = models.BooleanField(default=False)
    expected_rows = models.PositiveIntegerField(null=True, blank=True)
    """`X-Row-Count` of the upload."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "public_id"], name="media_public_id")]

    def __str__(self) -> str:
        return self.public_id


class IdempotencyKey(models.Model):
    """The answer to an upload that carried `Idempotency-Key`, kept for 24 hours."""

    organization_id = models.BigIntegerField()
    token_id = models.BigIntegerField()
    key = models.TextField()
    body_sha256 = models.BinaryField()
    media_public_id = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    pk = models.CompositePrimaryKey("organization_id", "token_id", "key")


class JobKind(models.TextChoices):
    """What a job processes."""

    FILE = "file"
    """A file that a feed sent; the only kind that makes and loses claims."""
    UNDO = "undo"
    """The inverse of `UploadJob.undoes`; its source is that job's."""
    EDIT = "edit"
    """Edits by people: one person, a bulk action, a merge. The source is a file made of them."""
    SWEEP = "sweep"
    """What the calendar brings: end dates, start dates, stages of leavers, unused licenses."""


class UploadJob(models.Model):
    """One processing of one source media. Statuses move only by `uploads/transitions.py`."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    public_id = models.BigIntegerField()
    """Random, below 2^53."""
    feed = models.ForeignKey(Feed, models.CASCADE, db_index=False)
    token = models.ForeignKey(AccessToken, models.SET_NULL, null=True, db_index=False)
    requested_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False, related_name="+")
    source = models.ForeignKey(Media, models.CASCADE, db_index=False, related_name="+")
    result = models.ForeignKey(Media, models.SET_NULL, null=True, db_index=False, related_name="+")
    plan = models.ForeignKey(Media, models.SET_NULL, null=True, db_index=False, related_name="+")

    kind = models.CharField(max_length=8, choices=JobKind.choices, default=JobKind.FILE)
    undoes = models.ForeignKey("self", models.SET_NULL, null=True, db_index=False, related_name="+")
    """The job whose effects this one takes back."""
    rest_of = models.ForeignKey("self", models.SET_NULL, null=True, db_index=False, related_name="+")
    """The job that applied the additions of the same file; this one holds what was left for later."""
    takes_nothing = models.BooleanField(default=False)
    """"Additions now": applies nothing that takes something away."""
    asks_first = models.BooleanField(default=False, db_default=False)
    """Of an edit: its plan is shown and waits for a word, however few people it moves."""
    scim = models.JSONField(null=True, blank=True)
    """Of what an identity provider asked for by SCIM; null for all else. Learner ids under `gives_up`, whom the feed
    claims no longer, and under `drops_ids`, who give up their unique user id."""
    chosen = models.JSONField(default=list, blank=True)
    """Learner ids to which an undo is limited; empty: everybody."""

    status = models.CharField(max_length=16, choices=[(s, s) for s in JobStatus], default=JobStatus.CREATED)
    is_automatic = models.BooleanField(default=False)
    mode = models.CharField(max_length=16, choices=[(m, m) for m in Mode])
    rows = models.CharField(max_length=16, choices=[(p, p) for p in RowPolicy])
    is_dry_run = models.BooleanField(default=False)

    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.TextField(blank=True, default="")
    """Application name of the database sessions of the process that runs it."""
    phase = models.CharField(max_length=16, blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    read_ms = models.PositiveIntegerField(null=True, blank=True)
    """Milliseconds that the last finished attempt took to read and check the file; null: it had no such phase."""
    plan_ms = models.PositiveIntegerField(null=True, blank=True)
    apply_ms = models.PositiveIntegerField(null=True, blank=True)

    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    deleted_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    warning_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    messages = models.JSONField(default=list)
    """What the wire shows: level, code, message, row, column, count."""
    hold_reasons = models.JSONField(default=list)
    """Why it is held: code, message, count, base."""
    reason_code = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    """Why it FAILED or was CANCELLED, in words."""

    first_approved_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False, related_name="+")
    """Where two people are asked for: the first of them."""
    first_approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_plan = models.ForeignKey(Media, models.SET_NULL, null=True, db_index=False, related_name="+")
    """The one plan that the approval names."""
    ended_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False, related_name="+")
    """Who rejected or cancelled it."""
    revision = models.BigIntegerField(null=True, blank=True)
    """Revision of the directory that the stored plan was made for; of a job that is done, the one that it left."""
    settled_epoch = models.BigIntegerField(null=True, blank=True)
    """The epoch (`epoch.epoch_before_file`) in which the job left nothing to do for its file; null: it may have."""

    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "public_id"], name="upload_job_public_id")]
        indexes = [
            models.Index(fields=["organization", "source"], name="upload_job_by_source"),
            models.Index(fields=["organization", "-id"], name="upload_job_newest"),
            models.Index(
                fields=["organization", "id"],
                condition=models.Q(status__in=[JobStatus.QUEUED, JobStatus.PROCESSING, JobStatus.HELD]),
                name="upload_job_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.public_id}"

    @property
    def undone_id(self) -> int | None:
        """Return the public id of the job that this one undoes."""
        return None if self.undoes is None else self.undoes.public_id


class AppliedEffect(models.Model):
    """How many effects of a kind a job had: what guards over the last seven days add up."""

    organization_id = models.BigIntegerField()
    job_id = models.BigIntegerField()
    kind = models.TextField()
    """Code of the guard that counts them."""
    target = models.TextField(blank=True, default="")
    """Attribute, group, pool or department; empty: in all."""
    feed_id = models.BigIntegerField()
    at = models.DateTimeField()
    count = models.PositiveIntegerField()
    counts = models.BooleanField(default=True)
    """False for what a person approved, for undos, and for what was undone."""

    pk = models.CompositePrimaryKey("organization_id", "job_id", "kind", "target")

    class Meta:
        indexes = [models.Index(fields=["organization_id", "feed_id", "at"], name="applied_effect_by_feed")]


class JobRule(models.Model):
    """The rule that a job gives to a group; null ends the group."""

    organization_id = models.BigIntegerField()
    job_id = models.BigIntegerField()
    group_name = models.TextField()
    group_key = models.TextField(db_collation="C")
    rule = models.JSONField(null=True)
    """The condition, in the form of `core.grouprules.parsing`, with ids only."""
    rule_before = models.JSONField(null=True)
    """The condition that the job replaced; written when the job is applied, for its undo."""
    makes_group = models.BooleanField(default=False)
    """Whether the job made the group, so that its undo removes it; written when the job is applied."""
    keeps_group = models.BooleanField(default=False)
    """Where `rule` is null: whether the group stays, as one by file and by hand."""

    pk = models.CompositePrimaryKey("organization_id", "job_id")


class ErasureStatus(models.TextChoices):
    """Where a request to erase people stands."""

    HELD = "held"
    """A deletion file that an owner has to decide on."""
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"
    """Nothing was erased; `reason` says why, and it may be tried again."""
    REJECTED = "rejected"


class ErasureRequest(models.Model):
    """People who are to be erased, by a deletion file or one by one; it holds numbers alone, and never the file."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    status = models.CharField(max_length=16, choices=ErasureStatus.choices, default=ErasureStatus.HELD)
    learner_ids = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    """Data rows of the deletion file; 0 where there was none."""
    problems = models.JSONField(default=list)
    """Rows that name nobody who could be erased: [{"row": 3, "code": "unknown"}]."""
    requested_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False, related_name="+")
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False, related_name="+")
    decided_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["organization", "-id"], name="erasure_request_newest")]

    def __str__(self) -> str:
        return f"request {self.pk} to erase {len(self.learner_ids)}"
