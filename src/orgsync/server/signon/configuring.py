"""An organization's single sign-on: set up, checked against its provider, changed, switched on and off."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from requests import RequestException

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Organization, SingleSignOn
from orgsync.server.sealing import seal, unseal
from orgsync.server.signon.calling import guarded_session

WELL_KNOWN: Final = "/.well-known/openid-configuration"
MOST_DOMAINS: Final = 50
_DOMAIN: Final = re.compile(r"[^\s@/:.]+(\.[^\s@/:.]+)+")
NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class SignOnRefused(OrgSyncError):
    """Single sign-on cannot be set up as asked; nothing was changed. `field` names what to correct."""

    def __init__(self, reason: str, field: str) -> None:
        self.reason = reason
        self.field = field
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an owner asks for; an empty secret keeps the one that is stored."""

    issuer: str
    client_id: str
    secret: str
    domains: Sequence[str]
    makes_admins: bool
    is_on: bool


def sign_ons_on() -> QuerySet[SingleSignOn]:
    """Return what is switched on. Global by design: whoever signs in has not named an organization yet."""
    return SingleSignOn.objects.select_related("organization").filter(is_on=True)


def sign_on_of(organization: Organization) -> SingleSignOn | None:
    """Return an organization's single sign-on, switched on or not."""
    return SingleSignOn.objects.filter(organization=organization).first()


def secret_of(sign_on: SingleSignOn) -> str:
    """Return the client secret; raise `sealing.Unreadable`."""
    return unseal(bytes(sign_on.secret), _purpose(sign_on.organization_id)).decode()


def is_domain(text: str) -> bool:
    """Tell whether a text is a domain such as example.com."""
    return _DOMAIN.fullmatch(text) is not None


def new_public_id() -> str:
    """Return the part of the addresses that names the organization."""
    return secrets.token_hex(8)


def callback_address(public_id: str) -> str:
    """Return the address that the provider sends people back to."""
    return f"{settings.BASE_URL}{reverse('openid_connect_callback', kwargs={'provider_id': public_id})}"


def save_sign_on(organization: Organization, public_id: str, wanted: Wanted, *, now: datetime) -> SingleSignOn:
    """
    Set up or change single sign-on; raise SignOnRefused.

    The provider is asked what it says of itself before anything is stored. Another issuer needs its secret typed
    anew, and ends the links to accounts: it may call other people by the same names.
    """
    known = sign_on_of(organization)
    is_other = known is None or (known.issuer, known.client_id) != (wanted.issuer, wanted.client_id)
    if is_other and not wanted.secret:
        raise SignOnRefused(_("Type the client secret: it belongs to this issuer and client."), "secret")
    if wanted.makes_admins and not wanted.domains:
        raise SignOnRefused(_("Name the e-mail domains whose people become admins."), "domains")
    if wanted.is_on or is_other:
        discover(wanted.issuer)
    values: dict[str, Any] = {
        "issuer": wanted.issuer,
        "client_id": wanted.client_id,
        "domains": sorted(wanted.domains),
        "makes_admins": wanted.makes_admins,
        "is_on": wanted.is_on,
    }
    changed = sorted(name for name, value in values.items() if known is None or getattr(known, name) != value)
    if wanted.secret:
        changed.append("secret")
        values["secret"] = seal(wanted.secret.encode(), _purpose(organization.pk))
    with transaction.atomic():
        saved, _made = SingleSignOn.objects.update_or_create(
            organization=organization, defaults=values, create_defaults={**values, "public_id": public_id}
        )
        if is_other:
            SocialAccount.objects.filter(provider=saved.public_id).delete()
        told = {"changed": changed, "is_on": saved.is_on, "makes_admins": saved.makes_admins}
        record(organization.pk, Action.SIGN_ON_CHANGED, told, at=now)
    return saved


def discover(issuer: str) -> dict[str, Any]:
    """Return what a provider says of itself; raise SignOnRefused when it is not the issuer, or says too little."""
    try:
        with guarded_session() as session:
            answer = session.get(issuer.rstrip("/") + WELL_KNOWN)
            answer.raise_for_status()
            found = answer.json()
    except RequestException as error:
        raise SignOnRefused(_("The provider does not answer as one: %s") % error, "issuer") from error
    if not isinstance(found, dict) or any(not isinstance(found.get(name), str) for name in NEEDED):
        raise SignOnRefused(_("That address is no OpenID Connect provider: endpoints are missing."), "issuer")
    if found.get("issuer") != issuer:
        said = str(found.get("issuer"))
        raise SignOnRefused(_("The provider calls itself %s: type exactly that.") % said, "issuer")
    return found


def _purpose(organization_id: int) -> str:
    return f"single sign-on of organization {organization_id}"
