"""What roles and grants come to: whom they are for, and what their holder may pass on."""

from typing import Any

import pytest

from orgsync.server.orgs.access import (
    EVERYBODY,
    People,
    Permission,
    Right,
    may_change_group,
    may_for_all,
    may_manage,
    people_for,
)
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.tokens.giving import scopes_to_give
from orgsync.server.tokens.scopes import Scope


def admin(role: Role, **grants: list[int] | None) -> Admin:
    return Admin(role=role, grants=grants)


@pytest.mark.parametrize(
    ("grants", "permission", "expected"),
    [
        ({"edit_groups": [1], "view_reports": [2]}, Permission.SEE_PEOPLE, People(frozenset({1, 2}))),
        ({"edit_groups": [1], "view_reports": [2]}, Permission.EDIT_GROUPS, People(frozenset({1}))),
        ({"edit_groups": [1], "view_reports": None}, Permission.SEE_PEOPLE, EVERYBODY),
        ({"edit_groups": [1], "view_reports": None}, Permission.EDIT_PEOPLE, None),
        ({"edit_groups": []}, Permission.SEE_PEOPLE, People(frozenset())),
        ({"a right of yesterday": None}, Permission.SEE_PEOPLE, None),
        ({"manage_it_settings": None}, Permission.MANAGE_TOKENS, EVERYBODY),
        ({}, Permission.SEE_PEOPLE, None),
    ],
)
def test_people_of_a_sub_admin(grants: dict[str, Any], permission: Permission, expected: People | None) -> None:
    """
    The groups of all rights that have the permission, together; an unlimited one lifts the limit.
    """
    assert people_for(admin(Role.SUB_ADMIN, **grants), permission) == expected


@pytest.mark.parametrize("permission", list(Permission))
def test_what_a_role_may_is_for_everybody(permission: Permission) -> None:
    """
    Owners may all, admins all but what is the owners', readers only read; grants of theirs do not count.
    """
    assert may_for_all(admin(Role.OWNER), permission)
    is_owners = permission in {Permission.ERASE, Permission.MANAGE_SIGN_IN}
    assert may_for_all(admin(Role.ADMIN), permission) is not is_owners
    is_reading = permission.name.startswith("SEE_") and permission not in {Permission.SEE_OUTBOX, Permission.SEE_AUDIT}
    assert may_for_all(admin(Role.READ_ONLY, upload=None), permission) is is_reading


def test_groups_and_rules_that_a_limited_admin_may_change() -> None:
    """
    Only their own groups, and none by a rule: it could reach people whom they do not see.
    """
    limited = admin(Role.SUB_ADMIN, edit_groups=[1])

    assert may_change_group(limited, 1)
    assert not may_change_group(limited, 2)
    assert not may_change_group(limited, None)
    assert not may_change_group(limited, 1, by_rule=True)
    assert may_change_group(admin(Role.SUB_ADMIN, edit_groups=None), 2, by_rule=True)
    assert not may_change_group(admin(Role.READ_ONLY), 1)


@pytest.mark.parametrize(
    ("who", "target", "grants", "expected"),
    [
        (admin(Role.OWNER), Role.OWNER, {}, True),
        (admin(Role.ADMIN), Role.OWNER, {}, False),
        (admin(Role.ADMIN), Role.ADMIN, {}, False),
        (admin(Role.ADMIN), Role.SUB_ADMIN, {Right.UPLOAD: None}, True),
        (admin(Role.READ_ONLY), Role.READ_ONLY, {}, False),
        (admin(Role.SUB_ADMIN, upload=None), Role.SUB_ADMIN, {Right.UPLOAD: None}, False),
        (admin(Role.SUB_ADMIN, upload=None, create_sub_admins=None), Role.SUB_ADMIN, {Right.UPLOAD: None}, True),
        (admin(Role.SUB_ADMIN, upload=None, create_sub_admins=None), Role.ADMIN, {}, False),
        (
            admin(Role.SUB_ADMIN, edit_groups=[1, 2], create_sub_admins=None),
            Role.SUB_ADMIN,
            {Right.EDIT_GROUPS: frozenset({1})},
            True,
        ),
        (
            admin(Role.SUB_ADMIN, edit_groups=[1], create_sub_admins=None),
            Role.SUB_ADMIN,
            {Right.EDIT_GROUPS: None},
            False,
        ),
        (
            admin(Role.SUB_ADMIN, edit_groups=[1], create_sub_admins=None),
            Role.SUB_ADMIN,
            {Right.VIEW_REPORTS: frozenset({1})},
            False,
        ),
    ],
)
def test_nobody_makes_an_admin_who_may_more_than_themselves(
    who: Admin, target: Role, grants: dict[Right, frozenset[int] | None], *, expected: bool
) -> None:
    """
    Whoever gives rights has them.
    """
    assert may_manage(who, target, grants) is expected


def test_tokens_know_no_groups_so_a_limited_admin_gives_none_for_people() -> None:
    """
    A token reads everybody: only who may do that gives one that does.
    """
    limited = admin(Role.SUB_ADMIN, manage_users_licenses=[1], manage_it_settings=None)

    given = scopes_to_give(limited)

    assert Scope.SYNC in given
    assert Scope.DIRECTORY_WRITE not in given
    assert Scope.JOBS_APPROVE not in given
