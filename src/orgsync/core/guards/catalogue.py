"""All guards: what each is about, its limits, the jobs that it looks at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from orgsync.core.guards import novelty, shape
from orgsync.core.guards.admins import ADMIN_CHANGE, admin_change
from orgsync.core.guards.case import EDIT, FILE, SWEEP, UNDO, Case, HoldReason
from orgsync.core.guards.counting import check_count
from orgsync.core.guards.limits import Limit, Overrides, merge_limits

Check = Callable[[Case, Limit], HoldReason | None]

DEFAULT: Final = Limit()
EVERY: Final = frozenset({FILE, UNDO, EDIT, SWEEP})
FILES: Final = frozenset({FILE})


@dataclass(frozen=True, slots=True)
class Guard:
    """A kind of guard with its default limit."""

    code: str
    meaning: str
    check: Check
    limit: Limit = DEFAULT
    has_limit: bool = True
    """False where one case is enough; the numbers of `limit` are not looked at then."""
    jobs: frozenset[str] = EVERY


def _counting(code: str, meaning: str, limit: Limit = DEFAULT) -> Guard:
    def check(case: Case, bounds: Limit) -> HoldReason | None:
        return check_count(case, code, bounds)

    return Guard(code, meaning, check, limit)


_always = partial(Guard, has_limit=False)
_REWRITTEN: Final = Limit(percent=25.0, cap=None)
_NOVEL: Final = Limit(number=100, percent=0.0, cap=None)

GUARDS: Final[tuple[Guard, ...]] = (
    _counting(
        "leavers",
        "More people leave than usual, in all or from one department; base: active people whom the feed claims.",
    ),
    _counting(
        "reactivations",
        "More people come back than usual, in all or to one department; base: active people whom the feed claims.",
    ),
    _counting(
        "emails_changed",
        "More people get another address than usual, in all or in one department; "
        "base: active people whom the feed claims.",
    ),
    _counting(
        "managers_changed",
        "More people get another manager than usual, first ones left out; base: active people whom the feed claims.",
    ),
    _counting(
        "licenses_revoked",
        "More licenses are taken away than usual, in all, from one pool or in one department; base: active licenses.",
    ),
    _counting("group_removals", "More memberships end than usual, in all or in one group; base: memberships."),
    _counting(
        "assignments_closed",
        "More open assignments are closed than usual, in all or in one department; base: open assignments.",
    ),
    _counting("values_cleared", "More values of one attribute are emptied than usual; base: people who have one."),
    _counting(
        "values_changed",
        "More values of one attribute are rewritten than usual, as by a shifted column; base: people who have one. "
        "Not in a feed's first file.",
        _REWRITTEN,
    ),
    _counting(
        "joiners",
        "More people join than usual; base: active people (in a full file: whom the feed claims). "
        "Not in a feed's first file.",
        _REWRITTEN,
    ),
    Guard(
        "rows_in_error",
        "Too many rows cannot be used; base: data rows.",
        shape.rows_in_error,
        Limit(percent=10.0, cap=None),
        jobs=FILES,
    ),
    Guard(
        *("new_groups", "Many groups appear that were not there; base: groups. Not in a feed's first file."),
        *(novelty.new_groups, _NOVEL),
    ),
    Guard(
        *("new_attributes", "Many custom attributes appear; base: custom attributes. Not in a feed's first file."),
        *(novelty.new_attributes, _NOVEL),
    ),
    Guard(
        "new_values",
        "Many values appear that nobody has, in an attribute whose values people share; base: its values. "
        "Not in a feed's first file.",
        *(novelty.new_values, _NOVEL),
    ),
    _always(
        "missing_column",
        "A full file lacks a column that the last applied one had.",
        shape.missing_column,
        jobs=FILES,
    ),
    Guard(
        "row_count_drop",
        "A full file has many fewer rows than the last applied one; base: the rows it had.",
        shape.row_count_drop,
        Limit(cap=None),
        jobs=FILES,
    ),
    _always(
        "fill_rate_drop",
        "A column of a full file is not half as filled as in the last applied one, by 3 cells or more.",
        shape.fill_rate_drop,
        jobs=FILES,
    ),
    _always(
        "unidentified_rows",
        "A full file that makes leavers has rows that name nobody: one of them may be a leaver's row, damaged.",
        shape.unidentified_rows,
        jobs=FILES,
    ),
    _always(
        ADMIN_CHANGE,
        "An admin's address, id, status or permissions would change, or somebody would get permissions.",
        admin_change,
    ),
)


def limits_of(*layers: Overrides) -> dict[str, Limit]:
    """Return the limit of each guard: the defaults, over them an organization's numbers, over them a feed's.

    Raises ValueError for a guard or a number that does not exist, because a misspelt guard would not guard.
    """
    return merge_limits({guard.code: guard.limit for guard in GUARDS}, *layers)


def reasons_to_hold(case: Case, *layers: Overrides | None) -> tuple[HoldReason, ...]:
    """Return every reason why a person should look at the plan before it is applied; `layers` as for `limits_of`."""
    limits = limits_of(*(layer for layer in layers if layer))
    asked = (guard for guard in GUARDS if case.job in guard.jobs)
    found = (guard.check(case, limits[guard.code]) for guard in asked)
    return tuple(reason for reason in found if reason is not None)
