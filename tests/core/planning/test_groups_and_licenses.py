"""Memberships with reasons, licenses with seats, permissions by scope."""

from tests.factories import change_lines, codes, kinds_of, make_directory, plan_of, statuses

FILE, HAND, RULE = 1, 2, 4
ANA = {"id": 1, "email": "ana@example.com"}
BO = {"id": 2, "email": "bo@example.com"}
CY = {"id": 3, "email": "cy@example.com"}
GROUPS = [{"id": 10, "name": "Engineers"}, {"id": 11, "name": "Lisbon"}]
POOL = {"id": 1, "key": "license_english_status", "seats": 1}


def test_groups_sets_the_list_of_file_memberships() -> None:
    """
    Groups not named are left, new names are created.
    """
    plan = plan_of(
        'primary_email_address,groups\nana@example.com,"engineers, Chess"\n',
        make_directory(ANA, groups=GROUPS, memberships=[(1, 11, FILE)]),
    )

    assert change_lines(plan) == [
        ("group_joined", 1, "Chess", None, "Chess"),
        ("group_joined", 1, "Engineers", None, "Engineers"),
        ("group_left", 1, "Lisbon", "Lisbon", None),
        ("group_created", None, "Chess", None, "Chess"),
    ]


def test_hand_made_membership_outlives_the_list() -> None:
    """
    The file takes its own reason away, the hand's stays; nobody leaves.
    """
    plan = plan_of(
        "primary_email_address,groups\nana@example.com,Lisbon\n",
        make_directory(ANA, groups=GROUPS, memberships=[(1, 10, FILE | HAND), (1, 11, FILE)]),
    )

    assert plan.writes.memberships.rows() == [(1, 10, FILE | HAND, HAND)]
    assert "group_left" not in kinds_of(plan)


def test_blank_groups_cell_changes_nothing() -> None:
    """
    Blank is silence; the clear token empties the list.
    """
    world = make_directory(ANA, groups=GROUPS, memberships=[(1, 11, FILE)])

    assert plan_of("primary_email_address,groups\nana@example.com,\n", world).is_empty
    assert kinds_of(plan_of("primary_email_address,groups\nana@example.com,#CLEAR#\n", world)) == ["group_left"]


def test_add_and_remove_leave_other_groups_alone() -> None:
    """
    The difference columns touch only what they name.
    """
    plan = plan_of(
        "primary_email_address,add_to_groups,remove_from_groups\nana@example.com,Engineers,Lisbon\n",
        make_directory(ANA, groups=[*GROUPS, {"id": 12, "name": "Chess"}], memberships=[(1, 11, FILE), (1, 12, FILE)]),
    )

    assert plan.writes.memberships.rows() == [(1, 10, 0, FILE), (1, 11, FILE, 0)]


def test_group_column_with_yes_and_no() -> None:
    """
    group:<name> adds or removes one group.
    """
    plan = plan_of(
        "primary_email_address,group:Lisbon\nana@example.com,no\nbo@example.com,yes\n",
        make_directory(ANA, BO, groups=GROUPS, memberships=[(1, 11, FILE)]),
    )

    assert plan.writes.memberships.rows() == [(1, 11, FILE, 0), (2, 11, 0, FILE)]


def test_rule_group_is_never_changed_by_a_file() -> None:
    """
    A warning, and the membership stays.
    """
    world = make_directory(ANA, groups=[{"id": 10, "name": "Engineers", "is_rule": True}], memberships=[(1, 10, RULE)])
    plan = plan_of("primary_email_address,groups\nana@example.com,Engineers\n", world)

    assert plan.is_empty
    assert codes(plan) == ["rule_group"]


def test_license_states_are_asked_for_and_no_ops_are_no_ops() -> None:
    """
    Active on a holder and inactive on a non-holder change nothing.
    """
    plan = plan_of(
        "primary_email_address,license_english_status\nana@example.com,active\nbo@example.com,inactive\n",
        make_directory(ANA, BO, pools=[POOL], licenses=[{"learner": 1, "state": "active"}]),
    )

    assert plan.is_empty
    assert statuses(plan) == ["UNCHANGED", "UNCHANGED"]


def test_frees_come_before_grants() -> None:
    """
    The only seat moves from Bo, who stands later in the file, to Ana.
    """
    plan = plan_of(
        "primary_email_address,license_english_status\nana@example.com,active\nbo@example.com,inactive\n",
        make_directory(ANA, BO, pools=[POOL], licenses=[{"learner": 2, "state": "active"}]),
    )

    assert kinds_of(plan) == ["license_granted", "license_revoked"]


def test_short_of_seats_people_wait_in_file_order() -> None:
    """
    One seat: the first gets it, the others wait with a warning.
    """
    plan = plan_of(
        """
        primary_email_address,license_english_status
        ana@example.com,active
        bo@example.com,active
        cy@example.com,active
        """,
        make_directory(ANA, BO, CY, pools=[POOL]),
    )

    assert plan.writes.licenses.rows() == [
        (1, 1, None, "active", None),
        (2, 1, None, "waiting", 1),
        (3, 1, None, "waiting", 2),
    ]
    assert codes(plan) == ["no_seat", "no_seat"]


def test_freed_seat_serves_the_waiting_list_first() -> None:
    """
    Cy, who waits and is in no row, gets Bo's seat before Ana, who asks only now.
    """
    plan = plan_of(
        "primary_email_address,license_english_status\nana@example.com,active\nbo@example.com,inactive\n",
        make_directory(
            ANA,
            BO,
            CY,
            pools=[POOL],
            licenses=[{"learner": 2, "state": "active"}, {"learner": 3, "state": "waiting", "position": 1}],
        ),
    )

    assert [(line[0], line[3]) for line in plan.writes.licenses.rows()] == [(1, "waiting"), (2, None), (3, "active")]


def test_leaver_loses_licenses_and_gets_none() -> None:
    """
    worker_status inactive beats a license active in the same row.
    """
    plan = plan_of(
        "primary_email_address,worker_status,license_english_status\nana@example.com,inactive,active\n",
        make_directory(ANA, pools=[POOL], licenses=[{"learner": 1, "state": "active"}]),
    )

    assert "license_revoked" in kinds_of(plan)
    assert codes(plan) == ["leaver_keeps_no_license"]


def test_absent_person_of_a_full_file_loses_the_license() -> None:
    """
    Leavers whom no row names free their seats, and the waiting list is served.
    """
    plan = plan_of(
        "primary_email_address\nbo@example.com\n",
        make_directory(
            ANA,
            BO,
            pools=[POOL],
            licenses=[{"learner": 1, "state": "active"}, {"learner": 2, "state": "waiting", "position": 4}],
        ),
        mode="full",
    )

    assert kinds_of(plan) == ["deactivated", "license_granted", "license_revoked", "claim_lost"]


def test_license_kept_by_hand_stays() -> None:
    """
    A revocation or grant by hand is a local override, with a warning where a file disagrees.
    """
    plan = plan_of(
        "primary_email_address,license_english_status\nana@example.com,active\nbo@example.com,inactive\n",
        make_directory(
            ANA,
            BO,
            pools=[POOL | {"seats": None}],
            licenses=[
                {"learner": 1, "state": "denied", "by_hand": True},
                {"learner": 2, "state": "active", "by_hand": True},
            ],
        ),
    )

    assert plan.is_empty
    assert codes(plan) == ["kept_by_hand", "kept_by_hand"]


def test_license_waits_for_the_start_date() -> None:
    """
    Somebody who starts next month is created, the license is scheduled and takes no seat.
    """
    plan = plan_of(
        """
        primary_email_address,start_date,license_english_status
        dee@example.com,2026-04-01,active
        ana@example.com,2020-01-01,active
        """,
        make_directory(ANA, pools=[POOL]),
    )

    assert [line[3] for line in plan.writes.licenses.rows()] == ["scheduled", "active"]


def test_permissions_count_only_when_allowed() -> None:
    """
    Without the right the column is ignored with a warning; with it the scope is stored in one form.
    """
    text = 'primary_email_address,group_permission_view_reports\nana@example.com,"group:B,group:A"\n'

    refused = plan_of(text, make_directory(ANA))
    allowed = plan_of(text, make_directory(ANA), allows_permissions=True)

    assert codes(refused) == ["not_allowed"]
    assert refused.is_empty
    assert change_lines(allowed) == [
        ("permission_changed", 1, "group_permission_view_reports", None, "group:A,group:B")
    ]
