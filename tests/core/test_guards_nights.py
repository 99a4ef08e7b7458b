"""Guards over many nights of one company: ordinary ones pass, leaks and wrong files do not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orgsync.core.errors import UnreadableFile
from orgsync.core.guards import reasons_to_hold
from orgsync.core.sample_wrong import WrongKind
from tests.core.guards_world import Nights, sample_file

PEOPLE = 2_000
NIGHTS = 30
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "guards.md"
OLD_FILE = "old_file"


def wrong_files() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Read the table of the reference page: which wrong file is stopped by what."""
    part = PAGE.read_text("utf-8").split("## Which wrong file trips which guard")[1]
    for name, stopped_by in re.findall(r"^\| `(\w+)` \|[^|]+\|([^|]+)\|$", part, re.MULTILINE):
        yield name, tuple(re.findall(r"`(\w+)`", stopped_by))


@pytest.fixture(scope="module")
def month() -> Nights:
    """Return the company after its ordinary nights, of which none may have been held."""
    nights = Nights()
    held = [(day, nights.send(sample_file(PEOPLE, day=day))) for day in range(1, NIGHTS + 1)]
    assert [(day, reasons) for day, reasons in held if reasons] == []
    return nights


def test_thirty_ordinary_nights_trip_nothing(month: Nights) -> None:
    """
    1 % changes, 0.2 % come, 0.2 % go, every night; all of it has arrived.
    """
    learners = month.directory.learners

    assert learners.filter("is_active").height == PEOPLE
    assert learners.height == PEOPLE + (NIGHTS - 1) * 4
    assert month.judge(sample_file(PEOPLE, day=NIGHTS))[0].plan.is_empty


@pytest.mark.parametrize(
    ("name", "stopped_by"), list(wrong_files()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_wrong_file_is_stopped_as_the_page_says(month: Nights, name: str, stopped_by: tuple[str, ...]) -> None:
    """
    The next night's file with one accident: held by these guards, or refused with this code.
    """
    is_old = name == OLD_FILE
    content = sample_file(PEOPLE, day=1 if is_old else NIGHTS + 1, wrong=None if is_old else WrongKind(name))

    try:
        found = tuple(reason.code for reason in month.judge(content)[1])
    except UnreadableFile as error:
        found = (error.code,)

    assert found == stopped_by


def test_every_wrong_file_is_on_the_page() -> None:
    """
    Nothing that the sample can get wrong is left out, and each is stopped by something.
    """
    table = dict(wrong_files())

    assert set(table) == {*WrongKind, OLD_FILE}
    assert all(table.values())


def leaking_file(day: int) -> bytes:
    """Return the file of a night on which 1 % of 2,000 leave and nothing else happens."""
    columns = ("unique_user_id", "primary_email_address", "department_name")
    return sample_file(PEOPLE, day=day, changed=0, joiners=0, leavers=0.01, columns=columns)


def leak(nights: Nights, days: int, *, is_approved: bool = False) -> list[int]:
    """Send the files of so many nights; return the days on which they are held."""
    return [day for day in range(1, days + 1) if nights.send(leaking_file(day), is_approved=is_approved)]


def test_slow_leak_trips_on_a_later_night() -> None:
    """
    Twenty a night are within the limit; on the sixth night it would be more than 5 % in a week.
    """
    nights = Nights()

    assert leak(nights, 7) == [7]
    case, reasons = nights.judge(leaking_file(7))
    assert [(reason.code, reason.count, reason.base) for reason in reasons] == [("leavers", 120, 2_000)]
    assert "in 7 days" in reasons[0].message
    assert reasons_to_hold(case, {"leavers": {"percent": 6}}) == ()


def test_approved_leavers_do_not_leak() -> None:
    """
    What a person has looked at is not added up.
    """
    assert leak(Nights(), 9, is_approved=True) == []
