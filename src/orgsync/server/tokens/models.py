"""Access tokens: only their hash is stored; they are shown once."""

from django.db import models

from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization


class AccessToken(models.Model):
    """A bearer token of one feed. Look-up is by digest, global by design."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    feed = models.ForeignKey(Feed, models.CASCADE, db_index=False)
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


class CallCount(models.Model):
    """How often a token called in one hour, for the rate limit."""

    organization_id = models.BigIntegerField()
    token_id = models.BigIntegerField()
    hour = models.DateTimeField()
    uploads = models.PositiveIntegerField(default=0)
    others = models.PositiveIntegerField(default=0)

    pk = models.CompositePrimaryKey("organization_id", "token_id", "hour")
