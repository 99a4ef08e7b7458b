"""Sessions of learners: a cookie of their own, which opens learner pages and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import LearnerSession, Way
from orgsync.server.learning.signin.people import learner_who_may
from orgsync.server.learning.signin.secret import Key
from orgsync.server.learning.telling.choices import welcome
from orgsync.server.orgs.models import Organization

SEEN_EVERY: Final = timedelta(hours=1)
"""How exactly is noted when a session was last used: not with every page."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A learner with their session."""

    organization: Organization
    learner: Learner
    session: LearnerSession


def begin(organization: Organization, learner: Learner, way: Way, *, now: datetime) -> str:
    """Begin a session; return the text for the browser's cookie."""
    welcome(organization, learner.id, now=now)
    key = Key.new(organization.pk)
    LearnerSession.objects.create(
        organization_id=organization.pk,
        digest=key.digest,
        learner_id=learner.id,
        way=way,
        began_at=now,
        seen_at=now,
        expires_at=now + timedelta(days=organization.learner_session_days),
    )
    return str(key)


def find(text: str, *, now: datetime) -> SignedIn | None:
    """Return whose session a cookie names, while it lasts and its person may sign in."""
    key = Key.read(text)
    session = _of(key).filter(expires_at__gt=now).first() if key is not None else None
    if session is None:
        return None
    organization = Organization.objects.get(id=session.organization_id)
    learner = learner_who_may(organization, session.learner_id)
    if learner is None:
        return None
    if session.seen_at <= now - SEEN_EVERY:
        LearnerSession.objects.filter(pk=session.pk).update(seen_at=now)
    return SignedIn(organization, learner, session)


def end(text: str) -> None:
    """End the session that a cookie names."""
    key = Key.read(text)
    if key is not None:
        _of(key).delete()


def end_others(signed_in: SignedIn) -> int:
    """End every other session of the same learner; return how many there were."""
    others = LearnerSession.objects.filter(
        organization_id=signed_in.organization.pk, learner_id=signed_in.learner.id
    ).exclude(digest=signed_in.session.digest)
    return others.delete()[0]


def sessions_of(organization_id: int, learner_id: int, *, now: datetime) -> Sequence[LearnerSession]:
    """Return the sessions that last, the newest first."""
    mine = LearnerSession.objects.filter(organization_id=organization_id, learner_id=learner_id, expires_at__gt=now)
    return list(mine.order_by("-began_at"))


def forget_sessions(now: datetime) -> int:
    """Delete sessions that have ended, of all organizations; return how many."""
    return LearnerSession.objects.filter(expires_at__lt=now).delete()[0]


def _of(key: Key) -> QuerySet[LearnerSession]:
    return LearnerSession.objects.filter(organization_id=key.organization_id, digest=key.digest)
