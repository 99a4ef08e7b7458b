"""Content that takes a license: who has an active one may start it, and is recommended it; others see why not."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from orgsync.core.assigning import Audience
from orgsync.server.directory.audiences import count_licensed
from orgsync.server.directory.models import LicenseAssignment, LicenseState, Pool
from orgsync.server.learning.models import Content


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How many of the people whom an audience reaches could not start a content."""

    pool: Pool
    without: int
    reached: int


def only_licensed(contents: QuerySet[Content], organization_id: int, learner_id: int) -> QuerySet[Content]:
    """Leave out what takes a license that the learner does not have."""
    held = LicenseAssignment.objects.filter(
        organization_id=organization_id, learner_id=learner_id, state=LicenseState.ACTIVE, pool_id=OuterRef("pool_id")
    )
    return contents.filter(Q(pool_id=None) | Exists(held))


def pool_missing(content: Content, learner_id: int) -> Pool | None:
    """Return the pool of which the learner would need a license to start the content; None where nothing is missing."""
    pool = pool_of(content)
    if pool is None:
        return None
    mine = {"organization_id": content.organization_id, "learner_id": learner_id}
    held = LicenseAssignment.objects.filter(**mine, pool_id=pool.pk, state=LicenseState.ACTIVE)
    return None if held.exists() else pool


def pool_of(content: Content) -> Pool | None:
    """Return the pool of which a person needs a license to learn the content."""
    if content.pool_id is None:
        return None
    return Pool.objects.filter(organization_id=content.organization_id, id=content.pool_id).first()


def shortfall_of(content: Content, audiences: Sequence[Audience]) -> Shortfall | None:
    """Return how many of these people have no active license for the content; None where all have, or none is needed.

    Whom several audiences reach counts once.
    """
    pool = pool_of(content)
    if pool is None or not audiences:
        return None
    reached, held = count_licensed(content.organization_id, audiences, pool.pk)
    return Shortfall(pool, reached - held, reached) if held < reached else None
