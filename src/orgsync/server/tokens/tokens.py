"""Make, look up and revoke access tokens; `texts` says how they look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.db.models import Q

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.models import AccessToken, Application
from orgsync.server.tokens.networks import is_network, is_within
from orgsync.server.tokens.scopes import unknown_scopes
from orgsync.server.tokens.texts import SHOWN, TOKEN, digest, is_well_formed, new_text

USE_IS_FRESH: Final = timedelta(minutes=1)


class TokenRefused(OrgSyncError):
    """A token cannot be made as asked; `field` names what to correct."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


class TokenState(StrEnum):
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class TokenLookup:
    """What a bearer value turned out to be; `token` is there from REVOKED on."""

    state: TokenState
    token: AccessToken | None = None


def make_token(
    organization: Organization,
    feed: Feed,
    name: str,
    *,
    scopes: Sequence[str],
    expires_at: datetime | None,
    created_by: Account | None,
    notify_addresses: Sequence[str] = (),
    emails_creator: bool = True,
    mails_in_manual_mode: bool = False,
    allowed_networks: Sequence[str] = (),
) -> tuple[AccessToken, str]:
    """
    Store a new token and return it with its text, which nobody can learn again.

    Raises TokenRefused for a blank name, no or an unknown scope, a feed of another organization, or a network
    that is none.
    """
    check_request(organization, feed, name, scopes, allowed_networks)
    text = new_text(TOKEN)
    with transaction.atomic():
        token = AccessToken.objects.create(
            organization=organization,
            feed=feed,
            name=name.strip(),
            prefix=text[:SHOWN],
            digest=digest(text),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
            created_by=created_by,
            notify_addresses=list(notify_addresses),
            emails_creator=emails_creator,
            mails_in_manual_mode=mails_in_manual_mode,
            allowed_networks=list(allowed_networks),
        )
        ids = {"token": token.pk, "feed": feed.pk, "scopes": token.scopes}
        record(organization.pk, Action.TOKEN_MADE, ids, at=token.created_at, by=_maker(created_by))
    return token, text


def find_token(text: str, *, now: datetime) -> TokenLookup:
    """
    Say what a bearer value is. The look-up is by digest, so its time tells nothing about stored tokens.

    A revoked token is REVOKED even when it has expired as well.
    """
    if not is_well_formed(text):
        return TokenLookup(TokenState.MALFORMED)
    # Global by design: the token is what names the organization.
    tokens = AccessToken.objects.select_related("organization", "feed")
    # Every call of the wire comes by here: nothing is joined or sorted that few need.
    token = next(iter(tokens.filter(digest=digest(text))), None)
    if token is None:
        return TokenLookup(TokenState.UNKNOWN)
    return TokenLookup(_state(token, now), token)


def revoke_token(organization: Organization, token_id: int, *, now: datetime) -> bool:
    """Revoke one token; return False when it is unknown here or was revoked before."""
    active = AccessToken.objects.filter(organization=organization, id=token_id, revoked_at=None)
    with transaction.atomic():
        is_revoked = active.update(revoked_at=now) == 1
        if is_revoked:
            record(organization.pk, Action.TOKEN_REVOKED, {"token": token_id}, at=now)
    return is_revoked


def record_use(token: AccessToken, address: str | None, *, now: datetime) -> None:
    """Note when and from where a token, or the application that fetched it, was last used, at most once a minute."""
    if token.application is not None:
        record_application_use(token.application, address, now=now)
        return
    if token.last_used_at is not None and now - token.last_used_at < USE_IS_FRESH:
        return
    stale = Q(last_used_at__lte=now - USE_IS_FRESH)
    own = AccessToken.objects.filter(organization_id=token.organization_id, id=token.pk)
    with transaction.atomic():
        is_first = own.filter(last_used_at=None).update(last_used_at=now, last_used_from=address) == 1
        if is_first:
            ids = {"token": token.pk, "feed": token.feed_id}
            record(token.organization_id, Action.TOKEN_FIRST_USED, ids, at=now, by=actors.token(token.pk))
    if not is_first:
        own.filter(stale).update(last_used_at=now, last_used_from=address)


def record_application_use(application: Application, address: str | None, *, now: datetime) -> None:
    """Note when and from where an application was last used, at most once a minute."""
    if application.last_used_at is not None and now - application.last_used_at < USE_IS_FRESH:
        return
    own = Application.objects.filter(organization_id=application.organization_id, id=application.pk)
    own.filter(Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_FRESH)).update(
        last_used_at=now, last_used_from=address
    )


def is_allowed_from(token: AccessToken | Application, address: str | None) -> bool:
    """Return whether the token may be used from this address; no network listed means from anywhere."""
    return not token.allowed_networks or is_within(address, token.allowed_networks)


def actor_of(token: AccessToken) -> actors.Actor:
    """Return who acts by a token: an application acts as itself, its tokens do not last."""
    return actors.token(token.pk) if token.application_id is None else actors.application(token.application_id)


def check_request(
    organization: Organization, feed: Feed | None, name: str, scopes: Sequence[str], allowed_networks: Sequence[str]
) -> None:
    """Raise TokenRefused for a token or an application that cannot be made like that."""
    if not name.strip():
        raise TokenRefused("name", "Give it a name.")
    if feed is not None and feed.organization_id != organization.pk:
        raise TokenRefused("feed", "Choose a feed of this organization.")
    if not scopes:
        raise TokenRefused("scopes", "Choose at least one scope.")
    if unknown := unknown_scopes(list(scopes)):
        raise TokenRefused("scopes", f"Not a scope: {', '.join(unknown)}.")
    if wrong := [network for network in allowed_networks if not is_network(network)]:
        raise TokenRefused("allowed_networks", f"Not a network such as 192.0.2.0/24: {', '.join(wrong)}.")


def _maker(created_by: Account | None) -> actors.Actor | None:
    """Return who makes a token: the person in whose name it is made, unless a program does it for them."""
    by_program = actors.current_actor().kind in {actors.ActorKind.TOKEN, actors.ActorKind.APPLICATION}
    return None if created_by is None or by_program else actors.account(created_by.pk)


def _state(token: AccessToken, now: datetime) -> TokenState:
    if token.revoked_at is not None:
        return TokenState.REVOKED
    if token.expires_at is not None and token.expires_at <= now:
        return TokenState.EXPIRED
    return TokenState.GOOD
