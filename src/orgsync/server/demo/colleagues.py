"""What people of a company that never was do by themselves: favourite courses, likes, shares, follows; and rules."""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Content, ContentKind, Follow, RecommendationRule, Source, Verb
from orgsync.server.learning.recommending.rules import skills_of
from orgsync.server.learning.recommending.scoring import score_organization
from orgsync.server.learning.recording import Deed, record
from orgsync.server.learning.telling.sharing import With, share
from orgsync.server.orgs.models import Organization

MOST_PEOPLE: Final = 1_000
"""Of a larger company so many learn something by themselves."""
_SEED: Final = 2026
_NAMESPACE: Final = uuid.UUID("0c5f3f0a-8a55-4b62-9f0a-6d4a4b6a2c11")
_NOTE: Final = "This helped me last week. The second chapter is the best."


class NobodyThere(OrgSyncError):
    """The organization has no people yet; nothing was made."""


def seed_colleagues(organization: Organization, *, now: datetime) -> dict[str, int]:
    """Let people learn what their department likes, and tell one another; run again it adds nothing. Returns counts."""
    people = _people(organization)
    mine = Content.objects.filter(organization=organization, archived_at=None, kind=ContentKind.COURSE)
    courses = list(mine.order_by("id"))
    deeds = record(organization, _deeds(organization, people, courses, now), source=Source.PAGE, now=now)
    _ties(organization, find_sociable(organization), people, courses, now)
    return {"deeds by choice": len(deeds), "findings": score_organization(organization, now=now)}


def find_sociable(organization: Organization) -> Learner:
    """Return somebody whose manager has several reports, so that there are colleagues to hear of; raise NobodyThere."""
    mine = Learner.objects.filter(organization_id=organization.pk, is_active=True, manager_id__isnull=False)
    teams = mine.values("manager_id").annotate(reports=Count("id")).filter(reports__gte=3).order_by("manager_id")
    first = teams.first()
    found = mine.filter(manager_id=first["manager_id"]).order_by("id").first() if first else None
    return found or _people(organization)[0]


def _people(organization: Organization) -> list[Learner]:
    mine = Learner.objects.filter(organization_id=organization.pk, is_active=True)
    people = list(mine.order_by("id")[:MOST_PEOPLE])
    if not people:
        raise NobodyThere("There are no people yet: send a file first.")
    return people


def _deeds(
    organization: Organization, people: Sequence[Learner], courses: Sequence[Content], now: datetime
) -> list[Deed]:
    """Return what people did: each department has courses that it likes best. The same for the same people."""
    chance = random.Random(_SEED)  # nosec B311 # noqa: S311  a sample
    departments = sorted({one.department_name or "" for one in people})
    liked_there = {name: chance.sample(range(len(courses)), min(4, len(courses))) for name in departments}
    deeds: list[Deed] = []
    for one in people:
        favourites = liked_there[one.department_name or ""]
        wanted = {
            chance.choice(favourites) if chance.random() < 0.7 else chance.randrange(len(courses)) for _ in range(3)
        }
        for place in sorted(wanted):
            at = now - timedelta(minutes=chance.randrange(60, 60 * 24 * 90))
            deeds += _story(organization, one, courses[place], at, chance)
    return deeds


def _story(
    organization: Organization, learner: Learner, course: Content, at: datetime, chance: random.Random
) -> list[Deed]:
    """Let somebody begin a course; most complete it, many like it."""
    verbs = [Verb.VIEWED]
    if chance.random() < 0.75:
        verbs.append(Verb.COMPLETED)
        verbs += [Verb.LIKED] if chance.random() < 0.4 else []
    seconds = (course.seconds or 1_800) // len(verbs)
    return [
        Deed(
            learner.id,
            course.pk,
            verb,
            at + timedelta(minutes=number),
            uuid.uuid5(_NAMESPACE, f"{organization.pk}/{learner.id}/{course.pk}/{verb.value}"),
            seconds=seconds if verb is not Verb.LIKED else 0,
        )
        for number, verb in enumerate(verbs)
    ]


def _ties(
    organization: Organization, hero: Learner, people: Sequence[Learner], courses: Sequence[Content], now: datetime
) -> None:
    """Let the person follow some, be shown something, and fall under rules; once."""
    if Follow.objects.filter(organization_id=organization.pk, learner_id=hero.id).exists():
        return
    others = [one for one in people if one.id != hero.id]
    Follow.objects.bulk_create(
        Follow(organization_id=organization.pk, learner_id=hero.id, followed_id=one.id, since=now)
        for one in others[-3:]
    )
    peers = [one for one in others if one.manager_id == hero.manager_id] or others
    for place, one in enumerate(peers[:2]):
        share(organization, one, courses[place].pk, With([hero.id]), note=_NOTE if place == 0 else "", now=now)
    for attribute, skill in zip(("department_name", "work_title"), skills_of(organization.pk), strict=False):
        value = getattr(hero, attribute)
        if value:
            RecommendationRule.objects.get_or_create(
                organization=organization,
                attribute=attribute,
                value_key=fold_key(value),
                content_id=None,
                skill=skill,
                defaults={"value": value, "made_at": now},
            )
