"""What pages ask about access tokens that people made; those of applications are in no list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from orgsync.server.orgs.models import Admin, Organization
from orgsync.server.tokens.models import AccessToken, Application

PAGE: Final = 50
WARN_BEFORE: Final = timedelta(days=14)
"""A token that expires sooner than this is warned of."""


class Shown(StrEnum):
    """Which tokens a list shows."""

    IN_USE = "in_use"
    """Not revoked; an expired one stays, so that somebody notices."""
    REVOKED = "revoked"
    ALL = "all"


class Expiry(StrEnum):
    NEVER = "never"
    LATER = "later"
    SOON = "soon"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class TokenFilter:
    """Which tokens of an organization are meant; what is empty does not narrow."""

    shown: Shown = Shown.IN_USE
    feed_id: int | None = None
    text: str = ""
    """The beginning of the name, or of the token itself."""


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token with what a list says beside its row."""

    token: AccessToken
    expiry: Expiry
    is_creator_gone: bool
    """Whether its creator may no longer sign in to the organization; the token works until it is revoked."""


@dataclass(frozen=True, slots=True)
class TokenPage:
    """One page of tokens, the newest first."""

    tokens: Sequence[ListedToken]
    older: int | None
    """Id of the token behind which the next page begins; null on the last."""


def page_of_tokens(
    organization: Organization, chosen: TokenFilter, *, now: datetime, older_than: int | None = None
) -> TokenPage:
    """Return the page behind a token, or the newest one."""
    found = chosen_tokens(organization, chosen)
    if older_than is not None:
        found = found.filter(id__lt=older_than)
    tokens = list(found.order_by("-id")[: PAGE + 1])
    listed = [_listed(token, now) for token in tokens[:PAGE]]
    return TokenPage(listed, listed[-1].token.pk if len(tokens) > PAGE else None)


def tokens_made(organization: Organization) -> QuerySet[AccessToken]:
    """Return the tokens that people made, revoked ones too."""
    return AccessToken.objects.filter(organization=organization, application=None)


def is_creator_here(organization: Organization) -> Exists:
    """Tell of a row with `created_by` whether that account may sign in to the organization."""
    admins = Admin.objects.filter(organization=organization, account_id=OuterRef("created_by_id"))
    return Exists(admins.filter(account__is_active=True))


def token_of(organization: Organization, token_id: int) -> AccessToken | None:
    """Return one token; another organization's is None."""
    return tokens_made(organization).select_related("feed", "created_by").filter(id=token_id).first()


def is_name_in_use(organization: Organization, name: str) -> bool:
    """Tell whether a token that is not revoked has this name."""
    return tokens_made(organization).filter(revoked_at=None, name__iexact=name.strip()).exists()


def expiry_of(token: AccessToken | Application, now: datetime) -> Expiry:
    """Say how far away the end of a token or an application is."""
    if token.expires_at is None:
        return Expiry.NEVER
    if token.expires_at <= now:
        return Expiry.OVER
    return Expiry.SOON if token.expires_at - now < WARN_BEFORE else Expiry.LATER


def chosen_tokens(organization: Organization, chosen: TokenFilter) -> QuerySet[AccessToken]:
    """Return the tokens that a filter means, in no order."""
    found = tokens_made(organization).select_related("feed", "created_by")
    found = found.annotate(is_creator_here=is_creator_here(organization))
    if chosen.shown is not Shown.ALL:
        found = found.filter(revoked_at__isnull=chosen.shown is Shown.IN_USE)
    if chosen.feed_id is not None:
        found = found.filter(feed_id=chosen.feed_id)
    if chosen.text:
        found = found.filter(Q(name__istartswith=chosen.text) | Q(prefix__startswith=chosen.text[:12]))
    return found


def _listed(token: AccessToken, now: datetime) -> ListedToken:
    is_here: bool = token.is_creator_here  # type: ignore[attr-defined]  # annotated by chosen_tokens
    return ListedToken(token, expiry_of(token, now), is_creator_gone=token.created_by_id is not None and not is_here)
