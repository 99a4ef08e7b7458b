"""How people sign in: accounts are made by set-up and by admins, never by whoever comes along."""

import base64
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from orgsync.server.admins.resetting import send_reset_link
from orgsync.server.orgs.models import Account
from orgsync.server.sealing import seal, unseal
from orgsync.server.tokens.networks import peer_address

FACTOR: Final = "second factor"
"""What the secrets of authenticator apps are sealed for."""


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's adapter without sign-up, and with the folded address as the account's key."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        return False

    def send_password_reset_mail(self, user: Account, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002  allauth's signature
        """Send the link through the outbox, to the account's own address whatever was typed."""
        send_reset_link(user, context["password_reset_url"], now=timezone.now())

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link: by the configured address, never by the Host header that somebody sent."""
        uid, _, secret = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": secret})
        return f"{settings.BASE_URL}{path}"

    def populate_username(self, request: HttpRequest, user: Any) -> None:  # noqa: ARG002  allauth's signature
        user.email_key = user.email.strip().casefold()


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's second factors with their secrets encrypted at rest."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode(), FACTOR)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), FACTOR).decode()


def client_address(request: HttpRequest) -> str | None:
    """Return the address that guessing is counted by; a proxy's word counts only from a trusted proxy."""
    return peer_address(
        request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES
    )
