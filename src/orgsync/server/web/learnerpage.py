"""The page of one learner: what is known, since when and by whom it was said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.server.directory.models import (
    Claim,
    Feed,
    Group,
    Learner,
    LicenseAssignment,
    Membership,
    PermissionGrant,
    Pool,
    Reason,
)
from orgsync.server.directory.queries import people_in_order
from orgsync.server.directory.timeline import Fact, Origin, Subject, Timeline, origins_of, timeline_of
from orgsync.server.orgs.models import Admin
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.forms.learners import STATE_WORDS, label_of
from orgsync.server.web.learnertable import name_of

REPORTS_SHOWN: Final = 20
REASON_WORDS: Final = {
    Reason.FILE: _("by file"),
    Reason.HAND: _("by hand"),
    Reason.RULE: _("by rule"),
    Reason.SCIM: _("by SCIM"),
}
FACT_WORDS: Final = {
    "primary_email_address": _("E-mail address"),
    "unique_user_id": _("Unique user ID"),
    "status": _("Status"),
    "manager": _("Manager"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """One attribute with its origin; no origin where it is as at the creation."""

    label: str
    value: Any
    origin: Origin | None
    job: UploadJob | None


@dataclass(frozen=True, slots=True)
class Link:
    """A group or a license of the learner: what it is called, what is to be said of it, since when, by which job."""

    name: str
    said: Sequence[Any]
    state: str
    since: datetime
    job: UploadJob | None
    is_by_hand: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One fact in words; before and after are None where there was nothing, or is nothing any more."""

    label: str
    before: Any
    after: Any
    row_number: int | None
    subject: Subject


@dataclass(frozen=True, slots=True)
class Entry:
    """A moment of the timeline in words."""

    at: datetime
    job: UploadJob | None
    is_by_job: bool
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class _Names:
    """What the ids on the page stand for."""

    groups: Mapping[int, str]
    pools: Mapping[int, str]
    feeds: Mapping[int, str]
    people: Mapping[int, Learner]
    jobs: Mapping[int, UploadJob]


def learner_page(learner: Learner, *, before: datetime | None) -> dict[str, Any]:
    """Return what the page shows; the timeline begins before the time given, if one is."""
    mine = {"organization_id": learner.organization_id, "learner_id": learner.id}
    memberships = list(Membership.objects.filter(**mine))
    licenses = list(LicenseAssignment.objects.filter(**mine))
    origins, timeline = origins_of(learner), timeline_of(learner, before=before)
    names = _names(learner, timeline, [*origins.values()], [*memberships, *licenses])
    reports = Learner.objects.filter(organization_id=learner.organization_id, manager_id=learner.id)
    people = list(reports.order_by("last_name_key", "first_name_key", "id")[: REPORTS_SHOWN + 1])
    return {
        "learner": learner,
        "name": name_of(learner),
        "created_by": names.jobs.get(learner.created_job_id or 0),
        "values": _values(learner, origins, names),
        "groups": sorted((_group(one, names) for one in memberships), key=lambda link: link.name.casefold()),
        "licenses": sorted((_license(one, names) for one in licenses), key=lambda link: link.name.casefold()),
        "manager": names.people.get(learner.manager_id or 0),
        "reports": people[:REPORTS_SHOWN],
        "has_more_reports": len(people) > REPORTS_SHOWN,
        "claims": _claiming_feeds(learner),
        "permissions": list(PermissionGrant.objects.filter(**mine).order_by("permission")),
        "role": Admin.objects.filter(**mine).select_related("account").first(),
        "entries": [_entry(moment, names) for moment in timeline.moments],
        "older": timeline.older,
        "is_earlier": before is not None,
    }


def _names(learner: Learner, timeline: Timeline, origins: Iterable[Origin], links: Iterable[Any]) -> _Names:
    mine = {"organization_id": learner.organization_id}
    facts = [fact for moment in timeline.moments for fact in moment.facts]
    links = list(links)
    groups = {one.group_id for one in links if isinstance(one, Membership)} | _ids(facts, Subject.GROUP)
    jobs = {moment.job_id for moment in timeline.moments} | {origin.job_id for origin in origins}
    jobs |= {learner.created_job_id, *(one.since_job_id for one in links)}
    people = _managers(facts) | {learner.manager_id or 0}
    found = UploadJob.objects.filter(**mine, id__in=[job for job in jobs if job is not None]).select_related("feed")
    return _Names(
        groups=dict(Group.objects.filter(**mine, id__in=groups).values_list("id", "name")),
        pools=dict(Pool.objects.filter(**mine).values_list("id", "name")),
        feeds=dict(Feed.objects.filter(**mine, id__in=_ids(facts, Subject.CLAIM)).values_list("id", "name")),
        people={one.id: one for one in people_in_order(learner.organization_id, sorted(people))},
        jobs={job.pk: job for job in found},
    )


def _ids(facts: Iterable[Fact], subject: Subject) -> set[int]:
    return {int(fact.name) for fact in facts if fact.subject is subject}


def _managers(facts: Iterable[Fact]) -> set[int]:
    """Return the learners that the log names as managers; a reference that waits for somebody is no number."""
    sides = [side for fact in facts if fact.name == "manager" for side in (fact.before, fact.after)]
    return {int(side) for side in sides if isinstance(side, str) and side.isdecimal()}


def _values(learner: Learner, origins: Mapping[str, Origin], names: _Names) -> list[Value]:
    """Return the attributes that have a value, in the catalogue's order, custom ones behind."""
    stored = {name: getattr(learner, name) for name in ATTRIBUTE_NAMES} | dict(sorted(learner.custom.items()))
    held = [(name, value, origins.get(name)) for name, value in stored.items() if value is not None]
    return [
        Value(label_of(name), value, origin, names.jobs.get(origin.job_id or 0) if origin else None)
        for name, value, origin in held
    ]


def _group(one: Membership, names: _Names) -> Link:
    job = names.jobs.get(one.since_job_id or 0)
    return Link(names.groups[one.group_id], reasons_of(one.reasons), "", one.since, job, is_by_hand=False)


def _license(one: LicenseAssignment, names: _Names) -> Link:
    job = names.jobs.get(one.since_job_id or 0)
    said = [STATE_WORDS[one.state]]
    return Link(names.pools[one.pool_id], said, one.state, one.since, job, is_by_hand=one.is_by_hand)


def reasons_of(mask: int) -> list[Any]:
    """Return why somebody is in a group, in words."""
    return [word for reason, word in REASON_WORDS.items() if mask & reason]


def _claiming_feeds(learner: Learner) -> list[Feed]:
    claims = Claim.objects.filter(organization_id=learner.organization_id, learner_id=learner.id)
    feeds = Feed.objects.filter(organization_id=learner.organization_id, id__in=claims.values("feed_id"))
    return list(feeds.order_by("rank", "name"))


def _entry(moment: Any, names: _Names) -> Entry:
    lines = [_line(fact, names) for fact in moment.facts]
    return Entry(moment.at, names.jobs.get(moment.job_id or 0), moment.job_id is not None, lines)


def _line(fact: Fact, names: _Names) -> Line:
    label, said = _words(fact, names)
    sides = [None if side is None else said(side) for side in (fact.before, fact.after)]
    return Line(label, sides[0], sides[1], fact.row_number, fact.subject)


def _words(fact: Fact, names: _Names) -> tuple[str, Any]:
    """Return what a fact is about, and how its sides are said."""
    if fact.subject is Subject.GROUP:
        return names.groups.get(int(fact.name), str(_("a group that is gone"))), lambda mask: ", ".join(
            map(str, reasons_of(mask))
        )
    if fact.subject is Subject.LICENSE:
        return names.pools.get(int(fact.name), str(_("a pool that is gone"))), STATE_WORDS.__getitem__
    if fact.subject is Subject.CLAIM:
        return str(_("Feed")), lambda _side: names.feeds.get(int(fact.name), str(_("a feed that is gone")))
    name = str(fact.name)
    label = str(FACT_WORDS.get(name) or label_of(name))
    return label, (lambda side: _manager_words(side, names)) if name == "manager" else str


def _manager_words(side: str, names: _Names) -> str:
    """Say a manager's name; a reference that still waits for somebody is shown as it was given."""
    if side.isdecimal():
        found = names.people.get(int(side))
        return name_of(found) if found else f"#{side}"
    return f"{side.removeprefix('?')} ({_('not known yet')})"
