"""With its shortcuts the engine gives what it gives without them, whatever files, edits and settings came before."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import LazySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed, Learner
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads import transitions
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.pipeline import process
from orgsync.server.uploads.shortcut import Shortcuts
from tests.server.pipeline.pipeline_world import MONDAY, World, codes, hold_codes, statuses

HEADER: Final = (
    "unique_user_id,primary_email_address,existing_email_address,work_title,attribute_office,worker_status,"
    "start_date,manager_unique_user_id,manager_primary_email_address,groups,license_english_status"
)
PEOPLE: Final = 5
_names = itertools.count(1)

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
acts = st.one_of(
    st.tuples(st.just("file"), files),
    st.tuples(st.just("again"), st.integers(0, 3)),
    st.tuples(st.just("again"), st.integers(0, 3)),
    st.tuples(st.just("edit"), st.integers(1, PEOPLE), st.sampled_from(["work_title", "keys", "is_active"])),
    st.tuples(st.just("policy"), st.sampled_from(["leaves_by_status", "reads_groups_literally", "seats"])),
    st.tuples(st.just("mode"), st.sampled_from([Mode.FULL, Mode.FULL, Mode.CHANGES, Mode.ADDITIONS_ONLY])),
)


def told(job: UploadJob) -> tuple[object, ...]:
    """Return everything that a sender is told of a job."""
    counts = [getattr(job, f"{name}_count") for name in ("updated", "deleted", "unchanged", "skipped", "warning")]
    return job.status, statuses(job) if job.result else [], sorted(codes(job)), hold_codes(job), counts


def act(world: World, what: tuple[Any, ...], sent: list[str], now: datetime) -> tuple[object, ...]:
    """Do one thing in a world; return what can be seen of it."""
    kind, *arguments = what
    if kind == "again":
        # What was sent before, newest first; most nights bring nearly the same file.
        text = sent[-1 - arguments[0]] if arguments[0] < len(sent) else HEADER + "\nE1,p1@example.com,,,,,,,,,\n"
        return told(send(world, text, now))
    if kind == "file":
        return told(send(world, arguments[0], now))
    if kind == "mode":
        world.set_feed(mode=arguments[0])
    elif kind == "policy":
        change_policy(world, arguments[0])
    elif Learner.objects.filter(**world.mine, id=arguments[0]).exists():
        world.write(Learner, by_hand(world, *arguments), id=arguments[0])
    return ()


def send(world: World, text: str, now: datetime) -> UploadJob:
    """Take one file through the pipeline at a moment of its own."""
    job = world.upload(text)
    number = transitions.start(job.pk, worker="test", now=now)
    assert number is not None
    process(job.pk, number, now=now, clock=lambda: now)
    return world.stored(job)


def change_policy(world: World, name: str) -> None:
    organization = Organization.objects.get(id=world.id)
    if name == "seats":
        pool = organization.pool_set.get()
        organization.pool_set.update(seats=1 if pool.seats is None else None)
    else:
        Organization.objects.filter(id=world.id).update(**{name: not getattr(organization, name)})


def by_hand(world: World, number: int, field: str) -> dict[str, Any]:
    """Return what a page writes: another title, a new pair of keys, or the other status."""
    person = Learner.objects.get(**world.mine, id=number)
    if field == "keys":
        place = person.pk[1] + 100
        return {"unique_user_id": f"E{place}", "email_key": f"p{place}@example.com"} | {
            "primary_email_address": f"p{place}@example.com"
        }
    return {"is_active": not person.is_active} if field == "is_active" else {"work_title": "By hand"}


def set_up(world: World) -> World:
    """Let two people have a seat, and every plan be applied: guards are another test's matter."""
    world.organization.pool_set.update(seats=2)
    limits = {"number": 100, "percent": 100, "cap": None}
    kinds = ("leavers", "reactivations", "emails_changed", "managers_changed", "licenses_revoked", "group_removals")
    guards = dict.fromkeys((*kinds, "values_cleared", "values_changed", "joiners", "rows_in_error"), limits)
    Feed.objects.filter(id=world.feed.pk).update(guards=guards)
    return world


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(acts, min_size=3, max_size=7))
def test_shortcuts_change_no_answer(
    make: Callable[..., World], settings: LazySettings, story: list[tuple[Any, ...]]
) -> None:
    """Two organizations get the same files, edits and settings; one is read with all shortcuts, one without any."""
    number = next(_names)
    worlds = {Shortcuts.ALWAYS: set_up(make(f"Short{number}")), Shortcuts.OFF: set_up(make(f"Whole{number}"))}
    sent: list[str] = []

    steps = [("file", HEADER + "\n" + first_night()), ("again", 0), *story, ("again", 0)]
    for hour, what in enumerate(steps):
        seen = {}
        for shortcuts, world in worlds.items():
            settings.SHORTCUTS = shortcuts
            seen[shortcuts] = act(world, what, sent, MONDAY + timedelta(hours=hour))
        if what[0] == "file":
            sent.append(what[1])

        assert seen[Shortcuts.ALWAYS] == seen[Shortcuts.OFF], what
        assert worlds[Shortcuts.ALWAYS].state == worlds[Shortcuts.OFF].state, what


def first_night() -> str:
    lines = [f"E{n},p{n}@example.com,,Cook,Bern,active,,{'E1' if n > 1 else ''},,A,active" for n in range(1, PEOPLE)]
    return "\n".join([*lines, ""])


def test_same_bytes_are_settled_whole(make: Callable[..., World], settings: LazySettings) -> None:
    """The same bytes change nothing and say so, and after one edit by hand they repair it."""
    settings.SHORTCUTS = Shortcuts.ALWAYS
    world = make()
    text = "primary_email_address,work_title\nana@example.com,Cook\nbo@example.com,Cook\n"
    world.send(text)

    again = world.send(text)
    assert statuses(again) == ["UNCHANGED", "UNCHANGED"]
    assert again.status == JobStatus.DONE

    world.write(Learner, {"work_title": "Waiter"}, id=1)
    assert statuses(world.send(text)) == ["UPDATED", "UNCHANGED"]
    assert statuses(world.send(text)) == ["UNCHANGED", "UNCHANGED"]
