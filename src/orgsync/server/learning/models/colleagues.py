"""What colleagues hear of one another, and what each person wants to hear."""

from typing import ClassVar

from django.db import models


class Hearing(models.TextChoices):
    """How somebody wants to hear of one kind of news."""

    MAIL = "mail"
    """On their home, and by mail: shares at once, everything else in the digest."""
    FEED = "feed"
    """On their home alone."""
    NONE = "none"


class Digest(models.TextChoices):
    """How often the digest comes."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class LearnerChoices(models.Model):
    """What a learner wants to hear and to have told. Made when it is first needed; without it the defaults hold."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    likes = models.TextField(choices=Hearing.choices, default=Hearing.FEED)
    completions = models.TextField(choices=Hearing.choices, default=Hearing.MAIL)
    shares = models.TextField(choices=Hearing.choices, default=Hearing.MAIL)
    digest = models.TextField(choices=Digest.choices, default=Digest.WEEKLY)
    is_private = models.BooleanField(default=False)
    """Whether nobody hears of what the person likes and completes. What they share is theirs to share."""
    quiet_from = models.PositiveSmallIntegerField(null=True)
    """Hour of the organization's day from which on no mail is sent; null: there are no quiet hours."""
    quiet_until = models.PositiveSmallIntegerField(null=True)
    """Hour at which mails begin again; before `quiet_from` it is one of the next day."""
    wants_digest = models.BooleanField(default=False)
    """Whether digests are sent at all: from the first sign-in on, so that nobody is written to out of the blue."""
    digested_on = models.DateField(null=True)
    """The organization's day of the last digest."""
    digested_until = models.DateTimeField(null=True)
    """What was stored until then has been told, or was too old to tell."""
    mailed_on = models.DateField(null=True)
    """The organization's day that `mails` counts."""
    mails = models.PositiveSmallIntegerField(default=0)

    pk = models.CompositePrimaryKey("organization_id", "learner_id")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organization_id", "digested_on", "learner_id"],
                condition=models.Q(wants_digest=True) & ~models.Q(digest="off"),
                name="choices_to_digest",
            ),
        ]


class Follow(models.Model):
    """That a learner wants to hear of a colleague."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    followed_id = models.BigIntegerField()
    since = models.DateTimeField()

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "followed_id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "followed_id"], name="follow_by_followed")]


class Share(models.Model):
    """That a learner showed content to colleagues."""

    organization_id = models.BigIntegerField()
    id = models.UUIDField()
    """That of the activity."""
    learner_id = models.BigIntegerField()
    content_id = models.BigIntegerField()
    group_id = models.BigIntegerField(null=True)
    """The group whose people it was shown to; null: to chosen people."""
    note = models.TextField(default="")
    at = models.DateTimeField()

    pk = models.CompositePrimaryKey("organization_id", "id")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "learner_id"], name="share_by_learner")]


class SharedWith(models.Model):
    """That somebody was shown content: on their home, and by mail where they want it."""

    organization_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    share_id = models.UUIDField()
    by_id = models.BigIntegerField()
    at = models.DateTimeField()
    mail_state = models.TextField(default="waiting")
    """`waiting` for quiet hours to end; `sent`; `left`: the person wants none, has enough for the day, or it is old."""

    pk = models.CompositePrimaryKey("organization_id", "learner_id", "share_id")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "by_id"], name="shared_with_by_sharer"),
            models.Index(fields=["organization_id", "learner_id", "at"], name="shared_with_newest"),
            models.Index(
                fields=["organization_id", "at"],
                condition=models.Q(mail_state="waiting"),
                name="shared_with_waiting",
            ),
        ]
