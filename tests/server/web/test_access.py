"""Who may see which page: every address of the Account Center is in this table, or a test fails."""

import pytest
from django.test import Client
from django.urls import reverse

from orgsync.server.orgs.access import ROLE_PERMISSIONS, Permission
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.web.urls import urlpatterns
from tests.server.web.access_tables import CHANGING, OPEN, OWN, POSTED, SEEING, WITH_ID
from tests.server.web.access_world import Address, ids_of_acme


@pytest.fixture
def address(acme: Organization) -> Address:
    """Give the address of each page, with the ids of something of Acme."""
    ids = ids_of_acme(acme)
    return lambda name: reverse(f"web:{name}", kwargs=ids.get(name))


def status(client: Client, name: str, path: str) -> int:
    return (client.post if name in POSTED else client.get)(path).status_code


def test_every_address_is_in_the_table() -> None:
    """
    A new page has to say here who may see it.
    """
    assert {pattern.name for pattern in urlpatterns} == OPEN | OWN | SEEING | CHANGING


@pytest.mark.parametrize("name", sorted(OWN | SEEING | CHANGING))
def test_nobody_sees_anything_without_sign_in(client: Client, address: Address, name: str) -> None:
    """
    Every page leads to the sign-in page, and comes back from there.
    """
    path = address(name)

    answer = (client.post if name in POSTED else client.get)(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_read_only_admin_changes_nothing(bob: Client, address: Address, name: str) -> None:
    """
    Pages that change something, or that show secrets, are closed to Bob.
    """
    assert status(bob, name, address(name)) == 403


@pytest.mark.parametrize("name", sorted(SEEING - WITH_ID))
def test_read_only_admin_sees_lists(bob: Client, address: Address, name: str) -> None:
    """
    Bob sees what there is.
    """
    assert status(bob, name, address(name)) == 200


@pytest.mark.parametrize("name", sorted(WITH_ID))
def test_foreign_objects_are_not_found(charlie: Client, address: Address, name: str) -> None:
    """
    An id of another organization is the same to Charlie as one that does not exist.
    """
    assert status(charlie, name, address(name)) == 404


@pytest.mark.parametrize("name", sorted((SEEING | CHANGING) - POSTED - WITH_ID))
def test_pages_are_read_with_get_and_nothing_else(alice: Client, address: Address, name: str) -> None:
    """
    DELETE and PUT reach no page.
    """
    assert alice.delete(address(name)).status_code == 405


@pytest.mark.parametrize("name", sorted(POSTED))
def test_changes_need_a_post(alice: Client, address: Address, name: str) -> None:
    """
    No link changes anything.
    """
    assert alice.get(address(name)).status_code == 405


def test_forms_need_their_token(acme: Organization, alice: Client, address: Address) -> None:
    """
    A form on another site cannot send in Alice's name.
    """
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alice.cookies

    assert strict.post(address("job-decide"), {"decision": "approve"}).status_code == 403


def test_read_only_role_may_only_see() -> None:
    """
    Only permissions to see are given to the role.
    """
    assert {name for name in Permission if name.name.startswith("SEE_")} - {
        Permission.SEE_OUTBOX,
        Permission.SEE_AUDIT,
    } == (ROLE_PERMISSIONS[Role.READ_ONLY])


def test_admin_of_two_organizations_is_asked_which(alice: Client, acme: Organization, charlie: Client) -> None:
    """
    Nothing is shown before the choice, and the choice is kept to one's own organizations.
    """

    globex = Organization.objects.get(name="Globex")
    foreign = Organization.objects.create(name="Initech")
    Admin.objects.create(
        organization=globex, account=Account.objects.get(email="alice@example.com"), role=Role.READ_ONLY
    )

    before = alice.get("/admin/")
    alice.post("/organizations/", {"organization": foreign.pk})
    after_foreign = alice.get("/admin/")
    alice.post("/organizations/", {"organization": globex.pk})

    assert before["Location"] == after_foreign["Location"] == "/organizations/"
    assert b"Globex" in alice.get("/admin/").content
    assert alice.get("/admin/authenticate/").status_code == 403


def test_removed_admin_is_out_at_once(alice: Client, acme: Organization) -> None:
    """
    A session does not outlive the role.
    """

    Admin.objects.filter(organization=acme).delete()

    assert alice.get("/admin/")["Location"] == "/organizations/"
