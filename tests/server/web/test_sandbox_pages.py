"""A sandbox in pages: made, marked, reset by its name; a real organization never."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.server.audit.models import AuditEntry
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.sandbox import SandboxRefused, make_sandbox, reset_sandbox
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.views.account import BACKEND
from tests.job_world import make_admin, make_organization

pytestmark = pytest.mark.django_db
SANDBOX = "/admin/settings/sandbox/"


@pytest.fixture
def owner() -> Account:
    return make_admin(make_organization("Acme"), "owner@example.com", Role.OWNER)


def test_real_organization_is_never_emptied(owner: Account) -> None:
    """
    Whoever asks.
    """
    acme = Organization.objects.get(name="Acme")
    Learner.objects.create(
        organization_id=acme.pk, id=1, primary_email_address="a@x", email_key="a@x", created_at=timezone.now()
    )

    with pytest.raises(SandboxRefused):
        reset_sandbox(acme, owner)

    assert Learner.objects.filter(organization_id=acme.pk).count() == 1


def test_pages_make_mark_and_reset_it(owner: Account) -> None:
    """
    One lands in the sandbox, sees on each page that it is one, and empties it by typing its name.
    """
    client: Any = Client()
    client.force_login(owner, backend=BACKEND)

    made = client.post(SANDBOX, {"name": "Playground", "people": "50"}, follow=True)
    wrong = client.post(SANDBOX, {"name": "playground?"})
    right = client.post(SANDBOX, {"name": "Playground"})
    sandbox = Organization.objects.get(name="Playground")

    assert b"This is your sandbox." in made.content
    assert b'<header class="top sandbox">' in made.content
    assert b"That is not its name" in wrong.content
    assert right["Location"] == "/admin/"
    assert not UploadJob.objects.filter(organization=sandbox).exists()
    assert Admin.objects.filter(account=owner, organization=sandbox, role=Role.OWNER).exists()
    assert AuditEntry.objects.filter(organization_id=sandbox.pk, action="sandbox_made").exists()


def test_nobody_owns_many(owner: Account) -> None:
    """
    Three, with names that no organization has.
    """
    with pytest.raises(SandboxRefused):
        make_sandbox("Acme", owner, people=10)
    for number in range(3):
        make_sandbox(f"Playground {number}", owner, people=10)

    with pytest.raises(SandboxRefused, match="reset one"):
        make_sandbox("One more", owner, people=10)
