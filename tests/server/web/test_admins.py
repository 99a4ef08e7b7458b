"""Settings › Admins and roles: invited by a link, changed and deactivated by those who stand above."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from orgsync.server.admins.listing import AdminFilter, page_of_admins
from orgsync.server.admins.roles import AdminRefused, deactivate_admin
from orgsync.server.audit.models import AuditEntry
from orgsync.server.directory.models import Group
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.tasks import send_mail
from orgsync.server.orgs.models import Account, Admin, Invitation, Organization, Role
from tests.job_world import make_admin, make_token
from tests.server.web.conftest import signed_in
from tests.server.web.test_learners import add_learner

ADMINS = "/admin/settings/admins/"
PASSWORD = "correct horse battery staple"


def invite(client: Client, email: str, role: Role, **more: Any) -> Any:
    return client.post(ADMINS, {"email": email, "role": role, **more})


def link() -> str:
    """Return the address in the newest invitation's mail."""
    body = OutboxMail.objects.filter(kind="invitation").latest("id").body
    found = re.search(r"https?://[^/\s]+(/invitation/\?key=\S+)", body)
    assert found
    return found[1]


def text_of(client: Client, path: str) -> str:
    return client.get(path, follow=True).content.decode()


def admin(email: str) -> Admin:
    return Admin.everyone.get(account__email=email)


def page(email: str) -> str:
    return f"{ADMINS}{admin(email).pk}/"


@pytest.fixture
def sales(acme: Organization) -> Group:
    return Group.objects.create(organization=acme, name="Sales", name_key="sales", created_at=timezone.now())


def test_invited_person_makes_an_account_and_has_the_rights(alice: Client, acme: Organization, sales: Group) -> None:
    """
    The link opens once; what it gives is what the owner chose, and the mail's text is not kept.
    """
    invite(alice, "Dora@example.com", Role.SUB_ADMIN, rights=["edit_groups", "upload"], groups=[sales.pk])
    dora, path = Client(), link()

    shown = text_of(dora, path)
    refused = dora.post(path, {"password": "short"}).content.decode()
    accepted = dora.post(path, {"password": PASSWORD})

    assert "Acme" in shown
    assert "Sub-admin" in shown
    assert "too short" in refused
    assert accepted["Location"] == "/admin/"
    assert admin("Dora@example.com").grants == {"edit_groups": [sales.pk], "upload": None}
    assert "Edit groups" in text_of(alice, ADMINS)
    assert dora.get("/admin/").status_code == 200
    assert Client().get(path).status_code == 404
    mail = OutboxMail.objects.get(kind="invitation")
    assert "key=" not in text_of(alice, f"/admin/outbox/{mail.pk}/")
    send_mail(mail.pk)
    assert "key=" not in OutboxMail.objects.get().body
    actions = set(AuditEntry.objects.filter(organization_id=acme.pk).values_list("action", flat=True))
    assert {"admin_invited", "role_given"} <= actions


def test_account_of_another_organization_signs_in_to_accept(alice: Client, charlie: Client, acme: Organization) -> None:
    """
    No password is set over an account that is there; the wrong account accepts nothing.
    """
    invite(alice, "charlie@example.com", Role.READ_ONLY)
    path = link()

    anonymous = Client().post(path, {"password": PASSWORD}).content.decode()
    alice.post(path)
    charlie.post(path)

    assert "Sign in" in anonymous
    assert not Account.objects.get(email="charlie@example.com").check_password(PASSWORD)
    assert admin_of(acme, "charlie@example.com").role == Role.READ_ONLY
    assert admin_of(acme, "alice@example.com").role == Role.OWNER


def admin_of(organization: Organization, email: str) -> Admin:
    return Admin.objects.get(organization=organization, account__email=email)


def test_old_replaced_and_withdrawn_links_open_nothing(alice: Client, acme: Organization) -> None:
    """
    Thirty days, one link at a time, and the owner's word ends it.
    """
    invite(alice, "dora@example.com", Role.ADMIN)
    first = link()
    invite(alice, "dora@example.com", Role.ADMIN)
    second = link()
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200

    found = Invitation.objects.get(ended_at=None)
    Invitation.objects.filter(id=found.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(second).status_code == 404
    Invitation.objects.filter(id=found.pk).update(expires_at=timezone.now() + timedelta(days=1))
    alice.post(f"{ADMINS}invitations/{found.pk}/")

    assert Client().get(second).status_code == 404
    assert "No invitation is open" in text_of(alice, ADMINS)


def test_deactivated_admin_is_out_at_once(alice: Client, acme: Organization) -> None:
    """
    Sessions and invitations end; their token works on, marked; they can be let in again.
    """
    dora = signed_in(acme, "dora@example.com", Role.ADMIN)
    dora.get("/admin/")
    invite(dora, "eve@example.com", Role.READ_ONLY)
    path = link()
    make_token(acme, Account.objects.get(email="dora@example.com"))
    assert UserSession.objects.filter(user__email="dora@example.com").exists()

    alice.post(page("dora@example.com"), {"do": "deactivate"})

    assert dora.get("/admin/")["Location"].startswith("/accounts/login/")
    assert Client().get(path).status_code == 404
    assert not UserSession.objects.filter(user__email="dora@example.com").exists()
    assert "deactivated" in text_of(alice, "/admin/authenticate/")
    assert "dora@example.com" not in text_of(alice, ADMINS)
    alice.post(page("dora@example.com"), {"do": "reactivate"})
    assert admin_of(acme, "dora@example.com").role == Role.ADMIN


def test_last_owner_stays(alice: Client, acme: Organization) -> None:
    """
    Neither demoted nor deactivated, not even by themselves, until there is another.
    """
    for sent in ({"do": "deactivate"}, {"do": "role", "role": "admin"}):
        assert "last owner" in alice.post(page("alice@example.com"), sent).content.decode()
    signed_in(acme, "dora@example.com", Role.OWNER)

    alice.post(page("alice@example.com"), {"do": "role", "role": "read_only"})

    assert admin_of(acme, "alice@example.com").role == Role.READ_ONLY


@pytest.mark.parametrize(
    ("by", "target", "sent"),
    [
        (Role.ADMIN, Role.OWNER, {"do": "deactivate"}),
        (Role.ADMIN, Role.ADMIN, {"do": "role", "role": "read_only"}),
        (Role.ADMIN, Role.READ_ONLY, {"do": "role", "role": "owner"}),
        (Role.SUB_ADMIN, Role.READ_ONLY, {"do": "deactivate"}),
        (Role.SUB_ADMIN, Role.SUB_ADMIN, {"do": "role", "role": "sub_admin", "rights": ["upload"]}),
    ],
)
def test_nobody_reaches_above_themselves(
    alice: Client, acme: Organization, by: Role, target: Role, sent: dict[str, Any]
) -> None:
    """
    Whatever is posted: what the target is and what it would be both have to be within one's own rights.
    """
    client = signed_in(acme, "dora@example.com", by)
    signed_in(acme, "eve@example.com", target)
    if by == Role.SUB_ADMIN:
        grants = {"create_sub_admins": None, "edit_groups": []}
        Admin.objects.filter(account__email="dora@example.com").update(grants=grants)
    before = admin("eve@example.com")

    client.post(page("eve@example.com"), sent)

    after = admin("eve@example.com")
    assert (after.role, after.grants, after.deactivated_at) == (before.role, before.grants, None)


def test_admin_is_linked_to_a_learner(alice: Client, bob: Client, acme: Organization) -> None:
    """
    By address; a stranger's is refused, and so is somebody who is another admin.
    """
    ana = add_learner(acme, 1, "Ana", "Silva")

    unknown = alice.post(page("bob@example.com"), {"do": "link", "learner": "nobody@example.com"}).content.decode()
    alice.post(page("bob@example.com"), {"do": "link", "learner": "ana.silva@example.com"})
    taken = alice.post(page("alice@example.com"), {"do": "link", "learner": "ana.silva@example.com"}).content.decode()

    assert "No learner has this address" in unknown
    assert admin("bob@example.com").learner_id == ana.id
    assert "Another admin" in taken


def test_list_is_narrowed_by_its_address(alice: Client, bob: Client) -> None:
    """
    Text, role and standing.
    """
    assert "bob@example.com" in text_of(alice, f"{ADMINS}?role=read_only")
    assert "bob@example.com" not in text_of(alice, f"{ADMINS}?role=owner")
    assert "No admin fits" in text_of(alice, f"{ADMINS}?q=nobody")
    assert "No admin fits" in text_of(alice, f"{ADMINS}?show=deactivated")


def test_list_is_paged_and_downloaded(alice: Client, acme: Organization, charlie: Client) -> None:
    """
    By address, forwards and back without a gap; the file has all that fit, and nobody of another organization.
    """
    for number in range(60):
        make_admin(acme, f"reader{number:02}@example.com", Role.READ_ONLY)
    first = page_of_admins(acme, AdminFilter(role="read_only"))
    second = page_of_admins(acme, AdminFilter(role="read_only"), after=first.after)
    back = page_of_admins(acme, AdminFilter(role="read_only"), before=second.before)

    assert (len(first.admins), len(second.admins), first.before, second.after) == (50, 10, None, None)
    assert (back.admins, back.before) == (first.admins, None)
    assert "reader55@example.com" in text_of(alice, f"{ADMINS}?after={first.after}&role=read_only")
    downloaded = alice.get(f"{ADMINS}download/?role=read_only").getvalue().decode("utf-8-sig").splitlines()
    assert len(downloaded) == 61
    assert downloaded[1].startswith("reader00@example.com,read_only,")
    assert charlie.get(f"{ADMINS}download/").getvalue().count(b"example.com") == 1


def test_two_owners_cannot_remove_each_other(alice: Client, acme: Organization) -> None:
    """
    Each is judged by what stands when their turn comes.
    """
    signed_in(acme, "dora@example.com", Role.OWNER)
    first, second = admin("alice@example.com"), admin("dora@example.com")

    deactivate_admin(second, by=first, now=timezone.now())

    with pytest.raises(AdminRefused, match="last owner"):
        deactivate_admin(first, by=second, now=timezone.now())


def test_right_limited_to_groups_that_are_gone_is_refused(alice: Client, acme: Organization, sales: Group) -> None:
    """
    A right that cannot be limited is for everybody; another organization's group is no choice.
    """
    foreign = Organization.objects.create(name="Globex")
    other = Group.objects.create(organization=foreign, name="X", name_key="x", created_at=timezone.now())

    for sent in ({"rights": ["edit_groups"], "groups": [other.pk]}, {"rights": []}, {"rights": ["fly"]}):
        assert invite(alice, "dora@example.com", Role.SUB_ADMIN, **sent).status_code == 200

    assert not Invitation.objects.exists()
