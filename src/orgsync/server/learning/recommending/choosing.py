"""What is recommended to one learner, and why, in words that they can check."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from orgsync.server.directory.models import Learner
from orgsync.server.learning.licensed import only_licensed
from orgsync.server.learning.models import (
    Affinity,
    AssignmentState,
    Content,
    LearnerAssignment,
    Progress,
    RecommendationRule,
)
from orgsync.server.learning.recommending.rules import fits, matching_rules, named_by
from orgsync.server.learning.visible import visible_content
from orgsync.server.orgs.models import Organization

MOST: Final = 6
DIMENSIONS: Final = ("department_name", "work_title", "manager")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Content with the reason why it is shown."""

    content: Content
    why: str
    is_by_rule: bool


def recommend(organization: Organization, learner: Learner, *, most: int = MOST) -> list[Recommendation]:
    """
    Return what is recommended, the best first: by rules, then by colleagues.

    Never what the learner has begun, completed or is assigned, nothing that they do not see, and nothing that takes a
    license which they do not have.
    """
    open_to = _not_known_yet(organization.pk, learner)
    by_rule = _by_rule(organization, learner, open_to, most)
    if len(by_rule) == most:
        return by_rule
    known = {one.content.pk for one in by_rule}
    return by_rule + _by_colleagues(organization, learner, open_to.exclude(id__in=known), most - len(by_rule))


def _not_known_yet(organization_id: int, learner: Learner) -> QuerySet[Content]:
    mine = {"organization_id": organization_id, "learner_id": learner.id}
    begun = Progress.objects.filter(Q(started_at__isnull=False) | Q(completed_at__isnull=False), **mine)
    assigned = LearnerAssignment.objects.filter(state=AssignmentState.OPEN, **mine)
    found = only_licensed(visible_content(organization_id, learner.id), organization_id, learner.id)
    found = found.exclude(id__in=begun.values("content_id"))
    return found.exclude(id__in=assigned.values("content_id"))


def _by_rule(
    organization: Organization, learner: Learner, open_to: QuerySet[Content], most: int
) -> list[Recommendation]:
    """Let the newest rule choose first, and of what it names the newest content; three statements for any number."""
    rules = matching_rules(organization.pk, learner)
    if not rules:
        return []
    named = open_to.filter(named_by(rules)).order_by("-created_at", "-id").values_list("id", "skills")
    candidates = list(named)
    chosen: dict[int, RecommendationRule] = {}
    for rule in rules:
        fitting = (content_id for content_id, skills in candidates if fits(rule, content_id, skills))
        for content_id in islice(fitting, most):
            chosen.setdefault(content_id, rule)
        if len(chosen) >= most:
            break
    first = islice(chosen.items(), most)
    why = {content_id: _rule_words(rule, organization) for content_id, rule in first}
    return _shown(organization.pk, why, is_by_rule=True)


def _by_colleagues(
    organization: Organization, learner: Learner, open_to: QuerySet[Content], most: int
) -> list[Recommendation]:
    """Add up what each of the person's departments, titles and teams says; the one that says most gives the words."""
    scores: dict[int, float] = {}
    strongest: dict[int, Affinity] = {}
    for row in _rows_of(organization.pk, learner):
        scores[row.content_id] = scores.get(row.content_id, 0.0) + row.score
        if row.content_id not in strongest or row.score > strongest[row.content_id].score:
            strongest[row.content_id] = row
    best = sorted(scores, key=lambda content_id: (-scores[content_id], content_id))
    known = set(open_to.filter(id__in=best).values_list("id", flat=True))
    first = islice((content_id for content_id in best if content_id in known), most)
    why = {content_id: _colleague_words(strongest[content_id]) for content_id in first}
    return _shown(organization.pk, why, is_by_rule=False)


def _shown(organization_id: int, why: Mapping[int, str], *, is_by_rule: bool) -> list[Recommendation]:
    """Return the content that was chosen, in its order: the words for each by its id. The rest is not read."""
    contents = Content.objects.filter(organization_id=organization_id).in_bulk(why)
    return [
        Recommendation(contents[content_id], words, is_by_rule)
        for content_id, words in why.items()
        if content_id in contents
    ]


def _rows_of(organization_id: int, learner: Learner) -> list[Affinity]:
    values = (learner.department_name, learner.work_title, learner.manager_id)
    pairs = [(name, str(value)) for name, value in zip(DIMENSIONS, values, strict=True) if value is not None]
    either = Q(pk__in=[])
    for dimension, value in pairs:
        either |= Q(dimension=dimension, value=value)
    return list(Affinity.objects.filter(either, organization_id=organization_id))


def _rule_words(rule: RecommendationRule, organization: Organization) -> str:
    if rule.why:
        return rule.why
    if rule.skill:
        told = {"skill": rule.skill, "value": rule.value, "name": organization.name}
        return _("%(name)s recommends %(skill)s to %(value)s.") % told
    return _("%(name)s recommends it to %(value)s.") % {"value": rule.value, "name": organization.name}


def _colleague_words(row: Affinity) -> str:
    """Say how many did it, of how many, and how that compares: the figures that made it a recommendation."""
    where = {
        "department_name": _("in %s") % row.value,
        "work_title": _("who work as %s") % row.value,
        "manager": _("in your team"),
    }[row.dimension]
    told = {
        "people": row.people,
        "all": row.all_people,
        "where": where,
        "others": row.other_people,
        "all_others": f"{row.other_all_people:,}",
    }
    return (
        _("%(people)d of %(all)d people %(where)s completed or liked it; elsewhere %(others)d of %(all_others)s.")
        % told
    )
