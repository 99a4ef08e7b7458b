"""Rules that an admin writes: what people with a value of an attribute are recommended."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Q

from orgsync.core.columns import BY_NAME
from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import CustomAttribute, Learner
from orgsync.server.learning.models import Content, RecommendationRule
from orgsync.server.orgs.models import Account, Organization

ATTRIBUTES: Final = ("department_name", "work_title", "job_function", "job_level", "worker_type", "country_code")
"""Attributes that sort people; custom ones are added to them."""
_VALUES: Final = """
    SELECT {cell}, count(*) FROM directory_learner AS learner
     WHERE learner.organization_id = %(organization)s AND learner.is_active AND {cell} IS NOT NULL
     GROUP BY 1
"""


class RuleRefused(OrgSyncError):
    """A rule cannot be made as asked; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule to be made: content or a skill, not both."""

    attribute: str
    value: str
    content_id: int | None = None
    skill: str = ""
    why: str = ""


def attributes_of(organization_id: int) -> list[str]:
    """Return the names of the attributes that a rule may ask about."""
    custom = CustomAttribute.objects.filter(organization_id=organization_id).order_by("name")
    return [*(name for name in ATTRIBUTES if name in BY_NAME), *custom.values_list("name", flat=True)]


def values_of(organization_id: int, attribute: str) -> dict[str, int]:
    """Return the values that active people have of an attribute, in one spelling each, with how many have it."""
    if attribute not in attributes_of(organization_id):
        return {}
    is_custom = attribute not in ATTRIBUTES
    cell = "learner.custom ->> %(attribute)s" if is_custom else f"learner.{attribute}"
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(cell=f"({cell})"), {"organization": organization_id, "attribute": attribute})
        found = cursor.fetchall()
    spelled: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for value, count in found:
        spelled[fold_key(value)].append((count, value))
    return {max(ways)[1]: sum(count for count, _ in ways) for _, ways in sorted(spelled.items())}


def count_people(organization_id: int, attribute: str, value: str) -> int:
    """Return how many active people have the value, however it is spelled."""
    key = fold_key(value.strip())
    return sum(count for one, count in values_of(organization_id, attribute).items() if fold_key(one) == key)


def skills_of(organization_id: int) -> list[str]:
    """Return the skills that content which is offered teaches."""
    lists = Content.objects.filter(organization_id=organization_id, archived_at=None).values_list("skills", flat=True)
    return sorted({str(skill) for skills in lists for skill in skills}, key=str.casefold)


def make_rule(organization: Organization, wanted: Wanted, *, by: Account, now: datetime) -> RecommendationRule:
    """Make a rule, or return the one that is there already; raise RuleRefused."""
    value, skill = " ".join(wanted.value.split()), " ".join(wanted.skill.split())
    if wanted.attribute not in attributes_of(organization.pk) or not value:
        raise RuleRefused("Name an attribute and one of its values.")
    if (wanted.content_id is None) == (not skill):
        raise RuleRefused("Name content or a skill: one of them.")
    if skill and skill not in skills_of(organization.pk):
        raise RuleRefused(f"No content teaches {skill}.")
    offered = Content.objects.filter(organization=organization, archived_at=None)
    if not skill and not offered.filter(id=wanted.content_id or 0).exists():
        raise RuleRefused("There is no such content.")
    with transaction.atomic():
        made, is_new = RecommendationRule.objects.get_or_create(
            organization=organization,
            attribute=wanted.attribute,
            value_key=fold_key(value),
            content_id=wanted.content_id,
            skill=skill,
            defaults={"value": value, "why": " ".join(wanted.why.split()), "made_at": now, "made_by": by},
        )
        if is_new:
            record(organization.pk, Action.RECOMMENDATION_RULE_MADE, {"rule": made.pk}, at=now)
    return made


def remove_rule(organization: Organization, rule_id: int, *, now: datetime) -> bool:
    """Remove a rule; return False when it is not there."""
    with transaction.atomic():
        removed, _ = RecommendationRule.objects.filter(organization=organization, id=rule_id).delete()
        if removed:
            record(organization.pk, Action.RECOMMENDATION_RULE_REMOVED, {"rule": rule_id}, at=now)
    return bool(removed)


def matching_rules(organization_id: int, learner: Learner) -> Sequence[RecommendationRule]:
    """Return the rules for the person, the newest first."""
    values = {name: getattr(learner, name) for name in ATTRIBUTES} | learner.custom
    either = Q(pk__in=[])
    for attribute, value in values.items():
        if value:
            either |= Q(attribute=attribute, value_key=fold_key(str(value)))
    return list(RecommendationRule.objects.filter(either, organization_id=organization_id).order_by("-id"))


def named_by(rules: Sequence[RecommendationRule]) -> Q:
    """Return a condition for content that any of the rules names, itself or by a skill that it teaches."""
    contents = [rule.content_id for rule in rules if rule.content_id is not None]
    return Q(id__in=contents) | Q(skills__has_any_keys=[rule.skill for rule in rules if rule.skill])


def fits(rule: RecommendationRule, content_id: int, skills: Sequence[str]) -> bool:
    """Return whether a rule names the content, which teaches these skills."""
    return rule.skill in skills if rule.skill else rule.content_id == content_id
