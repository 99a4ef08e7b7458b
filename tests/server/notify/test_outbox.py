"""A mail is written once, together with what makes it necessary."""

import pytest
from django.conf import LazySettings
from django.db import transaction

from orgsync.server.notify.models import OutboxMail
from tests.job_world import make_organization
from tests.server.notify.mail_world import add_mails

pytestmark = pytest.mark.django_db


def queued_mails() -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (args ->> 'mail_id')::bigint FROM procrastinate_jobs WHERE task_name = 'send_mail' ORDER BY id"
        )
        return [mail_id for (mail_id,) in cursor.fetchall()]


def test_each_recipient_gets_a_row_and_a_queue_job() -> None:
    """One row a recipient, each queued to be sent."""
    first, second = add_mails(make_organization(), "a@example.com", "b@example.com")

    assert queued_mails() == [first.pk, second.pk]
    assert first.message_id != second.message_id


def test_same_mail_is_written_once() -> None:
    """A second try of the same job adds nothing, also when it comes with a new recipient."""
    organization = make_organization()
    add_mails(organization, "a@example.com")

    mails = add_mails(organization, "a@example.com", "b@example.com")

    assert [mail.recipient for mail in mails] == ["a@example.com", "b@example.com"]
    assert queued_mails() == [mail.pk for mail in mails]


def test_addresses_that_differ_in_case_are_one_recipient() -> None:
    (mail,) = add_mails(make_organization(), "Anna@example.com ", "anna@EXAMPLE.com", "")

    assert mail.recipient.casefold() == "anna@example.com"


def test_mail_is_rolled_back_with_its_transaction() -> None:
    """Neither row nor queue job survive."""
    organization = make_organization()
    with transaction.atomic():
        add_mails(organization, "a@example.com")
        transaction.set_rollback(True)

    assert not OutboxMail.objects.exists()
    assert queued_mails() == []


def test_message_id_tells_a_mail_by_what_it_is_about(settings: LazySettings) -> None:
    """The same mail of the same job always has the same id, at the host of the links; another has another."""
    settings.BASE_URL = "https://sync.example.com:8443/base"
    organization = make_organization()
    (first,) = add_mails(organization, "a@example.com")
    OutboxMail.objects.all().delete()
    (again,) = add_mails(organization, "a@example.com")
    OutboxMail.objects.all().delete()
    (other,) = add_mails(organization, "a@example.com", kind="failed")

    assert first.message_id == again.message_id != other.message_id
    assert first.message_id.endswith("@sync.example.com>")
    assert "a@example" not in first.message_id


def test_subject_stays_one_line() -> None:
    """A name with a line break cannot add a header."""
    (mail,) = add_mails(make_organization(), "a@example.com", subject="Acme\r\nBcc: x@example.com")

    assert mail.subject == "Acme Bcc: x@example.com"
