"""Who is invited by mail: first licenses only, once, capped."""

import polars as pl

from orgsync.core.approval import exceeds_additions
from orgsync.core.directory import INVITED_SCHEMA, Directory
from orgsync.core.plan import PLAN_SCHEMA, Policy
from orgsync.core.planning.invitations import plan_invitations
from orgsync.core.planning.licenses import LICENSES

MERGES = pl.Schema({"learner_id": pl.Int64, "other_id": pl.Int64})


def licenses(*lines: tuple[int, str | None, str | None, int | None]) -> pl.DataFrame:
    """Make changes from learner, before, after and row."""
    rows = [(who, 1, before, after, None, row) for who, before, after, row in lines]
    return pl.DataFrame(rows, schema=LICENSES, orient="row")


def invited(
    changes: pl.DataFrame, *known: int, merges: tuple[tuple[int, int], ...] = (), most: int | None = 10
) -> tuple[list[int], list[int]]:
    """Return whom a job invites, and the rows that it tells that they were too many."""
    directory = Directory(invited=pl.DataFrame([(one,) for one in known], schema=INVITED_SCHEMA, orient="row"))
    taken_over = pl.DataFrame(list(merges), schema=MERGES, orient="row")
    found = plan_invitations(changes, taken_over, directory, Policy(most_invitations=most))
    return found.people["learner_id"].to_list(), found.issues["row_number"].to_list()


def test_a_first_seat_invites_and_nothing_else_does() -> None:
    """From nothing, from the waiting list, on the first day; never by waiting, a loss, or a seat that was there."""
    changes = licenses(
        *(
            (1, None, "active", 2),
            (1, None, "active", 2),
            (2, "waiting", "active", None),
            (3, "scheduled", "active", 4),
        ),
        *((4, None, "waiting", 5), (5, "active", None, 6), (6, None, "scheduled", 7), (7, "active", "active", 8)),
        *((-9, None, "active", 9), (8, "denied", "active", 10)),
    )

    assert invited(changes) == ([-9, 1, 2, 3, 8], [])
    assert invited(changes, 1, 3, 8) == ([-9, 2], [])
    assert invited(changes, most=None) == ([], [])


def test_the_first_rows_are_served_and_the_others_told() -> None:
    """Whom no row names comes last, and no row can say so."""
    changes = licenses((1, None, "active", 4), (2, None, "active", 3), (3, "waiting", "active", None))

    assert invited(changes, most=1) == ([2], [4])


def test_whoever_takes_over_an_invited_record_is_not_invited_again() -> None:
    """Two records were one person."""
    changes = licenses((1, None, "active", 2), (2, None, "active", 3))

    assert invited(changes, 7, merges=((1, 7), (2, 8))) == ([2], [])


def test_an_approval_of_licenses_covers_their_invitations() -> None:
    """Whom the cap lets through may differ from day to day; the licenses may not."""
    columns = dict.fromkeys(PLAN_SCHEMA) | {"kind": "invited", "learner_id": 1}
    line = pl.DataFrame([columns], schema=PLAN_SCHEMA)

    assert exceeds_additions(line, line.clear()).is_empty()
    assert exceeds_additions(line.with_columns(kind=pl.lit("license_granted")), line.clear()).height == 1
