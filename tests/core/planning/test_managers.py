"""Managers may stand anywhere in file and directory."""

import polars as pl

from tests.factories import change_lines, codes, make_directory, plan_of

ANA = {"id": 1, "email": "ana@example.com", "unique_user_id": "E1"}
BO = {"id": 2, "email": "bo@example.com", "unique_user_id": "E2"}


def managers(plan: object) -> list[tuple[object, ...]]:
    writes = plan.writes  # type: ignore[attr-defined]
    frames = [writes.creates.select("learner_id", "manager_id"), writes.updates.select("learner_id", "manager_id")]
    return pl.concat(frames).rows()


def test_manager_may_stand_after_the_row_that_names_them() -> None:
    """
    Both are new; the reference is to the row that creates the manager.
    """
    plan = plan_of(
        """
        primary_email_address,unique_user_id,manager_unique_user_id
        ana@example.com,E1,E2
        bo@example.com,E2,
        """
    )

    assert managers(plan) == [(-2, -3), (-3, None)]


def test_unknown_manager_is_pending() -> None:
    """
    A warning, and the reference is kept.
    """
    plan = plan_of("primary_email_address,manager_primary_email_address\nana@example.com,Boss@example.com\n")

    assert codes(plan) == ["unknown_manager"]
    assert plan.writes.creates["pending_manager_email"].to_list() == ["boss@example.com"]


def test_pending_reference_links_itself_when_the_manager_appears() -> None:
    """
    Ana, whom the file does not name, gets the manager she was waiting for.
    """
    ana = ANA | {"pending_manager_id": "E9"}
    plan = plan_of("primary_email_address,unique_user_id\nboss@example.com,E9\n", make_directory(ana))

    assert ("manager_changed", 1, "manager", "?E9", "boss@example.com") in change_lines(plan)


def test_id_counts_when_id_and_address_differ() -> None:
    """
    The manager's address belongs to somebody else: a warning.
    """
    cy = {"id": 3, "email": "cy@example.com", "unique_user_id": "E3"}
    plan = plan_of(
        """
        primary_email_address,manager_unique_user_id,manager_primary_email_address
        ana@example.com,E2,cy@example.com
        """,
        make_directory(ANA, BO, cy),
    )

    assert managers(plan) == [(1, 2)]
    assert codes(plan) == ["manager_email_differs"]


def test_address_of_a_manager_is_found_as_it_was_before_the_file() -> None:
    """
    Bo's address changes in the same file; rows that use the old one still mean Bo.
    """
    plan = plan_of(
        """
        primary_email_address,unique_user_id,manager_primary_email_address
        ana@example.com,E1,bo@example.com
        bo.new@example.com,E2,
        """,
        make_directory(ANA, BO),
    )

    assert (1, 2) in managers(plan)


def test_own_manager_is_ignored() -> None:
    """
    Nobody reports to themselves.
    """
    plan = plan_of("primary_email_address,manager_unique_user_id\nana@example.com,E1\n", make_directory(ANA))

    assert plan.is_empty
    assert codes(plan) == ["own_manager"]


def test_loop_is_named() -> None:
    """
    Ana reports to Bo and Bo to Ana: both rows carry a warning that names the loop, Cy below them does not.
    """
    plan = plan_of(
        """
        primary_email_address,unique_user_id,manager_unique_user_id
        ana@example.com,E1,E2
        bo@example.com,E2,E1
        cy@example.com,E3,E1
        """
    )

    loops = plan.issues.filter(pl.col("code") == "manager_loop")
    assert loops["row_number"].to_list() == [2, 3]
    assert loops["message"][0] == "The managers form a loop: E1 → E2 → E1."


def test_blank_manager_leaves_the_link_alone_and_clear_removes_it() -> None:
    """
    Silence changes nothing; #CLEAR# unlinks.
    """
    ana = ANA | {"manager_id": 2}

    silent = plan_of("primary_email_address,manager_unique_user_id\nana@example.com,\n", make_directory(ana, BO))
    clear = plan_of("primary_email_address,manager_unique_user_id\nana@example.com,#CLEAR#\n", make_directory(ana, BO))

    assert silent.is_empty
    assert change_lines(clear) == [("manager_changed", 1, "manager", "bo@example.com", None)]
