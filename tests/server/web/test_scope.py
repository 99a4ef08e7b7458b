"""A sub-admin who is limited to groups sees and changes only the people of these groups, whichever way they ask."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.edits import Edit
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Group, Learner, Membership
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
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.orgs.rights import RIGHTS
from orgsync.server.tokens.giving import scopes_to_give
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.decisions import DecisionRefused, approve_job
from orgsync.server.uploads.editrights import EditRefused
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.models import UploadJob
from tests.job_world import make_job, make_token
from tests.server.web.conftest import signed_in
from tests.server.web.test_learners import add_learner

LIST = "/admin/people/learners/"
JOBS = "/admin/people/sync-history/"


@pytest.fixture
def sales(acme: Organization) -> Group:
    return group(acme, "Sales")


@pytest.fixture
def people(acme: Organization, sales: Group) -> dict[str, Learner]:
    """Ana is in Sales, Bo is in Secret."""
    found = {"ana": add_learner(acme, 1, "Ana", "Silva"), "bo": add_learner(acme, 2, "Bo", "Adams")}
    Organization.objects.filter(id=acme.pk).update(next_learner_id=3)
    join(found["ana"], sales)
    join(found["bo"], group(acme, "Secret"))
    return found


@pytest.fixture
def sub(acme: Organization, sales: Group) -> Callable[..., Client]:
    """Sign a sub-admin in with rights, each limited to Sales unless it is said to be for everybody."""

    def sign_in(*rights: Right, everybody: bool = False) -> Client:
        client = signed_in(acme, "sub@example.com", Role.SUB_ADMIN)
        grants = {right.value: None if everybody else [sales.pk] for right in rights}
        Admin.objects.filter(organization=acme, role=Role.SUB_ADMIN).update(grants=grants)
        return client

    return sign_in


def group(acme: Organization, name: str) -> Group:
    return Group.objects.create(organization=acme, name=name, name_key=name.casefold(), created_at=timezone.now())


def join(learner: Learner, into: Group) -> None:
    Membership.objects.create(
        organization_id=learner.organization_id,
        learner_id=learner.id,
        group_id=into.pk,
        reasons=2,
        since=timezone.now(),
    )


def admin(role: Role, **grants: list[int] | None) -> Admin:
    return Admin(role=role, grants=grants)


def content(client: Client, path: str, **query: Any) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return body.decode()


@pytest.mark.parametrize("right", [right for right in Right if RIGHTS[right].is_limitable])
def test_each_limited_right_shows_its_own_people_and_nobody_else(
    sub: Callable[..., Client], people: dict[str, Learner], right: Right
) -> None:
    """
    List, search and page of one learner agree; a stranger's id is the same as none.
    """
    client = sub(right)

    for text in (content(client, LIST), content(client, LIST, q="a")):
        assert "ana.silva@example.com" in text
        assert "bo.adams@example.com" not in text
        assert "Secret" not in text
    assert client.get(f"{LIST}1/").status_code == 200
    assert client.get(f"{LIST}2/").status_code == 404
    assert client.get(LIST, {"group": "Secret"}).context["page"].people == ()
    secret = Group.objects.get(name="Secret")
    groups = content(client, "/admin/people/groups/")
    assert "Sales" in groups
    assert "Secret" not in groups
    assert client.get(f"/admin/people/groups/{secret.pk}/").status_code == 404
    home = content(client, "/admin/")
    assert "1 active learner" in home
    assert RIGHTS[right].label in home


def test_a_right_for_everybody_has_no_limit(sub: Callable[..., Client], people: dict[str, Learner]) -> None:
    """
    A limit is a choice.
    """
    client = sub(Right.MANAGE_USERS_LICENSES, everybody=True)

    assert "bo.adams@example.com" in content(client, LIST)


@pytest.mark.django_db(transaction=True)
def test_limited_admin_sees_of_jobs_only_their_own_and_their_peoples_lines(
    acme: Organization, sub: Callable[..., Client], people: dict[str, Learner], alice: Client
) -> None:
    """
    Somebody else's job is not there. Of their own they see the lines about their people, and no rows of files.
    """
    client = sub(Right.MANAGE_USERS_LICENSES)
    owner = Account.objects.get(email="alice@example.com")
    edits = [Edit(one.id, one.primary_email_address, {"work_title": "Boss"}) for one in people.values()]
    both = edit_people(acme, edits, owner)
    other = make_job(make_token(acme), JobStatus.DONE)

    assert both.status == JobStatus.HELD
    assert [job.public_id for job in client.get(JOBS).context["page"].jobs] == []
    for job in (both, other):
        for path in (f"{JOBS}{job.public_id}/", f"{JOBS}{job.public_id}/plan/", f"{JOBS}{job.public_id}/source.csv"):
            assert client.get(path).status_code == 404
    UploadJob.objects.filter(id=both.pk).update(requested_by=Account.objects.get(email="sub@example.com"))
    shown = content(client, f"{JOBS}{both.public_id}/plan/") + content(client, f"{JOBS}{both.public_id}/plan.csv")
    assert "ana.silva@example.com" in shown
    assert "bo.adams@example.com" not in shown
    assert content(client, f"{JOBS}{both.public_id}/")
    for what in ("source", "results", "failed-rows"):
        assert client.get(f"{JOBS}{both.public_id}/{what}.csv").status_code == 404
    assert "bo.adams@example.com" in content(alice, f"{JOBS}{both.public_id}/plan.csv")
    downloaded = content(client, f"{LIST}download/")
    assert "ana.silva@example.com" in downloaded
    assert "bo.adams@example.com" not in downloaded


@pytest.mark.django_db(transaction=True)
def test_manager_of_other_groups_is_not_named(
    acme: Organization, alice: Client, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    Ana's manager Bo is in no group of the sub-admin: list, page, form and download name nobody; her report is named.
    """
    ana, bo = people.values()
    cy = add_learner(acme, 3, "Cy", "Cole", manager_id=ana.id, pending_manager_email="late@example.com")
    join(cy, sales)
    Learner.objects.filter(organization_id=acme.pk, id=ana.id).update(manager_id=bo.id)
    client = sub(Right.MANAGE_USERS_LICENSES)
    ways = [f"{LIST}?column=manager", f"{LIST}{ana.id}/", f"{LIST}{ana.id}/edit/", f"{LIST}download/"]

    assert all("adams" in content(alice, way).casefold() for way in ways[1:])
    assert not any("adams" in content(client, way).casefold() for way in ways)
    assert "ana.silva@example.com" in content(client, f"{LIST}{cy.id}/edit/")
    assert content(client, f"{LIST}download/").count("ana.silva@example.com") == 2


@pytest.mark.django_db(transaction=True)
def test_plan_names_no_manager_of_other_groups(
    acme: Organization, alice: Client, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    Ana's old manager is in no group of the sub-admin, her new one is: plan, download and her page name the new one.
    """
    ana, bo = people.values()
    cy = add_learner(acme, 3, "Cy", "Cole")
    Organization.objects.filter(id=acme.pk).update(next_learner_id=4)
    join(cy, sales)
    Learner.objects.filter(organization_id=acme.pk, id=ana.id).update(manager_id=bo.id)
    client = sub(Right.MANAGE_USERS_LICENSES)
    by = Account.objects.get(email="sub@example.com")
    job = edit_people(acme, [Edit(ana.id, ana.primary_email_address, manager=cy.primary_email_address)], by)
    job_page = f"{JOBS}{job.public_id}/"
    told = f"{LIST}{ana.id}/?changed={job.public_id}"

    for way in (f"{job_page}plan/", f"{job_page}plan.csv", told):
        assert "bo.adams@example.com" in content(alice, way)
        shown = content(client, way)
        assert "cy.cole@example.com" in shown
        assert "adams" not in shown.casefold()
    assert "adams" not in content(client, job_page).casefold()
    UploadJob.objects.filter(id=job.pk).update(requested_by=None)
    assert "outcome-head" in content(alice, told)
    assert "outcome-head" not in content(client, told)


@pytest.mark.django_db(transaction=True)
def test_edits_are_kept_to_the_right_and_to_its_people(
    acme: Organization, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    The engine's border asks again: whatever page or call an edit comes from.
    """
    sub(Right.MANAGE_USERS_LICENSES)
    by = Account.objects.get(email="sub@example.com")
    ana, bo = people.values()

    def edit(learner: Learner, **what: Any) -> Edit:
        return Edit(learner.id, learner.primary_email_address, **what)

    done = edit_people(acme, [edit(ana, values={"work_title": "Boss"})], by)
    refused = [
        [edit(bo, values={"work_title": "Boss"})],
        [edit(ana, values={"work_title": "Chief"}), edit(bo, values={"work_title": "Chief"})],
        [edit(ana, joins=["Sales"])],
        [edit(ana, absorbs=bo.id)],
    ]

    assert done.status == JobStatus.DONE
    for edits in refused:
        with pytest.raises(EditRefused):
            edit_people(acme, edits, by)
    Admin.objects.filter(account=by).update(grants={"edit_groups": [sales.pk]})
    assert edit_people(acme, [edit(ana, leaves=["Sales"])], by).status == JobStatus.DONE
    join(ana, sales)
    with pytest.raises(EditRefused, match="groups"):
        edit_people(acme, [edit(ana, joins=["Secret"])], by)


@pytest.mark.django_db(transaction=True)
def test_limited_admin_confirms_their_own_bulk_edit_and_decides_on_nothing_else(
    acme: Organization, sub: Callable[..., Client], people: dict[str, Learner], sales: Group
) -> None:
    """
    Whoever asked for several edits looks at their plan; a file's job is for those who decide for everybody.
    """
    client = sub(Right.MANAGE_USERS_LICENSES)
    by = Account.objects.get(email="sub@example.com")
    join(people["bo"], sales)
    own = edit_people(acme, [Edit(one.id, "", {"work_title": "Boss"}) for one in people.values()], by)
    held = make_job(make_token(acme), JobStatus.HELD, held_at=timezone.now(), requested_by=by)

    assert approve_job(own, by=by, now=timezone.now())
    with pytest.raises(DecisionRefused):
        approve_job(held, by=by, now=timezone.now())
    assert client.post(f"{JOBS}{held.public_id}/decide/", {"decision": "cancel"}).status_code == 403


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
