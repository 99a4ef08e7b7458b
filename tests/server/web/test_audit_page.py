"""Audit: what anyone did, narrowed by the address; the chain is verified in the page."""

from django.db import connection
from django.test import Client
from django.utils import timezone

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import Fact, record_all
from orgsync.server.audit.models import AuditEntry
from orgsync.server.audit.queries import PAGE
from orgsync.server.orgs.models import Account, Organization

AUDIT = "/admin/audit/"


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_entries_are_listed_filtered_paged_and_exported(alice: Client, acme: Organization) -> None:
    """
    The newest first; what, who and when stand in the address, in list and download alike.
    """
    who = Account.objects.get(email="alice@example.com")
    made = [Fact(Action.FEED_CHANGED, {"feed": number}) for number in range(PAGE)]
    record_all(acme.pk, made, at=timezone.now())
    alice.get("/admin/people/learners/download/")

    first = alice.get(AUDIT).context["page"]
    second = alice.get(AUDIT, {"older_than": first.older}).context["page"]
    own = text_of(alice, f"{AUDIT}?who=account-{who.pk}&action=learners_exported")
    none = text_of(alice, f"{AUDIT}?until=2020-01-01")
    lines = alice.get(f"{AUDIT}download/?action=feed_changed").getvalue().decode().splitlines()

    assert first.entries[0].action == "learners_exported"
    assert [len(first.entries), second.older] == [PAGE, None]
    assert first.entries[-1].number == second.entries[0].number + 1
    assert "alice@example.com" in own
    assert "learners_exported" in own.split("</form>")[-1]
    assert "No entry fits" in none
    assert len(lines) == PAGE + 1


def test_chain_is_verified_and_a_break_is_named(alice: Client, acme: Organization) -> None:
    """
    Whoever changes an entry in the database is found out by a click.
    """
    alice.get("/admin/people/learners/download/")
    alice.get(f"{AUDIT}download/")

    alice.post(f"{AUDIT}verify/")
    good = text_of(alice, AUDIT)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE audit_auditentry SET action = 'signed_out' WHERE organization_id = %s AND number = 1", [acme.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    alice.post(f"{AUDIT}verify/")

    assert "verified" in good
    assert "first break is at entry 1." in text_of(alice, AUDIT)
    assert AuditEntry.objects.filter(action=Action.AUDIT_VERIFIED).count() == 2
