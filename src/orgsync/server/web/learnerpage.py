"""The page of one learner: what is known, since when and by whom it was said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import ATTRIBUTE_NAMES, label_of
from orgsync.core.model import JobStatus
from orgsync.server.directory.invitations import invitations_of
from orgsync.server.directory.models import (
    Claim,
    Feed,
    Group,
    Learner,
    LicenseAssignment,
    LicenseState,
    Membership,
    Override,
    PermissionGrant,
    Pool,
    Reason,
)
from orgsync.server.directory.queries import SUGGESTED, people_in_order
from orgsync.server.directory.rulegroups import GroupUnknown, Why, why_member
from orgsync.server.directory.scope import groups_within, ids_within, learners_within
from orgsync.server.directory.timeline import Origin, Subject, Timeline, origins_of, timeline_of
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Account, Admin, Organization
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.assigned import entries_of
from orgsync.server.web.forms.learners import STATE_WORDS, TimelineForm
from orgsync.server.web.learnertable import name_of
from orgsync.server.web.timelinewords import Names, ids_of, managers_of, overridden_groups, reasons_of

REPORTS_SHOWN: Final = 20
_GROUP: Final = "group:"
KEY_LABELS: Final = {
    "primary_email_address": _("E-mail address"),
    "unique_user_id": _("Unique user ID"),
    "manager": _("Manager"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A local override: since when, and by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Value:
    """One attribute or key with its origin (none where it is as at the creation) and its local override."""

    name: str
    label: str
    value: Any
    origin: Origin | None
    job: UploadJob | None
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Link:
    """A group or a license of the learner: what it is called, what is to be said of it, since when, by which job."""

    id: int
    name: str
    said: Sequence[Any]
    state: str
    since: datetime
    job: UploadJob | None
    is_by_hand: bool = False
    has_rule: bool = False
    can_leave: bool = False
    """Whether a person can take the learner out: a rule alone decides otherwise."""


def learner_page(learner: Learner, place: TimelineForm, people: People) -> dict[str, Any]:
    """Return what the page shows, with the part of the timeline that the address asks for.

    Of managers and of those who report to the learner only the ones among `people` are named.
    """
    mine = {"organization_id": learner.organization_id, "learner_id": learner.id}
    memberships = list(Membership.objects.filter(**mine))
    licenses = list(LicenseAssignment.objects.filter(**mine))
    timeline = timeline_of(learner, before=place.moment(), about=place.subjects())
    origins, kept = origins_of(learner), _kept(learner)
    names = _names(learner, timeline, origins.values(), [*memberships, *licenses], kept, people)
    manager = names.people.get(learner.manager_id or 0)
    return {
        "learner": learner,
        "name": name_of(learner),
        "created_by": names.jobs.get(learner.created_job_id or 0),
        "keys": _keys(learner, manager, origins, names, kept),
        "values": _values(learner, origins, names, kept),
        "groups": sorted((_group(one, names) for one in memberships), key=lambda link: link.name.casefold()),
        "kept_out": [(group, names.groups[group], said) for group, said in _kept_out(kept) if group in names.groups],
        "licenses": sorted((_license(one, names) for one in licenses), key=lambda link: link.name.casefold()),
        "pools_left": [(pool, name) for pool, name in names.pools.items() if pool not in _taken(licenses)],
        "manager": manager,
        "claims": _claiming_feeds(learner),
        "permissions": list(PermissionGrant.objects.filter(**mine).order_by("permission")),
        "role": Admin.objects.filter(**mine).select_related("account").first(),
        "entries": entries_of(learner, timeline.moments, names, _is_undoable),
        "older": timeline.older,
        "is_earlier": place.moment() is not None,
        "why": _why(learner, place.group_id()),
        "asked_why": place.group_id(),
        "group_names": _group_names(learner.organization_id, people),
        **_reports(learner, people),
    }


def invitation_of(organization: Organization, learner: Learner) -> dict[str, Any]:
    """Return the learner's invitation to their license, and whether one may be sent."""
    found = invitations_of(organization, [learner.id]).get(learner.id)
    is_open = learner.is_active and (found is None or found.activated_at is None)
    holds = LicenseAssignment.objects.filter(
        organization_id=organization.pk, learner_id=learner.id, state=LicenseState.ACTIVE
    )
    may_invite = organization.invites_learners and is_open and holds.exists()
    return {"invitation": found, "may_invite": may_invite, "now": timezone.now()}


def manager_text(learner: Learner, people: People) -> str:
    """Return how the form of values names the learner's manager; empty where there is none among the people."""
    found = learners_within(learner.organization_id, people).filter(id=learner.manager_id or 0)
    return found.values_list("primary_email_address", flat=True).first() or ""


def _reports(learner: Learner, people: People) -> dict[str, Any]:
    found = learners_within(learner.organization_id, people).filter(manager_id=learner.id)
    named = list(found.order_by("last_name_key", "first_name_key", "id")[: REPORTS_SHOWN + 1])
    return {"reports": named[:REPORTS_SHOWN], "has_more_reports": len(named) > REPORTS_SHOWN}


def _kept(learner: Learner) -> dict[str, Kept]:
    """Return the local overrides of attributes, keys and groups, by target."""
    found = list(
        Override.objects.filter(organization_id=learner.organization_id, learner_id=learner.id).order_by("target")
    )
    # Accounts are global; only those are asked for that overrides of this organization name.
    who = dict(Account.objects.filter(id__in={one.by_id for one in found}).values_list("id", "email"))
    return {one.target: Kept(one.at, who.get(one.by_id or 0, "")) for one in found}


def _kept_out(kept: Mapping[str, Kept]) -> list[tuple[int, Kept]]:
    """Return the groups into which no file puts the learner."""
    return [(int(target.removeprefix(_GROUP)), said) for target, said in kept.items() if target.startswith(_GROUP)]


def _names(  # noqa: PLR0917  all that stands on the page
    learner: Learner,
    timeline: Timeline,
    origins: Iterable[Origin],
    links: Sequence[Any],
    kept: Mapping[str, Kept],
    people: People,
) -> Names:
    mine = {"organization_id": learner.organization_id}
    facts = [fact for moment in timeline.moments for fact in moment.facts]
    groups = {one.group_id for one in links if isinstance(one, Membership)} | ids_of(facts, Subject.GROUP)
    groups |= {group for group, _said in _kept_out(kept)} | overridden_groups(facts)
    jobs = {moment.job_id for moment in timeline.moments} | {origin.job_id for origin in origins}
    jobs |= {learner.created_job_id, *(one.since_job_id for one in links)}
    managers = ids_within(learner.organization_id, people, managers_of(facts) | {learner.manager_id or 0})
    found = UploadJob.objects.filter(**mine, id__in=[job for job in jobs if job is not None])
    named = Group.objects.filter(**mine, id__in=groups)
    return Names(
        groups=dict(named.values_list("id", "name")),
        rule_groups=frozenset(named.filter(is_rule=True).values_list("id", flat=True)),
        pools=dict(Pool.objects.filter(**mine).order_by("name", "id").values_list("id", "name")),
        feeds=dict(Feed.objects.filter(**mine, id__in=ids_of(facts, Subject.CLAIM)).values_list("id", "name")),
        people={one.id: one for one in people_in_order(learner.organization_id, sorted(managers))},
        are_all_seen=people.is_everybody,
        jobs={job.pk: job for job in found.select_related("feed", "requested_by", "organization").defer("messages")},
    )


def _keys(
    learner: Learner, manager: Learner | None, origins: Mapping[str, Origin], names: Names, kept: Mapping[str, Kept]
) -> list[Value]:
    waits_for = learner.pending_manager_email or learner.pending_manager_id
    reports_to = name_of(manager) if manager else waits_for if names.are_all_seen else None
    stored = {
        "primary_email_address": learner.primary_email_address,
        "unique_user_id": learner.unique_user_id,
        "manager": reports_to,
    }
    return [_value(name, str(KEY_LABELS[name]), value, origins, names, kept) for name, value in stored.items()]


def _values(learner: Learner, origins: Mapping[str, Origin], names: Names, kept: Mapping[str, Kept]) -> list[Value]:
    """Return the attributes that have a value or an override, in the catalogue's order, custom ones behind."""
    stored = {name: getattr(learner, name) for name in ATTRIBUTE_NAMES} | dict(sorted(learner.custom.items()))
    stored |= {name: None for name in kept if ":" not in name and name not in stored and name not in KEY_LABELS}
    shown = {name: value for name, value in stored.items() if value is not None or name in kept}
    return [_value(name, label_of(name), value, origins, names, kept) for name, value in shown.items()]


def _value(  # noqa: PLR0917  what a line of the table is made of
    name: str, label: str, value: Any, origins: Mapping[str, Origin], names: Names, kept: Mapping[str, Kept]
) -> Value:
    origin = origins.get(name)
    job = names.jobs.get(origin.job_id or 0) if origin else None
    return Value(name, label, value, origin, job, kept.get(name))


def _group(one: Membership, names: Names) -> Link:
    job = names.jobs.get(one.since_job_id or 0)
    can_leave = one.reasons & ~Reason.RULE != 0
    has_rule = one.group_id in names.rule_groups
    said = reasons_of(one.reasons)
    return Link(
        one.group_id, names.groups[one.group_id], said, "", one.since, job, has_rule=has_rule, can_leave=can_leave
    )


def _license(one: LicenseAssignment, names: Names) -> Link:
    job = names.jobs.get(one.since_job_id or 0)
    said = [STATE_WORDS[one.state]]
    return Link(one.pool_id, names.pools[one.pool_id], said, one.state, one.since, job, is_by_hand=one.is_by_hand)


def _taken(licenses: Iterable[LicenseAssignment]) -> set[int]:
    return {one.pool_id for one in licenses if one.state != LicenseState.DENIED}


def _claiming_feeds(learner: Learner) -> list[Feed]:
    claims = Claim.objects.filter(organization_id=learner.organization_id, learner_id=learner.id)
    feeds = Feed.objects.filter(organization_id=learner.organization_id, id__in=claims.values("feed_id"))
    return list(feeds.order_by("rank", "name"))


def _group_names(organization_id: int, people: People) -> list[str]:
    """Return the groups that the field for joining one suggests."""
    groups = groups_within(organization_id, people).filter(is_rule=False).order_by("name_key")
    return list(groups.values_list("name", flat=True)[:SUGGESTED])


def _why(learner: Learner, group_id: int | None) -> Why | None:
    """Return why the learner is in a group, where the address asks for it."""
    if group_id is None:
        return None
    group = Group.objects.filter(organization_id=learner.organization_id, id=group_id).first()
    if group is None:
        return None
    try:
        return why_member(learner.organization_id, learner.primary_email_address, group.name)
    except GroupUnknown:
        return None


def _is_undoable(job: UploadJob) -> bool:
    """Say whether an undo may be asked for; whether it is possible is said when it is planned."""
    if job.status != JobStatus.DONE or job.is_dry_run or job.finished_at is None:
        return False
    return timezone.now() - job.finished_at <= timedelta(days=job.organization.undo_days)
