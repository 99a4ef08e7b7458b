"""Which rows need no plan, and what gives a settled row another meaning."""

import polars as pl

from orgsync.core.fingerprint import FINGERPRINTS
from orgsync.core.planning.settled import CLAIMS, KEYS, settle, unsettled_by, with_unknown_manager
from orgsync.core.rows import SETTLED

ANA, BO, CY = 1, 2, 3
FOUND = pl.DataFrame([(ANA, "ana@example.com", "E1")], schema=KEYS, orient="row")


def settled(*lines: tuple[int, int, int | None]) -> pl.DataFrame:
    return pl.DataFrame(lines, schema=SETTLED, orient="row")


def test_rows_are_settled_by_their_fingerprint() -> None:
    """Equal rows are left to the plan, which says that one repeats the other."""
    prints = pl.DataFrame([(2, 70), (3, 80), (4, 90), (5, 90), (6, None)], schema=FINGERPRINTS, orient="row")
    claims = pl.DataFrame([(ANA, 70, CY), (BO, 90, None), (CY, None, None)], schema=CLAIMS, orient="row")

    assert settle(prints, claims).rows() == [(2, ANA, CY)]


def test_a_person_named_by_another_row_is_not_settled() -> None:
    rows = pl.DataFrame(
        {"unique_user_id": ["E1"], "primary_email_key": [None]}, schema_overrides={"primary_email_key": pl.String}
    )

    assert unsettled_by(rows, settled((2, ANA, None), (3, BO, None)), FOUND)["learner_id"].to_list() == [ANA]


def test_reports_of_somebody_whose_keys_move_are_not_settled() -> None:
    """A row that gives the manager's id beside another address may move the address that their rows name."""
    stays = pl.DataFrame({"unique_user_id": ["E1"], "primary_email_key": ["ana@example.com"]})
    moves = pl.DataFrame({"unique_user_id": ["E1"], "primary_email_key": ["new@example.com"]})
    people = settled((3, BO, ANA), (4, CY, None))

    assert unsettled_by(stays, people, FOUND).is_empty()
    assert unsettled_by(moves, people, FOUND)["learner_id"].to_list() == [BO]


def test_a_manager_must_still_be_known_by_the_key_that_the_row_has() -> None:
    references = pl.DataFrame(
        {
            "row_number": [2, 3, 4],
            "manager_id": [ANA, ANA, None],
            "manager_unique_user_id": ["E1", "E9", None],
            "manager_email_key": ["ana@example.com", None, None],
        }
    )

    assert with_unknown_manager(references, FOUND)["row_number"].to_list() == [3]
