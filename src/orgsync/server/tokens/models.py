"""Access tokens and API applications: only hashes of their secrets are stored; those are shown once."""

from django.db import models

from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization


class Application(models.Model):
    """A program that fetches short-lived access tokens with its client id and secret."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    feed = models.ForeignKey(Feed, models.CASCADE, null=True, db_index=False)
    """Whose files its tokens send; without one they send none."""
    name = models.TextField()
    client_id = models.TextField(unique=True)
    """What it calls itself by; global by design, and no secret."""
    secret_prefix = models.CharField(max_length=16)
    secret_digest = models.BinaryField()
    former_digest = models.BinaryField(default=b"")
    """Of the secret before; empty when there is none."""
    former_ends_at = models.DateTimeField(null=True, blank=True)
    """Until when the secret before is good too."""
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    allowed_networks = models.JSONField(default=list)
    """CIDR networks that may fetch and use its tokens; empty means any."""
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "id"], name="application_by_organization")]

    def __str__(self) -> str:
        return f"{self.name} ({self.client_id})"

    @property
    def caller_id(self) -> int:
        """Under what its calls are counted, and those of all of its tokens: negative, apart from ids of tokens."""
        return -self.pk


class AccessToken(models.Model):
    """A bearer token, of one feed where it sends files. Look-up is by digest, global by design."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    feed = models.ForeignKey(Feed, models.CASCADE, null=True, db_index=False)
    """None only for tokens of an application without feed."""
    application = models.ForeignKey(Application, models.CASCADE, null=True, db_index=False)
    """The application that fetched it; None for a token that a person made."""
    name = models.TextField()
    prefix = models.CharField(max_length=16)
    """The readable beginning, so that people can tell tokens apart."""
    digest = models.BinaryField(unique=True)
    """SHA-256 of the whole token; a random secret needs no slow hash."""
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    replaces_id = models.BigIntegerField(null=True, blank=True)
    """Id of the token that this one was rotated from."""
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    notify_addresses = models.JSONField(default=list)
    """Further addresses that get the results of automatic mode."""
    emails_creator = models.BooleanField(default=True)
    mails_in_manual_mode = models.BooleanField(default=False)
    allowed_networks = models.JSONField(default=list)
    """CIDR networks that may use the token; empty means any."""

    class Meta:
        indexes = [models.Index(fields=["organization", "feed"], name="token_by_feed")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def caller_id(self) -> int:
        """Under what its calls are counted: its own id, or what its application's are."""
        return self.pk if self.application is None else self.application.caller_id


class CallCount(models.Model):
    """How often somebody called in one hour, for the rate limit."""

    organization_id = models.BigIntegerField()
    token_id = models.BigIntegerField()
    """`AccessToken.caller_id`."""
    hour = models.DateTimeField()
    uploads = models.PositiveIntegerField(default=0)
    others = models.PositiveIntegerField(default=0)

    pk = models.CompositePrimaryKey("organization_id", "token_id", "hour")


class KeptAnswer(models.Model):
    """The answer to a call that carried `Idempotency-Key`, kept for 24 hours."""

    organization_id = models.BigIntegerField()
    token_id = models.BigIntegerField()
    """`AccessToken.caller_id`."""
    key = models.TextField()
    request_sha256 = models.BinaryField()
    """Of method, address and body."""
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.BinaryField(default=b"")
    """The JSON, sealed: it may name people, or hold a secret that is shown once."""
    created_at = models.DateTimeField()

    pk = models.CompositePrimaryKey("organization_id", "token_id", "key")
