"""Stories for two organizations that must end alike: files of two feeds, edits, undos, rules, settings, guards."""

import itertools
from datetime import datetime
from typing import Any, Final

from hypothesis import strategies as st

from orgsync.core.edits import Edit
from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.where import parse_where
from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed, Learner
from orgsync.server.learning.models import Assignment, Content
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads import transitions
from orgsync.server.uploads.edits import EditRefused, edit_people
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.pipeline import process
from orgsync.server.uploads.ruleedits import save_rule
from orgsync.server.uploads.undoing import UndoRefused, start_undo
from tests.server.pipeline.pipeline_world import MONDAY, World, codes, statuses

HEADER: Final = (
    "unique_user_id,primary_email_address,existing_email_address,work_title,attribute_office,worker_status,"
    "start_date,manager_unique_user_id,manager_primary_email_address,groups,license_english_status"
)
PEOPLE: Final = 5
NOBODY: Final = HEADER + "\nE1,p1@example.com,,,,,,,,,\n"
OTHER: Final = "Contractors"
COUNTED: Final = ("updated", "deleted", "unchanged", "skipped", "warning")
GUARDS: Final = (
    *("leavers", "reactivations", "emails_changed", "managers_changed", "licenses_revoked", "group_removals"),
    *("values_cleared", "values_changed", "joiners", "rows_in_error"),
)
WIDE: Final = {"number": 100, "percent": 100, "cap": None}

ids = st.integers(1, PEOPLE).map(lambda n: f"E{n}")
addresses = st.integers(1, PEOPLE + 1).map(lambda n: f"p{n}@example.com")


@st.composite
def rows(draw: Any) -> str:
    """Draw a row; mostly a person with their own address, so that files say much of the same."""
    number = draw(st.integers(1, PEOPLE))
    is_odd = draw(st.integers(0, 9)) == 0
    cells = [
        draw(ids) if is_odd else f"E{number}",
        draw(addresses) if draw(st.integers(0, 5)) == 0 else f"p{number}@example.com",
        draw(addresses) if is_odd else "",
        draw(st.sampled_from(["Cook", "Cook", "Waiter", "", "#CLEAR#"])),
        draw(st.sampled_from(["Bern", "Bern", "bern", "Rome"])),
        draw(st.sampled_from(["active", "active", "", "inactive", "gone"])),
        draw(st.sampled_from(["", "", "2020-01-01", "2030-01-01"])),
        draw(st.sampled_from(["", "E1", "E2", "E9"])),
        draw(st.sampled_from(["", "", "p1@example.com", "p3@example.com"])),
        draw(st.sampled_from(["", "A", "B", '"A,B"', "#CLEAR#"])),
        draw(st.sampled_from(["", "active", "active", "inactive"])),
    ]
    return ",".join(cells)


files = st.lists(rows(), min_size=1, max_size=PEOPLE + 1).map(lambda lines: "\n".join([HEADER, *lines, ""]))
people = st.integers(1, PEOPLE)
modes = st.sampled_from([Mode.FULL, Mode.FULL, Mode.CHANGES, Mode.ADDITIONS_ONLY])
edits = st.sampled_from(["title", "title kept", "title lifted", "manager", "group", "license", "protected", "leaves"])
rules = st.sampled_from(['work_title = "Cook"', 'attribute_office = "Bern"', 'under_manager "p1@example.com"'])
settings_of_organization = st.sampled_from(["leaves_by_status", "reads_groups_literally", "seats"])

plain_acts = st.one_of(
    st.tuples(st.just("file"), files),
    st.tuples(st.just("again"), st.integers(0, 3)),
    st.tuples(st.just("again"), st.integers(0, 3)),
    st.tuples(st.just("write"), people, st.sampled_from(["work_title", "keys", "is_active"])),
    st.tuples(st.just("setting"), settings_of_organization),
    st.tuples(st.just("mode"), modes),
)
all_acts = st.one_of(
    plain_acts,
    st.tuples(st.just("other"), files),
    st.tuples(st.just("edit"), people, edits),
    st.tuples(st.just("undo"), st.integers(0, 2)),
    st.tuples(st.just("rule"), rules),
    st.tuples(st.just("guards"), st.booleans()),
)
_names = itertools.count(1)


def new_name() -> str:
    return f"Story{next(_names)}"


def set_up(world: World) -> World:
    """Let two people have a seat, and no guard mind anything; a second feed stands below the first."""
    world.organization.pool_set.update(seats=2)
    Feed.objects.create(organization=world.organization, name=OTHER, rank=5, mode=Mode.CHANGES)
    set_guards(world, strict=False)
    _assign(world, "Welcome", audience="everybody", due="after_start", due_days=30)
    _assign(world, "Knives", audience="attribute", attribute="work_title", value="cook")
    return world


def _assign(world: World, title: str, **fields: Any) -> None:
    course = Content.objects.create(**world.mine, key=title, title=title, title_key=title.lower(), created_at=MONDAY)
    Assignment.objects.create(**world.mine, content_id=course.pk, made_at=MONDAY, begun_at=MONDAY, **fields)


def first_night() -> str:
    lines = [f"E{n},p{n}@example.com,,Cook,Bern,active,,{'E1' if n > 1 else ''},,A,active" for n in range(1, PEOPLE)]
    return "\n".join([HEADER, *lines, ""])


def act(world: World, what: tuple[Any, ...], sent: list[str], now: datetime) -> object:
    """Do one thing in a world; return what can be seen of it."""
    kind, *arguments = what
    return ACTS[kind](world, *arguments, sent=sent, now=now)


def _file(world: World, text: str, *, sent: list[str], now: datetime) -> object:
    return _told(_run(world, world.upload(text), now))


def _again(world: World, place: int, *, sent: list[str], now: datetime) -> object:
    """Send what was sent before, newest first; most nights bring nearly the same file."""
    return _file(world, sent[-1 - place] if place < len(sent) else NOBODY, sent=sent, now=now)


def _other(world: World, text: str, *, sent: list[str], now: datetime) -> object:
    other = Feed.objects.get(**world.mine, name=OTHER)
    return _told(_run(world, world.upload(text, feed=other), now))


def _edit(world: World, number: int, how: str, *, sent: list[str], now: datetime) -> object:
    person = Learner.objects.filter(**world.mine, id=number).first()
    if person is None:
        return None
    said: dict[str, dict[str, Any]] = {
        "title": {"values": {"work_title": "Chef"}},
        "title kept": {"values": {"work_title": "Chef"}, "keeps": ["work_title"]},
        "title lifted": {"lifts": ["work_title"]},
        "manager": {"manager": "p2@example.com"},
        "group": {"leaves": ["A"], "joins": ["B"]},
        "license": {"licenses": {"license_english_status": True}},
        "protected": {"is_protected": True},
        "leaves": {"values": {"worker_status": "inactive"}},
    }
    edit = Edit(person.id, person.primary_email_address, **said[how])
    try:
        return _told(edit_people(world.organization, [edit], world.owner, clock=lambda: now))
    except EditRefused as refused:
        return str(refused)


def _undo(world: World, place: int, *, sent: list[str], now: datetime) -> object:
    """Undo one of the last applied jobs, and let the feeds go on."""
    done = UploadJob.objects.filter(**world.mine, status=JobStatus.DONE).exclude(kind=JobKind.SWEEP).order_by("-id")
    job = next(iter(done[place : place + 1]), None)
    if job is None:
        return None
    try:
        seen = _told(_run(world, start_undo(job, by=world.owner, now=now), now))
    except UndoRefused as refused:
        return str(refused).replace(str(job.public_id), "")
    Feed.objects.filter(**world.mine).update(holds_next=False)
    return seen


def _rule(world: World, where: str, *, sent: list[str], now: datetime) -> object:
    """Save a rule, unless it names somebody who is not there by that address."""
    try:
        job = save_rule(world.organization, "Team", parse_where(where), by=world.owner, now=now)
    except RuleError as refused:
        return str(refused)
    return _told(_run(world, job, now))


def _mode(world: World, mode: Mode, *, sent: list[str], now: datetime) -> object:
    world.set_feed(mode=mode)
    return None


def _setting(world: World, name: str, *, sent: list[str], now: datetime) -> object:
    organization = Organization.objects.get(id=world.id)
    if name == "seats":
        pool = organization.pool_set.get()
        organization.pool_set.update(seats=1 if pool.seats is None else None)
    else:
        Organization.objects.filter(id=world.id).update(**{name: not getattr(organization, name)})
    return None


def _write(world: World, number: int, field: str, *, sent: list[str], now: datetime) -> object:
    """Write past the engine what a person may have: another title, a new pair of keys, the other status."""
    person = Learner.objects.filter(**world.mine, id=number).first()
    if person is None:
        return None
    place = number + 100
    keys = {"unique_user_id": f"E{place}", "email_key": f"p{place}@example.com"}
    changes: dict[str, dict[str, Any]] = {
        "keys": {**keys, "primary_email_address": keys["email_key"]},
        "is_active": {"is_active": not person.is_active},
        "work_title": {"work_title": "By hand"},
    }
    world.write(Learner, changes[field], id=number)
    return None


def _guards(world: World, strict: bool, *, sent: list[str], now: datetime) -> object:
    set_guards(world, strict=strict)
    return None


def set_guards(world: World, *, strict: bool) -> None:
    """Set limits that two of anything trip, or that nothing does."""
    limits = {"number": 1, "percent": 1, "cap": None} if strict else WIDE
    Feed.objects.filter(**world.mine).update(guards=dict.fromkeys(GUARDS, limits))


def _run(world: World, job: UploadJob, now: datetime) -> UploadJob:
    """Take one job through the pipeline at a moment of its own."""
    number = transitions.start(job.pk, worker="test", now=now)
    assert number is not None
    process(job.pk, number, now=now, clock=lambda: now)
    return world.stored(job)


def _told(job: UploadJob) -> tuple[object, ...]:
    """Return everything that a sender is told of a job."""
    counts = [getattr(job, f"{name}_count") for name in COUNTED]
    reasons = [(reason["code"], reason["message"]) for reason in job.hold_reasons]
    return job.status, job.reason_code, statuses(job) if job.result else [], sorted(codes(job)), reasons, counts


ACTS: Final = {
    "file": _file,
    "again": _again,
    "other": _other,
    "edit": _edit,
    "undo": _undo,
    "rule": _rule,
    "mode": _mode,
    "setting": _setting,
    "write": _write,
    "guards": _guards,
}
