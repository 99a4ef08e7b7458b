"""Whom somebody follows. Everybody may be followed; what is private stays so."""

from datetime import datetime

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Follow

MOST = 200
"""Colleagues whom one person follows."""


def follow(organization_id: int, learner_id: int, followed_id: int, *, now: datetime) -> bool:
    """Follow an active colleague; return False for anybody else, and when there are as many as there may be."""
    mine = {"organization_id": organization_id, "learner_id": learner_id}
    others = Learner.objects.filter(organization_id=organization_id, id=followed_id, is_active=True)
    if followed_id == learner_id or not others.exists() or Follow.objects.filter(**mine).count() >= MOST:
        return False
    Follow.objects.get_or_create(**mine, followed_id=followed_id, defaults={"since": now})
    return True


def unfollow(organization_id: int, learner_id: int, followed_id: int) -> None:
    """Follow somebody no longer."""
    Follow.objects.filter(organization_id=organization_id, learner_id=learner_id, followed_id=followed_id).delete()


def followed_by(organization_id: int, learner_id: int) -> list[Learner]:
    """Return the active colleagues whom the person follows, by name."""
    links = Follow.objects.filter(organization_id=organization_id, learner_id=learner_id)
    people = Learner.objects.filter(organization_id=organization_id, id__in=links.values("followed_id"), is_active=True)
    return list(people.order_by("last_name_key", "first_name_key", "id"))
