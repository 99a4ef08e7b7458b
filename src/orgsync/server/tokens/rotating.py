"""Rotate a token: a successor with the same settings, and an overlap in which both work."""

from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Admin
from orgsync.server.tokens.giving import check_may_give
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.tokens import TokenRefused, make_token

OLD: Final = "{name} (until {day})"


def rotate_token(
    token: AccessToken, *, ends_at: datetime, expires_at: datetime | None, by: Admin, now: datetime
) -> tuple[AccessToken, str]:
    """
    Make the successor of a token and let the old one end at `ends_at`, or sooner where it would anyway.

    The successor has the same feed, scopes, addresses and networks, and takes over the name. Returns it with its
    text, which nobody can learn again. Raises TokenRefused for a token that is over, and for scopes beyond what
    `by` may give.
    """
    if token.feed is None:
        raise TokenRefused("token", "An application fetches its tokens itself.")
    check_may_give(by, token.scopes)
    mine = AccessToken.objects.filter(organization_id=token.organization_id, id=token.pk, revoked_at=None)
    end = ends_at if token.expires_at is None else min(ends_at, token.expires_at)
    with transaction.atomic():
        known = mine.select_for_update(of=("self",)).first()
        if known is None or (known.expires_at is not None and known.expires_at <= now):
            raise TokenRefused("token", "This token is over: make a new one.")
        made, text = make_token(
            token.organization,
            token.feed,
            known.name,
            scopes=known.scopes,
            expires_at=expires_at,
            created_by=by.account,
            notify_addresses=known.notify_addresses,
            emails_creator=known.emails_creator,
            mails_in_manual_mode=known.mails_in_manual_mode,
            allowed_networks=known.allowed_networks,
        )
        AccessToken.objects.filter(organization_id=token.organization_id, id=made.pk).update(replaces_id=known.pk)
        mine.update(expires_at=end, name=OLD.format(name=known.name, day=f"{end:%Y-%m-%d}"))
        record(token.organization_id, Action.TOKEN_ROTATED, {"token": known.pk, "by_token": made.pk}, at=now)
    made.replaces_id = known.pk
    return made, text
