"""The link in the mail: for one person, once, for a quarter of an hour, in the browser that asked."""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import SignInLink
from orgsync.server.learning.signin.people import Known, find_by_address, learner_who_may
from orgsync.server.learning.signin.secret import Key, digest_of
from orgsync.server.notify import outbox, texts
from orgsync.server.notify.secretmail import LEARNER_SIGN_IN
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Organization

VALID_FOR: Final = timedelta(minutes=15)
_BODY: Final = """\
Hello{name},

open this link to sign in to learning at {organization}. It works once, within {minutes} minutes, and only in the
browser in which you asked for it:

  {link}

If you did not ask, ignore this mail: nothing has happened, and nobody can sign in without it.
"""


class Standing(StrEnum):
    """What a link is good for, for whoever has opened it."""

    OPEN = "open"
    ELSEWHERE = "elsewhere"
    """Good, but not in this browser."""
    OVER = "over"
    UNKNOWN = "unknown"


def mail_links(email_key: str, browser: bytes, *, now: datetime) -> int:
    """Write a link to everybody who may sign in with the address, in the caller's transaction; return how many."""
    people = find_by_address(email_key)
    organizations = Organization.objects.in_bulk([one.organization_id for one in people])
    return sum(_mail(organizations[one.organization_id], one, browser, now) for one in people)


def make_link(organization: Organization, learner_id: int, browser: bytes | None, *, expires_at: datetime) -> str:
    """Return the address of a new link; a link without a browser opens in any: for operators alone."""
    key = Key.new(organization.pk)
    SignInLink.objects.create(
        organization_id=organization.pk,
        digest=key.digest,
        learner_id=learner_id,
        browser=browser,
        expires_at=expires_at,
    )
    return f"{settings.BASE_URL}/learn/enter/?key={key}"


def standing_of(text: str, browser: str, *, now: datetime) -> Standing:
    """Say what a link's key is good for in a browser; looking uses nothing up."""
    link = _link(text)
    if link is None:
        return Standing.UNKNOWN
    if link.used_at is not None or link.expires_at <= now:
        return Standing.OVER
    return Standing.OPEN if _is_of(link, browser) else Standing.ELSEWHERE


def use_link(text: str, browser: str, *, now: datetime) -> tuple[Organization, Learner] | None:
    """Use a link up; return whom it signs in, or None where it is not good here and now."""
    link = _link(text)
    if link is None or not _is_of(link, browser):
        return None
    organization = Organization.objects.get(id=link.organization_id)
    learner = learner_who_may(organization, link.learner_id)
    mine = SignInLink.objects.filter(organization_id=link.organization_id, digest=link.digest)
    if learner is None or mine.filter(used_at=None, expires_at__gt=now).update(used_at=now) != 1:
        return None
    return organization, learner


def forget_links(now: datetime) -> int:
    """Delete links that are over, of all organizations; return how many."""
    return SignInLink.objects.filter(expires_at__lt=now - VALID_FOR).delete()[0]


def _link(text: str) -> SignInLink | None:
    key = Key.read(text)
    if key is None:
        return None
    return SignInLink.objects.filter(organization_id=key.organization_id, digest=key.digest).first()


def _is_of(link: SignInLink, browser: str) -> bool:
    return link.browser is None or hmac.compare_digest(bytes(link.browser), digest_of(browser))


def _mail(organization: Organization, one: Known, browser: bytes, now: datetime) -> int:
    link = make_link(organization, one.learner_id, browser, expires_at=now + VALID_FOR)
    body = _BODY.format(
        name=f" {one.first_name}" if one.first_name else "",
        organization=organization.name,
        minutes=VALID_FOR // timedelta(minutes=1),
        link=link,
    )
    return outbox.add(
        organization,
        job_id=None,
        kind=LEARNER_SIGN_IN,
        recipients=[one.address],
        subject=f"[{organization.name}] Your link to sign in",
        body=body + texts.contact_lines(contacts_of(organization)),
        now=now,
    )
