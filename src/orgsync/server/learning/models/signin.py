"""How learners sign in: what was asked for, links by mail, and sessions. Learners are not accounts."""

from typing import ClassVar

from django.db import models


class TryKind(models.TextChoices):
    ASK = "ask"
    """Somebody asked for a link."""
    MISS = "miss"
    """Somebody opened a link that does not exist."""


class SignInTry(models.Model):
    """One ask or miss, for a day, to count by. Global by design: whoever asks has named no organization yet."""

    kind = models.TextField(choices=TryKind.choices)
    at = models.DateTimeField()
    client = models.BinaryField()
    """Keyed hash of the network address that it came from."""
    who = models.BinaryField(null=True)
    """Keyed hash of the folded e-mail address that a link was asked for."""
    browser = models.BinaryField(null=True)
    """SHA-256 of the secret in the asking browser's cookie."""
    sealed = models.BinaryField(null=True)
    """The folded e-mail address, sealed, until its mails are written."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "kind", "at"], name="sign_in_try_by_client"),
            models.Index(fields=["who", "at"], name="sign_in_try_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SignInLink(models.Model):
    """A link that signs one person in, once, in the browser that asked for it."""

    organization_id = models.BigIntegerField()
    digest = models.BinaryField()
    """SHA-256 of the secret in the link; a random secret needs no slow hash."""
    learner_id = models.BigIntegerField()
    browser = models.BinaryField(null=True)
    """As in `SignInTry`; null for a link that an operator made: it opens in any browser."""
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    pk = models.CompositePrimaryKey("organization_id", "digest")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "learner_id"], name="sign_in_link_by_learner")]


class Way(models.TextChoices):
    """How a session began."""

    LINK = "link"
    INVITATION = "invitation"
    SINGLE_SIGN_ON = "single_sign_on"


class LearnerSession(models.Model):
    """A learner who is signed in, in one browser."""

    organization_id = models.BigIntegerField()
    digest = models.BinaryField()
    """SHA-256 of the secret in the browser's cookie."""
    learner_id = models.BigIntegerField()
    way = models.TextField(choices=Way.choices)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """When a page was last asked for, to the hour."""
    expires_at = models.DateTimeField()

    pk = models.CompositePrimaryKey("organization_id", "digest")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "learner_id"], name="session_by_learner")]
