"""API applications: made with a client id and a secret, which are changed for short-lived access tokens."""

import hmac
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Admin, Organization
from orgsync.server.tokens.giving import check_may_give
from orgsync.server.tokens.models import AccessToken, Application
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.texts import CLIENT_SECRET, SHOWN, TOKEN, digest, is_well_formed, new_text
from orgsync.server.tokens.tokens import TokenRefused, check_request

LASTS: Final = timedelta(minutes=30)
"""How long a fetched token is good, unless its application ends sooner."""
_ID_LENGTH: Final = 16
_ID_CHARACTERS: Final = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an application is to be."""

    name: str
    feed: Feed | None
    scopes: Sequence[str]
    expires_at: datetime | None
    allowed_networks: Sequence[str] = ()


def make_application(
    organization: Organization, wanted: Wanted, *, created_by: Account, now: datetime
) -> tuple[Application, str]:
    """
    Store a new application and return it with its secret, which nobody can learn again.

    Raises TokenRefused as for a token, and for the scope `sync` without a feed: it is about a feed's files.
    """
    check_request(organization, wanted.feed, wanted.name, wanted.scopes, wanted.allowed_networks)
    if wanted.feed is None and Scope.SYNC in wanted.scopes:
        raise TokenRefused("feed", "The scope sync needs a feed: choose whose files it sends.")
    secret = new_text(CLIENT_SECRET)
    with transaction.atomic():
        made = Application.objects.create(
            organization=organization,
            feed=wanted.feed,
            name=wanted.name.strip(),
            client_id="".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH)),
            secret_prefix=secret[:SHOWN],
            secret_digest=digest(secret),
            scopes=sorted(set(wanted.scopes)),
            expires_at=wanted.expires_at,
            allowed_networks=list(wanted.allowed_networks),
            created_by=created_by,
            created_at=now,
        )
        ids = {"application": made.pk, "feed": made.feed_id, "scopes": made.scopes}
        record(organization.pk, Action.APPLICATION_MADE, ids, at=now)
    return made, secret


def rotate_secret(application: Application, *, former_ends_at: datetime, by: Admin, now: datetime) -> str:
    """
    Give an application another secret and return it; the one before is good until `former_ends_at`.

    One that was still good from an earlier rotation ends now. Raises TokenRefused for an application that is over,
    and for scopes beyond what `by` may give.
    """
    check_may_give(by, application.scopes)
    secret = new_text(CLIENT_SECRET)
    mine = Application.objects.filter(organization_id=application.organization_id, id=application.pk)
    with transaction.atomic():
        known = mine.select_for_update(of=("self",)).first()
        if known is None or is_over(known, now):
            raise TokenRefused("application", "This application is over: make a new one.")
        mine.update(
            secret_prefix=secret[:SHOWN],
            secret_digest=digest(secret),
            former_digest=known.secret_digest,
            former_ends_at=former_ends_at,
        )
        record(known.organization_id, Action.APPLICATION_SECRET_ROTATED, {"application": known.pk}, at=now)
    return secret


def revoke_application(organization: Organization, application_id: int, *, now: datetime) -> bool:
    """Revoke an application with every token that it has; return False when it is unknown here or was revoked."""
    active = Application.objects.filter(organization=organization, id=application_id, revoked_at=None)
    with transaction.atomic():
        is_revoked = active.update(revoked_at=now) == 1
        if is_revoked:
            tokens = AccessToken.objects.filter(organization=organization, application_id=application_id)
            tokens.filter(revoked_at=None).update(revoked_at=now)
            record(organization.pk, Action.APPLICATION_REVOKED, {"application": application_id}, at=now)
    return is_revoked


def find_application(client_id: str) -> Application | None:
    """Return the application that calls itself so. Global by design: the client id is what names the organization."""
    return Application.objects.select_related("organization", "feed").filter(client_id=client_id).first()


def is_secret_of(application: Application | None, secret: str, *, now: datetime) -> bool:
    """Return whether a secret is the application's, or the one before within its overlap."""
    if application is None or not is_well_formed(secret, CLIENT_SECRET):
        return False
    is_former_good = application.former_ends_at is not None and now < application.former_ends_at
    good = [application.secret_digest, *([application.former_digest] if is_former_good else [])]
    return any(hmac.compare_digest(bytes(one), digest(secret)) for one in good)


def is_over(application: Application, now: datetime) -> bool:
    """Return whether an application is revoked or has expired."""
    has_expired = application.expires_at is not None and application.expires_at <= now
    return application.revoked_at is not None or has_expired


def give_token(application: Application, scopes: Sequence[str], *, now: datetime) -> tuple[AccessToken, str] | None:
    """
    Make a token with some of the application's scopes, good for half an hour; None when the application is over.

    It counts for whoever made the application, and with all that the application has fetched, as one caller.
    """
    mine = Application.objects.filter(organization_id=application.organization_id, id=application.pk)
    text = new_text(TOKEN)
    with transaction.atomic():
        # Whoever revokes it meanwhile revokes this token, too, or comes first.
        known = mine.select_for_update(no_key=True).first()
        if known is None or is_over(known, now):
            return None
        end = now + LASTS
        token = AccessToken.objects.create(
            organization_id=known.organization_id,
            feed_id=known.feed_id,
            application=known,
            name=known.name,
            prefix=text[:SHOWN],
            digest=digest(text),
            scopes=sorted(set(scopes)),
            expires_at=end if known.expires_at is None else min(end, known.expires_at),
            created_by_id=known.created_by_id,
            emails_creator=False,
            allowed_networks=known.allowed_networks,
        )
        ids = {"application": known.pk, "token": token.pk, "scopes": token.scopes}
        by = actors.application(known.pk)
        record(known.organization_id, Action.APPLICATION_TOKEN_GIVEN, ids, at=now, by=by)
    return token, text
