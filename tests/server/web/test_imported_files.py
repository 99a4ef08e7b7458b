"""Files of content and of activity on their pages: looked at first, then applied, and kept no longer than needed."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orgsync.server.audit.models import AuditEntry
from orgsync.server.learning.models import ActivityImport, Content, ContentImport
from orgsync.server.orgs.models import Account, Organization

CONTENT = "/admin/content/import/"
ACTIVITY = "/admin/reports/import/"


def looked_at(client: Client, page: str, text: str) -> str:
    """Send a file; return the address of what it would do, which the page shows."""
    sent: Any = client.post(page, {"file": SimpleUploadedFile("x" * 300 + ".csv", text.encode())})
    assert sent.status_code == 302, sent.content
    assert client.get(sent["Location"]).status_code == 200
    return str(sent["Location"])


def test_a_file_of_content_is_applied_and_kept(alice: Client, acme: Organization) -> None:
    """The rows that can be used are written; the file says who sent it and when it was applied."""
    address = looked_at(alice, CONTENT, "key,title\nknives,Knives\n,Nothing\n")
    assert not Content.objects.filter(organization=acme).exists()

    assert alice.post(address)["Location"] == "/admin/content/"
    assert Content.objects.get(organization=acme).key == "knives"
    kept = ContentImport.objects.get(organization=acme)
    assert (kept.made_by, len(kept.file_name)) == (Account.objects.get(email="alice@example.com"), 200)
    assert kept.applied_at is not None


def test_a_file_of_activity_is_gone_once_recorded(alice: Client, charlie: Client, acme: Organization) -> None:
    """It names people; the log tells how many rows were recorded, and nobody else has seen it."""
    address = looked_at(alice, ACTIVITY, "person,content,verb,at\nana@example.com,knives,viewed,2026-03-02\n")
    assert charlie.get(address).status_code == 404

    assert alice.post(address)["Location"] == "/admin/reports/"
    assert not ActivityImport.objects.filter(organization=acme).exists()
    entry = AuditEntry.objects.filter(organization_id=acme.pk).latest("number")
    assert (entry.action, entry.ids) == ("activity_imported", {"deeds": 0})
