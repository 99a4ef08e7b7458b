"""Guards in the pipeline: what is remembered of each night, blackout days, limits of the organization."""

from datetime import date, timedelta

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgsync.core.guards import EFFECTS, no_effects
from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.blackouts import WrongBlackout, add_blackout, blackouts_of, remove_blackout
from orgsync.server.orgs.limits import set_organization_guard
from orgsync.server.uploads.guarding import read_week, remember_effects
from orgsync.server.uploads.models import AppliedEffect, JobKind, UploadJob
from tests.server.pipeline.pipeline_world import MONDAY, World, hold_codes

TODAY = MONDAY.date()


def company(*numbers: int, department: str = "Sales") -> str:
    header = "primary_email_address,unique_user_id,department_name\n"
    return header + "".join(f"p{n}@example.com,E{n},{department}\n" for n in numbers)


def effects(job: UploadJob) -> set[tuple[str, str, int, bool]]:
    found = AppliedEffect.objects.filter(organization_id=job.organization_id, job_id=job.pk)
    return set(found.values_list("kind", "target", "count", "counts"))


def shift(world: World, days: int) -> None:
    """Let everything that was remembered have happened earlier."""
    for effect in AppliedEffect.objects.filter(**world.mine):
        AppliedEffect.objects.filter(**world.mine, job_id=effect.job_id, kind=effect.kind, target=effect.target).update(
            at=effect.at - timedelta(days=days)
        )


def test_effects_are_remembered_with_the_job(world: World) -> None:
    """
    Leavers in all and by department; what a first file brings is noted and not added up.
    """
    first = world.send(company(*range(1, 11)))
    second = world.send(company(*range(3, 11)))

    assert effects(first) == {("joiners", "", 10, False)}
    assert effects(second) == {("leavers", "", 2, True), ("leavers", "department:Sales", 2, True)}


def test_slow_leak_is_held_and_ends_with_the_week(world: World) -> None:
    """
    Two leave every night of ten: the third night makes six of ten. A week later two are just two.
    """
    world.send(company(*range(1, 11)))
    world.send(company(*range(3, 11)))
    world.send(company(*range(5, 11)))

    held = world.send(company(*range(7, 11)))
    shift(world, 8)
    later = world.send(company(*range(7, 11)))

    assert hold_codes(held) == ["leavers"]
    assert "6 of 10 active people of this feed would leave in 7 days" in held.hold_reasons[0]["message"]
    assert later.status == JobStatus.DONE


def test_approved_leavers_are_not_added_up(world: World) -> None:
    """
    A person has looked at six of ten; the next one who leaves is one.
    """
    world.send(company(*range(1, 11)))
    approved = world.run(world.approve(world.send(company(*range(7, 11)))))

    job = world.send(company(*range(8, 11)))

    assert ("leavers", "", 6, False) in effects(approved)
    assert job.status == JobStatus.DONE


@pytest.mark.parametrize(("chosen", "counts"), [([], False), ([1], True)])
def test_undone_job_is_no_longer_added_up(world: World, chosen: list[int], counts: bool) -> None:
    """
    The whole of it; an undo of chosen people leaves the others' effects.
    """
    world.send(company(*range(1, 11)))
    job = world.send(company(*range(3, 11)))
    undo = UploadJob(organization_id=world.id, kind=JobKind.UNDO, undoes=job, chosen=chosen, feed=job.feed)
    undo.pk = job.pk + 1_000

    remember_effects(undo, no_effects(), now=MONDAY)

    assert {counted for *_, counted in effects(job)} == {counts}
    assert (read_week(job, now=MONDAY).height > 0) is counts


def test_another_feed_has_its_own_week(world: World) -> None:
    """
    What one feed did is not added to what another does.
    """
    world.send(company(*range(1, 11)))
    job = world.send(company(*range(3, 11)))
    job.feed = Feed.objects.create(organization=world.organization, name="Contractors", mode=Mode.FULL)

    assert read_week(job, now=MONDAY).is_empty()


def test_effects_are_written_and_read_in_one_statement_each(world: World) -> None:
    """
    However many departments there are.
    """
    job = world.send(company(*range(1, 11)))
    rows = [("leavers", f"department:D{n}", n + 1) for n in range(2_000)]
    many = pl.DataFrame(rows, schema=EFFECTS, orient="row")
    AppliedEffect.objects.filter(**world.mine).delete()
    job.feed.last_applied_at = MONDAY

    with CaptureQueriesContext(connection) as queries:
        remember_effects(job, many, now=MONDAY)
        assert read_week(job, now=MONDAY).height == 2_000

    assert len(queries) == 2


@pytest.mark.parametrize(("day", "status"), [(-1, "DONE"), (0, "HELD"), (2, "HELD"), (3, "DONE")])
def test_blackout_holds_everything(world: World, day: int, status: str) -> None:
    """
    From its first day to its last; the reason names why and until when.
    """
    first = TODAY - timedelta(days=day)
    add_blackout(world.organization, first, first + timedelta(days=2), "Christmas freeze.")

    job = world.send(company(1))

    assert job.status == status
    if status == "HELD":
        until = first + timedelta(days=2)
        assert [reason["message"] for reason in job.hold_reasons] == [
            f"Nothing is applied until {until}, that day included: Christmas freeze."
        ]


def test_blackout_does_not_outlast_an_approval(world: World) -> None:
    """
    A person may let a job pass.
    """
    add_blackout(world.organization, TODAY, TODAY, "Payroll")
    held = world.send(company(1))

    job = world.run(world.approve(held))

    assert hold_codes(held) == ["blackout"]
    assert job.status == JobStatus.DONE


def test_blackouts_are_listed_and_taken_back(world: World) -> None:
    """
    The earliest first; the same one twice is one; a wrong span changes nothing.
    """
    for first in (date(2026, 12, 20), date(2026, 6, 1), date(2026, 6, 1)):
        add_blackout(world.organization, first, first, "Freeze")
    world.organization.refresh_from_db()
    listed = [span.first.isoformat() for span in blackouts_of(world.organization)]
    for first, last, why in ((TODAY, TODAY - timedelta(days=1), "Freeze"), (TODAY, TODAY, " . ")):
        with pytest.raises(WrongBlackout):
            add_blackout(world.organization, first, last, why)
    remove_blackout(world.organization, date(2026, 6, 1))
    with pytest.raises(WrongBlackout):
        remove_blackout(world.organization, date(2026, 6, 1))
    world.organization.refresh_from_db()

    assert listed == ["2026-06-01", "2026-12-20"]
    assert [span.first.isoformat() for span in blackouts_of(world.organization)] == ["2026-12-20"]


def test_limits_of_the_organization_stand_under_those_of_the_feed(world: World) -> None:
    """
    One leaver of ten is held where the organization lets none leave, and not where the feed does.
    """
    set_organization_guard(world.organization, "leavers", {"number": 0})
    world.send(company(*range(1, 11)))

    held = world.send(company(*range(2, 11)))
    world.set_feed(guards={"leavers": {"number": 5}})
    done = world.send(company(*range(2, 11)))

    assert hold_codes(held) == ["leavers"]
    assert done.status == JobStatus.DONE


def test_feed_remembers_how_far_its_columns_are_filled(world: World) -> None:
    """
    A full file whose departments are all empty is held the next night.
    """
    world.send(company(*range(1, 11)))
    world.feed.refresh_from_db()

    job = world.send(company(*range(1, 11), department=""))

    assert world.feed.last_fill["department_name"] == 1.0
    assert hold_codes(job) == ["fill_rate_drop"]
