"""Make employee files of a company that never was: many scripts, day after day, right or wrong on purpose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import gcd
from typing import BinaryIO, Final

import polars as pl

from orgsync.core import sample_people as people_parts
from orgsync.core.sample_people import People, pick
from orgsync.core.sample_wrong import WrongKind, write_html, write_spoiled

SAMPLE_COLUMNS: Final = (
    *("unique_user_id", "primary_email_address", "preferred_first_name", "preferred_last_name"),
    *("work_title", "department_name", "job_function", "job_level", "worker_type", "worker_status", "start_date"),
    *("manager_unique_user_id", "manager_primary_email_address", "country_code"),
    *("work_phone_number", "mobile_phone_number", "attribute_office", "attribute_cost_center"),
    *("groups", "license_english_status"),
)
SLICE_PEOPLE: Final = 50_000

_PROJECTS: Final = 240
_COST_CENTERS: Final = 400
_STRIDE: Final = 1_000_003


class LeaverStyle(StrEnum):
    """How a file speaks of people who left: not at all, or by worker_status."""

    ABSENT = "absent"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class _Day:
    """A company on one day.

    Only people without reports change or leave, in an order drawn once and for all: leavers from its front,
    changes from its back, so that their numbers are exact until the two meet.
    """

    drawn: People
    people: int
    day: int
    changed: int
    joiners: int
    leavers: int

    @property
    def numbers(self) -> int:
        """People who ever were there: their numbers are below this."""
        return self.people + (self.day - 1) * self.joiners

    @property
    def managers(self) -> int:
        """People with reports: their numbers are below this."""
        return max((self.people - 2) // people_parts.SPAN + 1, 1)

    @property
    def followers(self) -> int:
        return max(self.people - self.managers, 0)

    def has_left(self) -> pl.Expr:
        return self._is_follower() & (self._rank() < (self.day - 1) * self.leavers)

    def has_changed(self) -> pl.Expr:
        return self._is_follower() & (self._rank() >= self.followers - (self.day - 1) * self.changed)

    def position(self) -> pl.Expr:
        """Return where a person stands in the hierarchy; joiners share the places of those on day 1."""
        index = pl.col("index")
        return pl.when(index < self.people).then(index).otherwise(index % max(self.people - 1, 1) + 1)

    def _is_follower(self) -> pl.Expr:
        return (pl.col("index") >= self.managers) & (pl.col("index") < self.people)

    def _rank(self) -> pl.Expr:
        """Return each follower's place in the order: a permutation, because the stride shares no factor."""
        size = max(self.followers, 1)
        stride = next(n for n in range(_STRIDE, _STRIDE + size + 1) if gcd(n, size) == 1)
        return ((pl.col("index") - self.managers) * stride + self.drawn.seed) % size


def write_sample(
    target: BinaryIO,
    *,
    people: int,
    seed: int,
    day: int = 1,
    changed: float = 0.01,
    joiners: float = 0.002,
    leavers: float = 0.002,
    leaver_style: LeaverStyle = LeaverStyle.ABSENT,
    wrong: WrongKind | None = None,
    columns: Sequence[str] = SAMPLE_COLUMNS,
) -> int:
    """Write the employee file of one day as UTF-8 CSV to `target`; return the number of its data rows.

    The same arguments give the same bytes everywhere. Day 1 has `people` rows; on each later day `joiners` come,
    `leavers` go, and `changed` others have another title, department, manager or office. Each is a share of
    `people` or, as an int, a number; the numbers are exact as long as all who left or changed are fewer than
    seven eighths of `people`. Managers never leave. `columns` chooses among `SAMPLE_COLUMNS`. Memory is flat.
    """
    shares = (changed, joiners, leavers)
    company = _Day(People(seed), people, day, *(_number(share, people) for share in shares))
    slices = _slices(company, leaver_style, columns)
    if wrong is WrongKind.HTML:
        return write_html(target)
    if wrong is not None:
        return write_spoiled(target, slices, wrong, rows=_rows(company, leaver_style))
    header, written = True, 0
    for part in slices:
        target.write(part.write_csv(include_header=header).encode())
        header, written = False, written + part.height
    return written


def _number(share: float, people: int) -> int:
    return share if isinstance(share, int) else round(share * people)


def _rows(company: _Day, style: LeaverStyle) -> int:
    gone = min((company.day - 1) * company.leavers, company.followers)
    return company.numbers - (gone if style is LeaverStyle.ABSENT else 0)


def _slices(company: _Day, style: LeaverStyle, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield the rows of a day, at least one frame so that the header is written."""
    cells = _cells(company, style)
    for start in range(0, max(company.numbers, 1), SLICE_PEOPLE):
        end = min(start + SLICE_PEOPLE, company.numbers)
        indexes = pl.select(index=pl.int_range(start, end, dtype=pl.Int64)).lazy()
        present = indexes.with_columns(left=company.has_left())
        if style is LeaverStyle.ABSENT:
            present = present.filter(~pl.col("left"))
        # Step by step, so that what many cells are made of is worked out once and each expression stays small.
        drawn = present.with_columns(position=company.position(), move=_move(company))
        placed = drawn.with_columns(manager=_manager(company))
        yield placed.select(cells[name].alias(name) for name in columns).collect()


def _cells(company: _Day, style: LeaverStyle) -> dict[str, pl.Expr]:
    """Return each column's cells, made from `index`, `left`, `position`, `move` and `manager`."""
    person, manager, drawn = pl.col("index"), pl.col("manager"), company.drawn
    status = pl.when("left").then(pl.lit("inactive")).otherwise(pl.lit("active"))
    license_active = drawn.draw(20, 10, person) < 6
    if style is LeaverStyle.INACTIVE:
        license_active &= ~pl.col("left")
    return _work_cells(company) | {
        "unique_user_id": people_parts.user_id(person),
        "primary_email_address": drawn.email(person),
        "preferred_first_name": drawn.first_name(person),
        "preferred_last_name": drawn.last_name(person),
        "worker_type": pick(people_parts.WORKER_TYPES, drawn.draw(13, len(people_parts.WORKER_TYPES), person)),
        "worker_status": status,
        "start_date": drawn.start_date(person),
        "manager_unique_user_id": people_parts.user_id(manager),
        "manager_primary_email_address": drawn.email(manager),
        "country_code": drawn.country(person),
        "work_phone_number": drawn.phone(30, person),
        "mobile_phone_number": pl.when(drawn.draw(14, 2, person) == 0).then(drawn.phone(32, person)),
        "license_english_status": pl.when(license_active).then(pl.lit("active")),
    }


def _work_cells(company: _Day) -> dict[str, pl.Expr]:
    """Return the cells about the job: those that move when a person changes."""
    drawn, person = company.drawn, pl.col("index")
    level = people_parts.level_of(pl.col("position"))
    role = (drawn.draw(10, 8, person) + _moved(0)) % len(people_parts.ROLES)
    department = (drawn.draw(11, 12, person) + _moved(1)) % len(people_parts.DEPARTMENTS)
    office = (drawn.draw(12, 9, person) + _moved(2)) % len(people_parts.OFFICES)
    title = pl.format("{} {}", pick(people_parts.LEVELS, level), pick(people_parts.ROLES, role))
    project = drawn.draw(15, _PROJECTS, person) + 1
    return {
        "work_title": title,
        "department_name": pick(people_parts.DEPARTMENTS, department),
        "job_function": pick(people_parts.FUNCTIONS, department),
        "job_level": pick(people_parts.LEVELS, level),
        "attribute_office": pick(people_parts.OFFICES, office),
        "attribute_cost_center": pl.format("CC-{}", drawn.draw(16, _COST_CENTERS, person) + 1_000),
        "groups": pl.format("{}, Project {}", pick(people_parts.DEPARTMENTS, department), project),
    }


def _move(company: _Day) -> pl.Expr:
    """Return what changed about a person: 0 title, 1 department, 2 office, 3 manager; null when nothing did."""
    kinds = 4 if company.managers > 1 else 3
    return pl.when(company.has_changed()).then(company.drawn.draw(17, kinds, pl.col("index")))


def _moved(kind: int) -> pl.Expr:
    """Return 1 for people whose change is of `kind`, else 0."""
    return (pl.col("move") == kind).fill_null(value=False).cast(pl.Int64)


def _manager(company: _Day) -> pl.Expr:
    """Return the manager's number; who changed to another manager reports to the next one."""
    usual = people_parts.manager_of(pl.col("position"))
    return pl.when(_moved(3) == 1).then((usual + 1) % company.managers).otherwise(usual)
