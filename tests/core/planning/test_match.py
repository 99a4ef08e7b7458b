"""Who is meant by a row."""

import polars as pl

from tests.factories import change_lines, codes, kinds_of, make_directory, plan_of, statuses

ANA = {"id": 1, "email": "ana@example.com", "unique_user_id": "E1"}
BO = {"id": 2, "email": "bo@example.com", "unique_user_id": "E2"}


def test_new_person_is_created() -> None:
    """
    A row that fits nobody creates a learner.
    """
    plan = plan_of("primary_email_address,unique_user_id\nana@example.com,E1\n")

    assert statuses(plan) == ["CREATED"]
    assert plan.writes.creates.select("email_key", "unique_user_id").rows() == [("ana@example.com", "E1")]


def test_id_counts_before_address() -> None:
    """
    The id matches and the address is new and free: the address changes.
    """
    plan = plan_of("primary_email_address,unique_user_id\nana.new@example.com,E1\n", make_directory(ANA, BO))

    assert change_lines(plan) == [
        ("email_changed", 1, "primary_email_address", "ana@example.com", "ana.new@example.com")
    ]


def test_address_matches_without_regard_to_case() -> None:
    """
    An address that differs only in case is the same person and no change.
    """
    plan = plan_of("primary_email_address\nANA@Example.com\n", make_directory(ANA))

    assert statuses(plan) == ["UNCHANGED"]
    assert plan.is_empty


def test_empty_stored_id_is_filled_in() -> None:
    """
    The address matches and no id is stored yet: the id is taken over.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id\nana@example.com,E9\n", make_directory(ANA | {"unique_user_id": None})
    )

    assert change_lines(plan) == [("id_changed", 1, "unique_user_id", None, "E9")]


def test_other_stored_id_is_an_error() -> None:
    """
    The address matches and another id is stored: nothing happens to either.
    """
    plan = plan_of("primary_email_address,unique_user_id\nana@example.com,E9\n", make_directory(ANA))

    assert statuses(plan) == ["ERROR"]
    assert codes(plan) == ["id_mismatch"]
    assert plan.is_empty


def test_address_of_an_inactive_person_with_another_id_is_a_possible_rehire() -> None:
    """
    An inactive person still holds their address.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id\nana@example.com,E9\n", make_directory(ANA | {"is_active": False})
    )

    assert codes(plan) == ["possible_rehire"]


def test_keys_of_two_people_are_a_duplicate_profile() -> None:
    """
    The id of one and the address of another, who keeps it, change nobody; both count as present.
    """
    plan = plan_of("primary_email_address,unique_user_id\nbo@example.com,E1\n", make_directory(ANA, BO), mode="full")

    assert codes(plan) == ["duplicate_profile"]
    assert plan.leavers.is_empty()


def test_addresses_swap() -> None:
    """
    Two people who exchange addresses in one file both get the other's.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id\nbo@example.com,E1\nana@example.com,E2\n", make_directory(ANA, BO)
    )

    assert statuses(plan) == ["UPDATED", "UPDATED"]
    assert plan.writes.updates.select("learner_id", "email_key").rows() == [
        (1, "bo@example.com"),
        (2, "ana@example.com"),
    ]


def test_chain_works_when_its_end_is_free() -> None:
    """
    Ana takes Bo's address, Bo moves to a free one.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id\nbo@example.com,E1\nbo2@example.com,E2\n", make_directory(ANA, BO)
    )

    assert statuses(plan) == ["UPDATED", "UPDATED"]


def test_chain_fails_back_from_a_taken_end() -> None:
    """
    Bo wants an address that stays taken, so Ana does not get Bo's either.
    """
    cy = {"id": 3, "email": "cy@example.com", "unique_user_id": "E3"}
    plan = plan_of(
        "primary_email_address,unique_user_id\nbo@example.com,E1\ncy@example.com,E2\n", make_directory(ANA, BO, cy)
    )

    assert statuses(plan) == ["ERROR", "ERROR"]
    assert codes(plan) == ["duplicate_profile", "email_taken"]
    assert plan.is_empty


def test_new_person_takes_an_address_that_its_holder_gives_up() -> None:
    """
    A joiner may get the address that a present person leaves in the same file.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id\nana@example.com,E7\nana.old@example.com,E1\n", make_directory(ANA)
    )

    assert statuses(plan) == ["CREATED", "UPDATED"]


def test_existing_address_renames() -> None:
    """
    existing_email_address names the person by the old address.
    """
    plan = plan_of(
        "existing_email_address,invited_email_address\nana@example.com,ana.new@example.com\n", make_directory(ANA)
    )

    assert kinds_of(plan) == ["email_changed"]


def test_rename_sent_twice_changes_nothing_the_second_time() -> None:
    """
    The old address is unknown by then, the new one names the same person.
    """
    plan = plan_of(
        "existing_email_address,invited_email_address\nana@example.com,ana.new@example.com\n",
        make_directory(ANA | {"email": "ana.new@example.com"}),
    )

    assert statuses(plan) == ["UNCHANGED"]


def test_rename_to_an_address_that_stays_taken_fails() -> None:
    """
    The holder has no row that gives the address up.
    """
    plan = plan_of(
        "existing_email_address,invited_email_address\nana@example.com,bo@example.com\n", make_directory(ANA, BO)
    )

    assert codes(plan) == ["email_taken"]


def test_unknown_existing_address_is_an_error() -> None:
    """
    A rename of nobody creates nobody.
    """
    plan = plan_of("existing_email_address,invited_email_address\nx@example.com,y@example.com\n", make_directory(ANA))

    assert codes(plan) == ["unknown_existing_email"]


def test_new_unique_user_id_replaces_the_id_once() -> None:
    """
    The row works the first time and is a no-op the second time.
    """
    text = "unique_user_id,new_unique_user_id\nE1,N1\n"

    first = plan_of(text, make_directory(ANA))
    second = plan_of(text, make_directory(ANA | {"unique_user_id": "N1"}))

    assert change_lines(first) == [("id_changed", 1, "unique_user_id", "E1", "N1")]
    assert statuses(second) == ["UNCHANGED"]


def test_ids_swap() -> None:
    """
    Two people may exchange ids in one file.
    """
    plan = plan_of("unique_user_id,new_unique_user_id\nE1,E2\nE2,E1\n", make_directory(ANA, BO))

    assert plan.writes.updates.select("learner_id", "unique_user_id").rows() == [(1, "E2"), (2, "E1")]


def test_new_person_needs_an_address() -> None:
    """
    An unknown id alone creates nobody.
    """
    plan = plan_of("unique_user_id\nE9\n", make_directory(ANA))

    assert codes(plan) == ["new_without_email"]
    assert plan.unidentified_rows == (2,)


def test_equal_rows_count_once() -> None:
    """
    The second of two equal rows is a warning and is skipped.
    """
    plan = plan_of("primary_email_address,work_title\nana@example.com,Chef\nana@example.com,Chef\n")

    assert statuses(plan) == ["CREATED", "SKIPPED"]
    assert codes(plan) == ["duplicate_row"]


def test_rows_that_differ_leave_the_first_valid_one() -> None:
    """
    The first row is broken, the second counts, the third contradicts it.
    """
    plan = plan_of(
        """
        primary_email_address,unique_user_id,worker_status,work_title
        ana@example.com,E1,gone,Chef
        ana@example.com,E1,active,Cook
        ana@example.com,E1,active,Waiter
        """,
        make_directory(ANA),
    )

    assert statuses(plan) == ["ERROR", "UPDATED", "ERROR"]
    assert plan.issues.filter(pl.col("code") == "conflicting_row")["message"].to_list() == [
        "Row 3 already speaks of this person and differs."
    ]


def test_two_new_rows_with_one_id_conflict() -> None:
    """
    People to be created are the same person when they share an id.
    """
    plan = plan_of("primary_email_address,unique_user_id\nana@example.com,E1\nbo@example.com,E1\n")

    assert statuses(plan) == ["CREATED", "ERROR"]


def test_scientific_id_of_a_known_address_is_ignored_with_a_warning() -> None:
    """
    A spreadsheet rewrote the id; the person is found by e-mail and keeps the stored id.
    """
    plan = plan_of("primary_email_address,unique_user_id\nana@example.com,1.2E+05\n", make_directory(ANA))

    assert statuses(plan) == ["UNCHANGED"]
    assert codes(plan) == ["scientific_id_known"]


def test_lost_leading_zeros_are_a_warning() -> None:
    """
    The stored id without its zeros is taken for the stored id.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id\nana@example.com,42\n", make_directory(ANA | {"unique_user_id": "00042"})
    )

    assert statuses(plan) == ["UNCHANGED"]
    assert codes(plan) == ["leading_zeros_lost"]


def test_row_in_error_is_present() -> None:
    """
    A person whose row has a bad cell does not leave by a full file.
    """
    plan = plan_of(
        "primary_email_address,unique_user_id,worker_status\nnot-an-address,E1,active\n",
        make_directory(ANA, BO),
        mode="full",
    )

    assert plan.leavers["learner_id"].to_list() == [2]


def test_domain_change_may_change_only_the_domain() -> None:
    """
    A person found by id whose name before the @ would change too is in error.
    """
    text = "unique_user_id,primary_email_address,domain_name_change\nE1,{},TRUE\n"

    moved = plan_of(text.format("ana@new.example.com"), make_directory(ANA))
    renamed = plan_of(text.format("anna@new.example.com"), make_directory(ANA))

    assert kinds_of(moved) == ["email_changed"]
    assert codes(renamed) == ["domain_only"]
