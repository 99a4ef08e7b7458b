"""Invitations of learners: who was invited and has followed the link, and what becomes of a link."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import F, OuterRef, QuerySet, Subquery

from orgsync.core.plan import Writes
from orgsync.server.directory.models import LearnerInvitation, LicenseAssignment, LicenseState
from orgsync.server.orgs.models import Organization

VALID_FOR: Final = timedelta(days=30)
PAUSE: Final = timedelta(days=1)
"""How long nobody is sent another one by a click that means everybody."""
_END_LINKS: Final = (
    """
    UPDATE directory_learnerinvitation SET digest = NULL
     WHERE organization_id = %s AND learner_id = ANY (%s) AND digest IS NOT NULL
    """,
    "DELETE FROM learning_signinlink WHERE organization_id = %s AND learner_id = ANY (%s)",
    "DELETE FROM learning_learnersession WHERE organization_id = %s AND learner_id = ANY (%s)",
)
_COUNT: Final = """
    SELECT license.pool_id, count(*) FILTER (WHERE invitation.activated_at IS NULL),
           count(*) FILTER (WHERE invitation.activated_at IS NOT NULL)
      FROM directory_learnerinvitation AS invitation
      JOIN directory_licenseassignment AS license
        ON license.organization_id = %(organization)s AND license.learner_id = invitation.learner_id
     WHERE invitation.organization_id = %(organization)s AND license.state = 'active'
     GROUP BY license.pool_id
"""


@dataclass(frozen=True, slots=True)
class Invited:
    """How many holders of a pool's licenses were invited and have not followed the link yet, and how many have."""

    invited: int = 0
    activated: int = 0


def digest_of(key: str) -> bytes:
    """Return what is stored of a link's key; a random secret needs no slow hash."""
    return hashlib.sha256(key.encode()).digest()


def end_links(cursor: CursorWrapper, organization_id: int, writes: Writes) -> None:
    """End the sessions of everybody who leaves or goes by these writes; their links open nothing from now on."""
    changes = writes.changes
    left = changes.filter((changes["attribute"] == "status") & (changes["after"] == "inactive"))
    gone = [*left["learner_id"], *writes.removed["learner_id"]]
    for statement in _END_LINKS if gone else ():
        cursor.execute(statement, [organization_id, gone])


def find_invitation(key: str) -> LearnerInvitation | None:
    """Return what a link's key opens while its person holds a license; expired and activated ones too."""
    # Global by design: the key is what names the organization.
    found = LearnerInvitation.objects.filter(digest=digest_of(key)).first()
    if found is None:
        return None
    licenses = LicenseAssignment.objects.filter(organization_id=found.organization_id, learner_id=found.learner_id)
    return found if licenses.filter(state=LicenseState.ACTIVE).exists() else None


def activate(invitation: LearnerInvitation, *, now: datetime) -> bool:
    """Mark the license as activated, once; False when the link is over or was followed before."""
    mine = LearnerInvitation.objects.filter(
        organization_id=invitation.organization_id, learner_id=invitation.learner_id, digest=invitation.digest
    )
    return mine.filter(activated_at=None, expires_at__gt=now).update(activated_at=now) == 1


def invitations_of(organization: Organization, learner_ids: Collection[int]) -> dict[int, LearnerInvitation]:
    """Return the invitation of each of the learners who has one."""
    mine = LearnerInvitation.objects.filter(organization_id=organization.pk, learner_id__in=learner_ids)
    return {one.learner_id: one for one in mine}


def count_invited(organization: Organization) -> dict[int, Invited]:
    """Return by pool how many of those who hold a license were invited and have activated it."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"organization": organization.pk})
        return {pool_id: Invited(invited, activated) for pool_id, invited, activated in cursor.fetchall()}


def not_activated(holders: QuerySet[LicenseAssignment], organization: Organization) -> QuerySet[LicenseAssignment]:
    """Return those of the holders who have never followed a link, whether they were sent one or not."""
    done = LearnerInvitation.objects.filter(organization_id=organization.pk, activated_at__isnull=False)
    return holders.filter(state=LicenseState.ACTIVE).exclude(learner_id__in=done.values("learner_id"))


def to_invite(holders: QuerySet[LicenseAssignment], organization: Organization, *, now: datetime) -> list[int]:
    """Return whom a click that means everybody invites, of those who have not activated.

    Who was never invited comes first, then who waits longest; as many as one job may invite, and nobody who was sent
    a mail within the last day: the next click goes on with the others.
    """
    sent = LearnerInvitation.objects.filter(organization_id=organization.pk)
    lately = sent.filter(sent_at__gt=now - PAUSE).values("learner_id")
    last = sent.filter(learner_id=OuterRef("learner_id")).values("sent_at")
    waiting = not_activated(holders, organization).exclude(learner_id__in=lately).annotate(last=Subquery(last))
    ordered = waiting.order_by(F("last").asc(nulls_first=True), "learner_id")
    return list(ordered.values_list("learner_id", flat=True)[: organization.most_invitations])
