"""Outbox: which mails there are, what became of each, and who may read them."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.queries import MailFilter, MailState, page_of_mails, state_of
from orgsync.server.notify.tasks import MAX_ATTEMPTS
from orgsync.server.orgs.models import Organization
from tests.job_world import make_job, make_token

OUTBOX = "/admin/outbox/"


def make_mail(organization: Organization, recipient: str = "hr@example.com", **fields: Any) -> OutboxMail:
    defaults = {
        "kind": "done",
        "subject": f"Upload processed for {recipient}",
        "body": "300 rows were read.",
        "message_id": "<done.1@localhost>",
        "created_at": timezone.now(),
    }
    return OutboxMail.objects.create(organization=organization, recipient=recipient, **defaults | fields)


def text_of(client: Client, path: str = OUTBOX) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_list_says_what_became_of_each_mail(alice: Client, acme: Organization) -> None:
    """
    Sent, waiting for the next try and why, given up and why.
    """
    make_mail(acme, "a@example.com", sent_at=timezone.now(), attempts=1)
    make_mail(acme, "b@example.com", attempts=3, last_error="the server answered 451")
    make_mail(acme, "c@example.com", attempts=MAX_ATTEMPTS, last_error="the server refused the recipient (550)")

    page = text_of(alice)

    assert [page.count(word) for word in ("handed over", "tried again", "> given up<")] == [1, 1, 1]
    assert "the server answered 451" in page
    assert "the server refused the recipient (550)" in page
    assert "1 mail could not be sent and was given up." in page


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"sent_at": timezone.now(), "attempts": MAX_ATTEMPTS}, MailState.SENT),
        ({"attempts": 0}, MailState.WAITING),
        ({"attempts": MAX_ATTEMPTS - 1}, MailState.WAITING),
        ({"attempts": MAX_ATTEMPTS}, MailState.GIVEN_UP),
    ],
    ids=["sent at the last try", "new", "one try left", "no try left"],
)
def test_mail_is_given_up_after_its_last_try(fields: dict[str, Any], state: MailState) -> None:
    """
    Until then it goes out by itself.
    """
    assert state_of(OutboxMail(**fields)) is state


def test_list_is_narrowed_by_the_address(alice: Client, acme: Organization) -> None:
    """
    What was not sent, and mails to one recipient; a value that does not exist narrows nothing.
    """
    make_mail(acme, "sent@example.com", sent_at=timezone.now())
    make_mail(acme, "waits@example.com")

    unsent, one = text_of(alice, f"{OUTBOX}?show=unsent"), text_of(alice, f"{OUTBOX}?q=SENT")
    all_of_them = text_of(alice, f"{OUTBOX}?show=nonsense&older_than=x")

    assert ("waits@example.com" in unsent, "sent@example.com" in unsent) == (True, False)
    assert ("waits@example.com" in one, "sent@example.com" in one) == (False, True)
    assert "waits@example.com" in all_of_them
    assert "sent@example.com" in all_of_them
    assert "No mail fits these filters" in text_of(alice, f"{OUTBOX}?q=nobody")


def test_list_is_paged_by_key(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Each page begins where the one before ended, and a mail of more than 30 days is on none.
    """
    monkeypatch.setattr("orgsync.server.notify.queries.PAGE", 2)
    now = timezone.now()
    make_mail(acme, created_at=now - timedelta(days=31))
    mails = [make_mail(acme) for _ in range(4)]

    first = page_of_mails(acme, MailFilter(), now=now)
    second = page_of_mails(acme, MailFilter(), now=now, older_than=first.older)

    assert [entry.mail for entry in (*first.mails, *second.mails)] == mails[::-1]
    assert second.older is None


def test_older_page_can_be_reached(alice: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The link keeps the filters.
    """
    monkeypatch.setattr("orgsync.server.notify.queries.PAGE", 1)
    make_mail(acme, "first@example.com")
    newer = make_mail(acme, "second@example.com")

    page = text_of(alice, f"{OUTBOX}?show=unsent")

    link = f"?show=unsent&older_than={newer.pk}"
    assert f'href="{link}"' in page
    assert "first@example.com" in text_of(alice, OUTBOX + link)


def test_one_mail_is_shown_with_its_text(alice: Client, acme: Organization) -> None:
    """
    Text as it goes out, never as markup, and the way to its job.
    """
    job = make_job(make_token(acme))
    mail = make_mail(acme, body="Rows in error: <b>2</b>\n", job_id=job.pk)

    answer = alice.get(f"{OUTBOX}{mail.pk}/").content.decode()

    assert "Rows in error: &lt;b&gt;2&lt;/b&gt;" in answer
    assert f"/admin/people/sync-history/{job.public_id}/" in answer
    assert "&lt;done.1@localhost&gt;" in answer


def test_page_says_where_mail_goes_without_a_server(alice: Client, acme: Organization, settings: Any) -> None:
    """
    The folder is named, its place on the machine is not; with a server there is nothing to say.
    """
    without = text_of(alice)
    settings.SMTP_URL = "smtp://mail.example.com"

    assert "No mail server is set." in without
    assert "the folder “mail”" in without
    assert str(settings.DATA_DIR) not in without
    assert "No mail server is set." not in text_of(alice)


def test_another_organizations_mail_is_not_there(charlie: Client, acme: Organization) -> None:
    """
    Charlie sees no mail of Acme, neither in the list nor by its number.
    """
    mail = make_mail(acme, "secret@example.com", attempts=MAX_ATTEMPTS)

    page = text_of(charlie)

    assert "secret@example.com" not in page
    assert "given up" not in page
    assert charlie.get(f"{OUTBOX}{mail.pk}/").status_code == 404


def test_who_may_only_look_reads_no_mail(bob: Client, acme: Organization) -> None:
    """
    Mails hold more than a reader may see.
    """
    mail = make_mail(acme)

    assert bob.get(OUTBOX).status_code == 403
    assert bob.get(f"{OUTBOX}{mail.pk}/").status_code == 403


def test_mail_cannot_be_changed_here(alice: Client, acme: Organization) -> None:
    """
    The outbox is for looking.
    """
    assert alice.post(OUTBOX).status_code == 405
