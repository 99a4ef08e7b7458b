"""How people sign in: accounts are made by set-up and by admins, never by whoever comes along."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from orgsync.server.tokens.networks import peer_address


class ClosedAccounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's adapter without sign-up, and with the folded address as the account's key."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:  # noqa: ARG002  allauth's signature
        user.email_key = user.email.strip().casefold()


def client_address(request: HttpRequest) -> str | None:
    """Return the address that guessing is counted by; a proxy's word counts only from a trusted proxy."""
    return peer_address(
        request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES
    )
