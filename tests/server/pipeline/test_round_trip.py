"""A download of learners that is sent back changes nothing."""

import csv
import io
from collections.abc import Callable

import pytest

from orgsync.core.checking import check_file
from orgsync.core.columns import DOWNLOAD_MARKER
from orgsync.core.model import JobStatus, Mode
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from orgsync.server.directory import export
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.export import export_people
from orgsync.server.directory.models import Group, Learner, LicenseAssignment, Membership
from orgsync.server.directory.snapshot import consistent_read, read_directory
from orgsync.server.orgs.models import Organization
from tests.server.pipeline.pipeline_world import MONDAY, World

STAFF = '''
    primary_email_address,unique_user_id,preferred_first_name,work_phone_number,start_date,profile_description,\
worker_status,manager_unique_user_id,manager_primary_email_address,groups,attribute_office,license_english_status
    ana@example.com,00123,=Ana,+351 555 0100,2024-02-01,"one
two, ""three""",active,,,"Cooks, ""Bar, North"", =1+1",São Paulo,active
    bo@example.com,,'t Bo,-1,,@home,,00123,,Cooks,,inactive
    cy@example.com,E3,,''+1,2199-01-01,,active,E404,,#1,active,active
    di@example.com,E4,Di,,,,inactive,,bo@example.com,,,active
'''


def download(world: World, text: str = "") -> bytes:
    return b"".join(export_people(Organization.objects.get(id=world.id), Criteria(text=text)))


def lines_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def plan_of(world: World, content: bytes) -> tuple[Plan, list[str]]:
    """Plan the file as changes of the world's feed; return the plan and every issue's code."""
    checked = check_file(content)
    custom = [name for name in checked.layout.attribute_fields if name.startswith("attribute_")]
    with consistent_read():
        directory = read_directory(world.id, feed_id=world.feed.pk, custom=custom)
    plan = build_plan(checked.checked, checked.layout, directory, Policy(mode=Mode.CHANGES, today=MONDAY.date()))
    return plan, [*checked.issues["code"], *plan.issues["code"]]


def make_staff(world: World) -> None:
    """Load people whose values, groups, managers and licenses are hard to write down."""
    world.organization.pool_set.create(key="emea_license_sales_status", name="Sales", seats=0)
    job = world.send("\n".join(line.strip() for line in STAFF.strip().splitlines()))
    assert job.status == JobStatus.DONE
    assert job.error_count == 0


def test_download_sent_back_changes_nothing(world: World) -> None:
    """Formulas, apostrophes, quotes, line breaks, managers, groups, licenses: the plan is empty."""
    make_staff(world)

    plan, _codes = plan_of(world, download(world))

    assert plan.writes.is_empty
    assert set(plan.outcome["status"]) == {"UNCHANGED"}


def test_download_changes_nothing_after_hands_were_laid_on(world: World) -> None:
    """Groups and licenses by hand, a waiting list, a leaver whom a file left out: still nothing, and no word."""
    make_staff(world)
    hand, rule = (
        Group.objects.create(
            organization=world.organization, name=name, name_key=name, is_rule=name == "rule", created_at=MONDAY
        )
        for name in ("hand", "rule")
    )
    link = {"organization_id": world.id, "since": MONDAY}
    Membership.objects.create(**link, learner_id=1, group_id=hand.pk, reasons=2)
    Membership.objects.create(**link, learner_id=1, group_id=rule.pk, reasons=5)
    sales = world.organization.pool_set.get(name="Sales")
    LicenseAssignment.objects.create(**link, learner_id=1, pool_id=sales.pk, state="denied", is_by_hand=True)
    LicenseAssignment.objects.create(**link, learner_id=2, pool_id=sales.pk, state="waiting", position=1)
    Learner.objects.filter(organization_id=world.id, id=3).update(is_active=False)
    LicenseAssignment.objects.filter(organization_id=world.id, learner_id=3).delete()

    plan, codes = plan_of(world, download(world))

    assert plan.writes.is_empty
    assert set(codes) == {"unknown_manager"}


def test_download_says_what_the_directory_holds(world: World) -> None:
    """Cells that could be formulas are defused; a person's status stands in the column that marks the file."""
    make_staff(world)

    ana, bo, _cy, di = lines_of(download(world))

    assert ana["preferred_first_name"] == "'=Ana"
    assert ana["work_phone_number"] == "'+351 555 0100"
    assert ana["unique_user_id"] == "00123"
    assert ana["groups"] == '\'=1+1, "Bar, North", Cooks'
    assert (ana["license_english_status"], ana["emea_license_sales_status"]) == ("active", "inactive")
    assert bo["manager_unique_user_id"] == "00123"
    assert bo["manager_primary_email_address"] == "ana@example.com"
    assert [line[DOWNLOAD_MARKER] for line in (ana, di)] == ["active", "inactive"]


def test_download_holds_whom_the_filters_name_and_nobody_else(
    make: Callable[..., World], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also over several slices, and never people of another organization."""
    make_staff(world)
    other = make("Globex")
    other.send("primary_email_address\nzed@example.com\n")
    monkeypatch.setattr(export, "SLICE_PEOPLE", 2)

    emails = [line["primary_email_address"] for line in lines_of(download(world))]

    assert emails == [f"{name}@example.com" for name in ("ana", "bo", "cy", "di")]
    assert [line["primary_email_address"] for line in lines_of(download(world, "bo"))] == ["bo@example.com"]
    assert len(lines_of(download(other))) == 1


def test_results_of_a_download_may_be_sent_back_too(world: World) -> None:
    """The mark stays in the results file; the defence is undone once, not twice."""
    make_staff(world)
    target = io.BytesIO()
    check_file(download(world)).annotate(target)

    plan, _codes = plan_of(world, target.getvalue())

    assert plan.writes.is_empty
