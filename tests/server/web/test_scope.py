"""A sub-admin who is limited to groups sees only the people of these groups, on whichever page they look."""

from collections.abc import Callable

import pytest
from django.test import Client

from orgsync.server.directory.models import Group, Learner
from orgsync.server.orgs.access import Right
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.rights import RIGHTS
from tests.server.web.scope_world import (  # noqa: F401  fixtures
    LIST,
    ana_and_bo,
    content,
    join,
    limited_admin,
    sales_group,
)
from tests.server.web.test_learners import add_learner


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
