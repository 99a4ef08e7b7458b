"""A learner's timeline in words: what the ids in it stand for, and how each fact is said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import label_of
from orgsync.core.model import Mode
from orgsync.server.directory.models import Learner, Reason
from orgsync.server.directory.timeline import Fact, Moment, Subject
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.web.forms.learners import STATE_WORDS
from orgsync.server.web.learnertable import name_of

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
    "is_protected": _("Protected"),
}
OVERRIDE: Final = "override:"


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids on the page stand for."""

    groups: Mapping[int, str]
    rule_groups: frozenset[int]
    pools: Mapping[int, str]
    feeds: Mapping[int, str]
    people: Mapping[int, Learner]
    jobs: Mapping[int, UploadJob]
    are_all_seen: bool = True
    """Whether the reader sees everybody; else only those in `people` are named."""


@dataclass(frozen=True, slots=True)
class Line:
    """One fact in words; before and after are None where there was nothing, or is nothing any more."""

    label: str
    before: Any
    after: Any
    row_number: int | None
    subject: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A moment of the timeline in words."""

    at: datetime
    job: UploadJob | None
    is_by_job: bool
    can_undo: bool
    lines: Sequence[Line]
    cause: str | None = None
    """Why the person left, where no row of a file says so."""
    is_learned: bool = False
    """Whether the person did it themselves, by completing what was assigned."""


def entry_of(moment: Moment, names: Names, is_undoable: Callable[[UploadJob], bool]) -> Entry:
    lines = [_line(fact, names) for fact in moment.facts]
    job = names.jobs.get(moment.job_id or 0)
    can_undo = job is not None and is_undoable(job)
    return Entry(moment.at, job, moment.job_id is not None, can_undo, lines, _cause_of(moment, job))


def _cause_of(moment: Moment, job: UploadJob | None) -> str | None:
    """Say why somebody left of whom no row says it: licenses, groups and claims went with them."""
    is_leaving = any(
        fact.name == "status" and fact.after == "inactive" and not fact.row_number for fact in moment.facts
    )
    if job is None or not is_leaving:
        return None
    if job.kind == JobKind.SWEEP:
        return str(_("Left: the end date is over."))
    if job.kind == JobKind.FILE and job.mode == Mode.FULL:
        return str(_("Left: the full file does not name this person."))
    return None


def reasons_of(mask: int) -> list[Any]:
    """Return why somebody is in a group, in words."""
    return [word for reason, word in REASON_WORDS.items() if mask & reason]


def ids_of(facts: Iterable[Fact], subject: Subject) -> set[int]:
    """Return the groups, pools or feeds that facts are about."""
    return {int(fact.name) for fact in facts if fact.subject is subject}


def managers_of(facts: Iterable[Fact]) -> set[int]:
    """Return the learners that the log names as managers; a reference that waits for somebody is no number."""
    sides = [side for fact in facts if fact.name == "manager" for side in (fact.before, fact.after)]
    return {int(side) for side in sides if isinstance(side, str) and side.isdecimal()}


def overridden_groups(facts: Iterable[Fact]) -> set[int]:
    """Return the groups that overrides are about."""
    targets = (str(fact.name).removeprefix(f"{OVERRIDE}group:") for fact in facts)
    return {int(target) for target in targets if target.isdecimal()}


def _line(fact: Fact, names: Names) -> Line:
    if str(fact.name).startswith(OVERRIDE):
        target = str(fact.name).removeprefix(OVERRIDE)
        return Line(_target_words(target, names), fact.before, fact.after, fact.row_number, "override")
    label, said = _words(fact, names)
    sides = [None if side is None else said(side) for side in (fact.before, fact.after)]
    return Line(label, sides[0], sides[1], fact.row_number, fact.subject)


def _target_words(target: str, names: Names) -> str:
    """Say what a local override is about: an attribute, a key, a group or a license."""
    kind, _colon, number = target.partition(":")
    known = {"group": names.groups, "license": names.pools}.get(kind)
    if known is not None and number.isdecimal():
        return known.get(int(number), f"{kind} {number}")
    return str(FACT_WORDS.get(target) or label_of(target))


def _words(fact: Fact, names: Names) -> tuple[str, Any]:
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


def _manager_words(side: str, names: Names) -> str:
    """Say a manager's name; a reference that still waits for somebody is shown as it was given. Unseen: a dash."""
    if side.isdecimal():
        found = names.people.get(int(side))
        unknown = f"#{side}" if names.are_all_seen else "–"
        return name_of(found) if found else unknown
    if not names.are_all_seen:
        return "–"
    return f"{side.removeprefix('?')} ({_('not known yet')})"
