"""Mail reaches a real SMTP server once, whatever goes wrong on the way."""

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import psycopg
import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from django.conf import LazySettings
from django.db import connection
from procrastinate.jobs import Job
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from orgsync.server.env import ConfigurationError
from orgsync.server.notify.attachments import Attachment
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.smtp import Mail, SmtpServer, compose, parse_url
from orgsync.server.notify.tasks import MAX_ATTEMPTS, WAITS, BackOff, MailNotSent, send_mail
from tests.job_world import NOW, make_organization
from tests.server.notify.mail_world import Mailbox, add_mails, smtp_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, kept from others."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def stored(mail: OutboxMail) -> OutboxMail:
    return OutboxMail.objects.get(organization_id=mail.organization_id, id=mail.pk)


def test_mail_is_handed_over_and_noted(settings: LazySettings) -> None:
    """What arrives is what the row says; the row says that it was sent."""
    (mail,) = add_mails(make_organization(), "anna@example.com", body="Zwei Zeilen – ohne Fehler.\n")
    mailbox = Mailbox()

    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        send_mail(mail.pk)

    (message,) = mailbox.messages
    assert (message["To"], message["Message-ID"]) == ("anna@example.com", mail.message_id)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().splitlines() == ["Zwei Zeilen – ohne Fehler."]
    assert stored(mail).sent_at is not None


def test_sent_mail_is_not_sent_again(settings: LazySettings) -> None:
    """A second run of the task finds nothing to do."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    mailbox = Mailbox()

    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        send_mail(mail.pk)
        send_mail(mail.pk)

    assert len(mailbox.messages) == 1


def test_mail_waits_for_a_server_that_is_down(settings: LazySettings, closed_port: int) -> None:
    """The failed try is noted without the address; the next one delivers, under the same Message-ID."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    settings.SMTP_URL = f"smtp://127.0.0.1:{closed_port}?tls=none"
    with pytest.raises(MailNotSent):
        send_mail(mail.pk)
    failed = stored(mail)
    mailbox = Mailbox()

    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        send_mail(mail.pk)

    assert (failed.attempts, failed.sent_at, failed.last_error) == (
        1,
        None,
        "the server could not be used (ConnectionRefusedError)",
    )
    assert [message["Message-ID"] for message in mailbox.messages] == [mail.message_id]
    assert (stored(mail).attempts, stored(mail).last_error) == (2, "")


def test_refused_recipient_keeps_nobody_else_waiting(settings: LazySettings) -> None:
    """An address that the server refuses for good is given up; the other one gets its mail."""
    wrong, right = add_mails(make_organization(), "gone@example.com", "anna@example.com")
    mailbox = Mailbox({"gone@example.com": "550 No such mailbox gone@example.com"})

    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        send_mail(wrong.pk)
        send_mail(right.pk)

    assert [message["To"] for message in mailbox.messages] == ["anna@example.com"]
    assert (stored(wrong).attempts, stored(wrong).sent_at) == (MAX_ATTEMPTS, None)
    assert stored(wrong).last_error == "the server refused the recipient (550)"


def test_recipient_that_is_put_off_is_tried_again(settings: LazySettings) -> None:
    """A passing refusal, as of greylisting, is not the end."""
    (mail,) = add_mails(make_organization(), "anna@example.com")

    with smtp_server(Mailbox({"anna@example.com": "451 Come back later"})) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        with pytest.raises(MailNotSent):
            send_mail(mail.pk)

    assert stored(mail).attempts == 1


def test_last_try_ends_the_trying(settings: LazySettings, closed_port: int) -> None:
    """After the last failure the task ends in peace, and the row keeps what went wrong."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    OutboxMail.objects.filter(id=mail.pk).update(attempts=MAX_ATTEMPTS - 1)
    settings.SMTP_URL = f"smtp://127.0.0.1:{closed_port}?tls=none"

    send_mail(mail.pk)

    assert stored(mail).attempts == MAX_ATTEMPTS
    assert "ConnectionRefusedError" in stored(mail).last_error


def test_server_that_fumbles_its_goodbye_has_accepted(settings: LazySettings) -> None:
    """An error after the acceptance does not send the mail twice."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    mailbox = Mailbox(goodbye="500 What?")

    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        send_mail(mail.pk)

    assert stored(mail).sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_mail_that_another_process_has_in_hand_is_left_to_it(settings: LazySettings) -> None:
    """A worker that took over a mail waits until the first one is through, or dead."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    database = conninfo_to_dict(os.environ["ORGSYNC_DATABASE_URL"]) | {"dbname": connection.settings_dict["NAME"]}
    with psycopg.connect(make_conninfo("", **database)) as other:
        other.execute("SELECT FROM notify_outboxmail WHERE id = %s FOR UPDATE", [mail.pk])

        with pytest.raises(MailNotSent, match="another process"):
            send_mail(mail.pk)

    assert stored(mail).attempts == 0


def test_without_a_server_mail_is_written_to_files(settings: LazySettings, tmp_path: Path) -> None:
    """One complete file, readable to us alone; writing it twice leaves one."""
    settings.SMTP_URL, settings.DATA_DIR = "", tmp_path
    (mail,) = add_mails(make_organization(), "anna@example.com")

    send_mail(mail.pk)
    OutboxMail.objects.filter(id=mail.pk).update(sent_at=None)
    send_mail(mail.pk)

    (file,) = (tmp_path / "mail").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["To"], message["Message-ID"]) == ("anna@example.com", mail.message_id)
    assert file.suffix == ".eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.fixture
def server_context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 whose authority this machine trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_starttls_comes_before_the_password(settings: LazySettings, server_context: ssl.SSLContext) -> None:
    """User and password travel encrypted, and mail follows."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    mailbox = Mailbox()
    seen: list[tuple[bytes, bytes]] = []

    def authenticate(server: object, session: object, envelope: object, mechanism: str, given: object) -> AuthResult:
        seen.append((given.login, given.password))  # type: ignore[attr-defined]
        return AuthResult(success=True)

    options = {"tls_context": server_context, "require_starttls": True, "authenticator": authenticate}
    with smtp_server(mailbox, **options, auth_required=True) as port:
        settings.SMTP_URL = f"smtp://mailer:p%40ss@127.0.0.1:{port}?tls=starttls"
        send_mail(mail.pk)

    assert seen == [(b"mailer", b"p@ss")]
    assert len(mailbox.messages) == 1


def test_server_without_starttls_gets_no_mail(settings: LazySettings) -> None:
    """Where encryption was asked for, nothing goes out in the clear."""
    (mail,) = add_mails(make_organization(), "anna@example.com")
    mailbox = Mailbox()

    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
        with pytest.raises(MailNotSent):
            send_mail(mail.pk)

    assert mailbox.messages == []


def test_attachment_travels_with_the_mail() -> None:
    """Bytes and name arrive as they are."""
    attachment = Attachment("results-7.csv", b"Status\r\nCREATED\r\n")
    mail = Mail("anna@example.com", "Upload processed", "Text.\n", "<a@b>", NOW, attachment)

    message = message_from_bytes(compose(mail, sender="orgsync@example.com").as_bytes(), policy=policy.default)

    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("results-7.csv", "text/csv")
    assert part.get_payload(decode=True) == attachment.content


def test_unusable_address_is_given_up(settings: LazySettings, tmp_path: Path) -> None:
    """What no mail can be made of is not tried for two days."""
    settings.SMTP_URL, settings.DATA_DIR = "", tmp_path
    (mail,) = add_mails(make_organization(), "anna@example.com\nBcc: x@example.com")

    send_mail(mail.pk)

    assert (stored(mail).attempts, stored(mail).sent_at) == (MAX_ATTEMPTS, None)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 587, "starttls")),
        ("smtp://mail.example.com?tls=implicit", SmtpServer("mail.example.com", 465, "implicit")),
        ("smtp://mail.example.com:26?tls=none", SmtpServer("mail.example.com", 26, "none")),
        ("smtp://u%40x:p%2Fw@[::1]:26", SmtpServer("::1", 26, "starttls", "u@x", "p/w")),
    ],
)
def test_address_of_the_server_is_read(url: str, server: SmtpServer) -> None:
    assert parse_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "smtps://u:secret@mail.example.com",
        "smtp://u:secret@",
        "smtp://u:secret@h:port",
        "smtp://u:secret@h?tls=maybe",
        "smtp://u:secret@h?tls",
        "smtp://u:secret@h?tls=none&x=1",
        "smtp://u:secret@h/path",
    ],
)
def test_wrong_address_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_url(url)

    assert "secret" not in str(refused.value)


def test_waits_grow_over_two_days() -> None:
    """The first tries follow soon, the last ones a day apart."""
    job = Job(id=1, queue="light", lock=None, queueing_lock=None, task_name="send_mail")

    decisions = [
        BackOff().get_retry_decision(exception=MailNotSent(1, ""), job=job.evolve(attempts=attempts))
        for attempts in range(MAX_ATTEMPTS + 1)
    ]

    moments = [decision.retry_at for decision in decisions]
    assert moments == sorted(moments)
    assert sum(WAITS) > 2 * 24 * 3600
