"""A stored plan is paged, searched and streamed from its file, which is checked first."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from orgsync.core.plan import PLAN_SCHEMA, ChangeKind
from orgsync.core.planfile import write_plan
from orgsync.server.uploads import media as stored_media
from orgsync.server.uploads import planpages
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia
from orgsync.server.uploads.models import Media, MediaKind
from orgsync.server.uploads.planpages import PlanFile, PlanFilter, open_plan
from orgsync.server.uploads.storage import Storage, storage
from tests.factories import make_directory, plan_of
from tests.upload_world import NOW, make_feed, make_media, make_organization

pytestmark = pytest.mark.django_db
SIX = """
    primary_email_address,preferred_first_name,preferred_last_name,work_title,groups
    ana@example.com,Ána,Larsen,Cook,Kitchen
    bo@example.com,Bo,Larsen,Cook,Kitchen
    cy@example.com,Cy,O'Neil,Waiter,Hall
    di@example.com,Di,Éclair,Waiter,Hall
    ed@example.com,Ed,Anders,Chef,"Kitchen,Hall"
    old@example.com,Old,Hand,=Boss,
"""


@pytest.fixture
def media() -> Media:
    directory = make_directory({"id": 9, "email": "old@example.com", "work_title": "Cook"})
    target = io.BytesIO()
    write_plan(plan_of(SIX, directory), target)
    return make_media(make_feed(make_organization()), target.getvalue(), MediaKind.PLAN)


@pytest.fixture
def plan(media: Media) -> PlanFile:
    return open_plan(media)


def names(plan: PlanFile, start: int = 0, size: int = 50, **chosen: str) -> list[str | None]:
    return [line.name for line in plan.page(PlanFilter(**chosen), start, size=size).lines]


def test_kinds_are_counted_in_the_order_of_the_plan(plan: PlanFile) -> None:
    """Tabs show every kind that occurs, with its number of lines, and their sum is the whole plan."""
    counts = {known.kind: known.count for known in plan.kinds}

    assert counts[ChangeKind.CREATED] == 5
    assert counts[ChangeKind.GROUP_JOINED] == 6
    assert counts[ChangeKind.VALUE_CHANGED] == 1
    assert [known.kind for known in plan.kinds] == [kind for kind in ChangeKind if kind in counts]
    assert sum(counts.values()) == plan.total


def test_pages_follow_each_other_without_gap_or_repeat(plan: PlanFile) -> None:
    """Going from page to page by position shows every line once, in the plan's order."""
    seen: list[int] = []
    start: int | None = 0
    while start is not None:
        page = plan.page(PlanFilter(), start, size=4)
        seen += [line.position for line in page.lines]
        start = page.next

    assert seen == list(range(plan.total))


def test_previous_leads_back_to_the_page_before(plan: PlanFile) -> None:
    """The way back shows what the way there showed."""
    chosen = PlanFilter(kind="created")
    first = plan.page(chosen, size=2)
    second = plan.page(chosen, first.next or 0, size=2)

    assert second.previous is not None
    assert plan.page(chosen, second.previous, size=2) == first
    assert (second.number, second.last, second.total) == (3, 4, 5)


def test_only_lines_of_the_kind_and_target_are_shown(plan: PlanFile) -> None:
    """A tab and a group together leave the people who join that group."""
    assert names(plan, kind="group_joined", target="Hall") == ["Cy O'Neil", "Di Éclair", "Ed Anders"]


def test_targets_are_offered_with_their_numbers(plan: PlanFile) -> None:
    """The most frequent group stands first, and names stand in order where numbers are equal."""
    assert plan.targets("group_joined") == [("Hall", 3), ("Kitchen", 3)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CY@", ["Cy O'Neil"]),
        ("lars", ["Ána Larsen", "Bo Larsen"]),
        ("án", ["Ána Larsen"]),
        ("neil", ["Cy O'Neil"]),
        ("ÉCL", ["Di Éclair"]),
        ("arsen", []),
        (".*", []),
    ],
)
def test_search_looks_at_beginnings_in_any_case(plan: PlanFile, text: str, found: list[str]) -> None:
    """The beginning of an address or of a word of a name is found; a pattern is a text like any other."""
    assert names(plan, kind="created", text=text) == found


def test_a_page_of_found_lines_holds_whole_lines(plan: PlanFile) -> None:
    """Lines that stand apart in the file come with their own values, not with those of a neighbour."""
    lines = plan.page(PlanFilter(text="ed@"), size=50).lines

    assert {line.email for line in lines} == {"ed@example.com"}
    assert sorted(line.target for line in lines if line.kind == "group_joined") == ["Hall", "Kitchen"]


def test_values_of_a_new_person_are_read_from_the_plan(plan: PlanFile) -> None:
    """A creation shows its values; empty ones are left out, and other kinds have none."""
    lines = plan.page(PlanFilter()).lines

    assert lines[0].values["work_title"] == "Cook"
    assert "unique_user_id" not in lines[0].values
    assert all(not line.values for line in lines if line.kind != "created")


def test_csv_has_the_lines_of_the_filter_and_no_formula(plan: PlanFile) -> None:
    """The download holds what the page shows, and no cell can be run by a spreadsheet."""
    text = b"".join(plan.csv(PlanFilter(kind="value_changed"))).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text, newline="")))

    assert list(lines[0]) == list(PLAN_SCHEMA)
    assert [(line["target"], line["before"], line["after"]) for line in lines] == [("work_title", "Cook", "'=Boss")]


def test_a_search_goes_over_the_whole_plan(plan: PlanFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that is looked through in many goes gives the same lines at the same places."""
    whole = plan.page(PlanFilter(text="ed@"))
    planpages._matches.cache_clear()
    monkeypatch.setattr(planpages, "SEARCH_WINDOW", 3)

    assert plan.page(PlanFilter(text="ed@")) == whole


def test_csv_goes_over_row_groups(plan: PlanFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of many row groups is streamed whole."""
    monkeypatch.setattr(planpages, "ROW_GROUP", 2)

    assert len(b"".join(plan.csv(PlanFilter())).splitlines()) == plan.total + 1


def test_an_unknown_kind_has_no_lines(plan: PlanFile) -> None:
    """A kind that does not occur leaves an empty page."""
    page = plan.page(PlanFilter(kind="deactivated"))

    assert (page.lines, page.total, page.number, page.next, page.previous) == ([], 0, 0, None, None)


def test_a_position_behind_the_end_shows_the_way_back(plan: PlanFile) -> None:
    """An address with a position that is too large is no error."""
    page = plan.page(PlanFilter(), plan.total + 7, size=2)

    assert page.lines == []
    assert page.previous is not None


def test_an_empty_plan_has_no_kinds() -> None:
    """A file that changes nothing has a plan without lines."""
    target = io.BytesIO()
    pl.DataFrame(schema=PLAN_SCHEMA).write_parquet(target)
    plan = open_plan(make_media(make_feed(make_organization()), target.getvalue(), MediaKind.PLAN))

    assert (plan.kinds, plan.total, plan.page(PlanFilter()).lines) == ((), 0, [])


def test_damage_is_noticed_after_the_file_was_opened(media: Media) -> None:
    """Bytes that change under an open plan are checked again and refused."""
    open_plan(media)
    path = storage().local_path(media.storage_key)
    assert path is not None
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(DamagedMedia):
        open_plan(media)


def test_a_removed_plan_cannot_be_opened(media: Media) -> None:
    """What retention has removed is not read, not even from memory."""
    open_plan(media)
    media.removed_at = NOW

    with pytest.raises(RemovedMedia):
        open_plan(media)


def test_the_file_is_checked_once(media: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    """Further pages do not read the whole file again."""
    first = open_plan(media)
    monkeypatch.setattr(planpages, "_check", _refuse)

    assert open_plan(Media.objects.get(organization=media.organization, id=media.pk)) is first


def test_a_plan_in_a_bucket_is_fetched_and_leaves_no_file(
    media: Media, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where files lie elsewhere, the same pages come from a copy that has no name."""
    elsewhere = _elsewhere(storage())
    for module in (planpages, stored_media):
        monkeypatch.setattr(module, "storage", elsewhere)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert names(open_plan(media), kind="group_joined", target="Hall") == ["Cy O'Neil", "Di Éclair", "Ed Anders"]
    assert list(tmp_path.iterdir()) == []


def test_plans_of_two_files_are_not_mixed_up(plan: PlanFile) -> None:
    """The memory of searches knows which plan a search belongs to."""
    names(plan, target="Hall")
    target = io.BytesIO()
    write_plan(plan_of(SIX.replace("Hall", "Bar")), target)
    other = open_plan(make_media(make_feed(make_organization("Other Ltd")), target.getvalue(), MediaKind.PLAN))

    assert names(other, target="Hall") == []
    assert replace(PlanFilter(), target="Bar") == PlanFilter(target="Bar")


def _refuse(*_: object) -> None:
    raise AssertionError("The file was read again.")


def _elsewhere(here: Storage) -> Callable[[], Storage]:
    """Return a storage whose objects cannot be reached as files."""
    found = Storage(here.store)
    return lambda: found
