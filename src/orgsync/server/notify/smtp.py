"""Hand a mail to the SMTP server of the settings or, without one, write it to a file."""

import mimetypes
import os
import smtplib
import ssl
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from orgsync.server.env import ConfigurationError
from orgsync.server.notify.attachments import Attachment

Tls = Literal["starttls", "implicit", "none"]
PORTS: Final[dict[Tls, int]] = {"starttls": 587, "implicit": 465, "none": 25}
NOT_ACCEPTED: Final = (smtplib.SMTPException, OSError, ValueError, MessageError)
TIMEOUT: Final = 30.0
"""Seconds for connecting and for each answer."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient."""

    recipient: str
    subject: str
    body: str
    message_id: str
    created_at: datetime
    attachment: Attachment | None = None
    reply_to: str = ""
    unsubscribe: str = ""
    """Address that stops such mails by one POST."""
    stays_here: bool = False
    """Written as a file whatever server is set: a sandbox writes to nobody."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = ""


def parse_url(url: str) -> SmtpServer:
    """
    Read `smtp://user:password@host:port?tls=starttls|implicit|none`.

    Without `tls` it is starttls, which fails where the server offers none; without a port the
    usual one. Raises ConfigurationError, whose text never shows the URL: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        options, port = parse_qs(parts.query, strict_parsing=bool(parts.query)), parts.port
    except ValueError as error:
        raise _wrong_url() from error
    (tls,) = options.pop("tls", ["starttls"])
    if parts.scheme != "smtp" or not parts.hostname or parts.path.strip("/") or options:
        raise _wrong_url()
    if tls not in PORTS:
        raise _wrong_url()
    credentials = unquote(parts.username or ""), unquote(parts.password or "")
    return SmtpServer(parts.hostname, port or PORTS[tls], tls, *credentials)


def deliver(mail: Mail) -> None:
    """
    Send the mail, or write it to `mail/` in the data directory when no server is set or it is to stay here.

    Raises one of NOT_ACCEPTED when it was not accepted.
    """
    message = compose(mail, sender=settings.MAIL_FROM)
    if settings.SMTP_URL and not mail.stays_here:
        _send(message, parse_url(settings.SMTP_URL))
    else:
        _write(message, settings.DATA_DIR / "mail", mail)


def compose(mail: Mail, *, sender: str) -> EmailMessage:
    """Return the message; the same mail always has the same Message-ID and date."""
    message = EmailMessage(policy=SMTP if mail.recipient.isascii() else SMTPUTF8)
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        # RFC 8058: mail programs offer a button, and post to the address when it is clicked.
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.body)
    if mail.attachment is not None:
        guessed = mimetypes.guess_type(mail.attachment.file_name)[0] or "application/octet-stream"
        main, _, sub = guessed.partition("/")
        message.add_attachment(mail.attachment.content, maintype=main, subtype=sub, filename=mail.attachment.file_name)
    return message


def describe(error: Exception) -> str:
    """Say what went wrong, without the address: the server's codes and the kind of the error."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"the server refused the recipient ({', '.join(str(code) for code in _codes(error))})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server answered {error.smtp_code}"
    if isinstance(error, ValueError | MessageError):
        return "its address or text cannot be written into a mail"
    return f"the server could not be used ({type(error).__name__})"


def is_final(error: Exception) -> bool:
    """Return whether trying again is of no use: refused for good, or nothing that a mail can be made of."""
    if isinstance(error, ValueError | MessageError):
        return True
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(500 <= code < 600 for code in _codes(error))


def _codes(error: smtplib.SMTPRecipientsRefused) -> list[int]:
    return [code for code, _ in error.recipients.values()]


def _wrong_url() -> ConfigurationError:
    mend = "use smtp://user:password@host:port?tls=starttls (or implicit, or none)."
    return ConfigurationError("ORGSYNC_SMTP_URL", mend)


def _send(message: EmailMessage, server: SmtpServer) -> None:
    connection = _connect(server)
    try:
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(message)
        # Accepted. A server that fumbles its goodbye must not make us send the mail again.
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
    finally:
        connection.close()


def _connect(server: SmtpServer) -> smtplib.SMTP:
    if server.tls == "implicit":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    if server.tls == "starttls":
        try:
            connection.starttls(context=ssl.create_default_context())
        except BaseException:
            connection.close()
            raise
    return connection


def _write(message: EmailMessage, folder: Path, mail: Mail) -> None:
    """Write one file per mail, readable to us alone, which appears whole; a second time it replaces itself."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{mail.created_at:%Y%m%dT%H%M%SZ}-{mail.message_id.strip('<>').partition('@')[0]}.eml"
    draft = folder / f".{uuid.uuid4().hex}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
