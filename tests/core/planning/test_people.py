"""Attributes, status and leavers."""

from tests.factories import change_lines, codes, kinds_of, make_directory, plan_of, statuses

ANA = {"id": 1, "email": "ana@example.com", "unique_user_id": "E1"}
BO = {"id": 2, "email": "bo@example.com", "unique_user_id": "E2"}


def test_absent_blank_and_clear_are_three_things() -> None:
    """
    An absent column and a blank cell leave a value alone, the clear token empties it.
    """
    ana = ANA | {"work_title": "Chef", "department_name": "Kitchen", "country_code": "PT"}
    plan = plan_of("primary_email_address,work_title,department_name\nana@example.com,,#CLEAR#\n", make_directory(ana))

    assert change_lines(plan) == [("value_cleared", 1, "department_name", "Kitchen", None)]


def test_blank_clears_where_the_organization_wants_it() -> None:
    """
    The policy names the columns in which a blank empties.
    """
    ana = ANA | {"work_title": "Chef", "job_level": "Senior"}
    plan = plan_of(
        "primary_email_address,work_title,job_level\nana@example.com,,\n",
        make_directory(ana),
        blank_clears=frozenset({"work_title"}),
    )

    assert change_lines(plan) == [("value_cleared", 1, "work_title", "Chef", None)]


def test_custom_attribute_is_made_by_its_first_appearance() -> None:
    """
    A new attribute_ column creates the attribute.
    """
    plan = plan_of("primary_email_address,attribute_office\nana@example.com,Lisbon\n", make_directory(ANA))

    assert plan.writes.new_attributes == ("attribute_office",)
    assert kinds_of(plan) == ["value_set", "attribute_created"]


def test_worker_status_inactive_makes_a_leaver() -> None:
    """
    The learner is deactivated; history is kept.
    """
    plan = plan_of("primary_email_address,worker_status\nana@example.com,inactive\n", make_directory(ANA))

    assert statuses(plan) == ["DEACTIVATED"]
    assert ("deactivated", 1, "status", "active", "inactive") in change_lines(plan)


def test_full_file_makes_leavers_of_absent_people_it_claims() -> None:
    """
    Only people whom this feed alone claims leave by absence.
    """
    others = [
        {"id": 3, "email": "c@example.com", "is_claimed_here": False},
        {"id": 4, "email": "d@example.com", "is_claimed_elsewhere": True},
        {"id": 5, "email": "e@example.com", "is_admin": True},
        {"id": 6, "email": "f@example.com", "is_protected": True},
    ]
    plan = plan_of("primary_email_address\nana@example.com\n", make_directory(ANA, BO, *others), mode="full")

    assert plan.leavers["learner_id"].to_list() == [2]
    assert plan.writes.claims.rows() == [(2, False), (4, False)]


def test_file_of_changes_never_deactivates() -> None:
    """
    People missing from a file of changes are left alone.
    """
    plan = plan_of("primary_email_address\nana@example.com\n", make_directory(ANA, BO))

    assert plan.is_empty


def test_returner_is_reactivated_by_an_active_row() -> None:
    """
    A leaver whom a file calls active comes back.
    """
    gone = ANA | {"is_active": False, "worker_status": "inactive"}
    plan = plan_of("primary_email_address,worker_status\nana@example.com,active\n", make_directory(gone))

    assert kinds_of(plan) == ["reactivated", "value_changed"]


def test_status_is_not_inferred_from_silence() -> None:
    """
    A row of changes without a status leaves a leaver where they are.
    """
    gone = ANA | {"is_active": False}
    plan = plan_of("primary_email_address,work_title\nana@example.com,Chef\n", make_directory(gone))

    assert kinds_of(plan) == ["value_set"]


def test_return_waits_for_an_admin_when_policy_says_so() -> None:
    """
    The organization may hold returns: the row is in error and nothing changes.
    """
    gone = ANA | {"is_active": False}
    plan = plan_of(
        "primary_email_address,worker_status\nana@example.com,active\n",
        make_directory(gone),
        reactivates_returners=False,
    )

    assert statuses(plan) == ["ERROR"]
    assert codes(plan) == ["reactivation_held"]
    assert plan.is_empty


def test_additions_only_fills_and_never_replaces() -> None:
    """
    Empty values are filled; a value that would be replaced is listed as skipped.
    """
    ana = ANA | {"work_title": "Chef"}
    plan = plan_of(
        "primary_email_address,work_title,job_level\nana@example.com,Cook,Senior\n",
        make_directory(ana),
        mode="additions_only",
    )

    assert change_lines(plan) == [("value_set", 1, "job_level", None, "Senior")]
    assert codes(plan) == ["skipped_by_mode"]


def test_protected_person_does_not_leave_by_a_row() -> None:
    """
    The row's other values apply, the status stays, a warning says so.
    """
    plan = plan_of(
        "primary_email_address,worker_status\nana@example.com,inactive\n",
        make_directory(ANA | {"is_protected": True}),
    )

    assert "deactivated" not in kinds_of(plan)
    assert codes(plan) == ["kept_by_hand"]


def test_planning_twice_gives_the_same_plan() -> None:
    """
    A plan is a value: the same rows and directory give the same one.
    """
    text = "primary_email_address,work_title,groups\nana@example.com,Chef,A\nnew@example.com,Cook,B\n"

    first, second = plan_of(text, make_directory(ANA)), plan_of(text, make_directory(ANA))

    assert first.changes.equals(second.changes)
