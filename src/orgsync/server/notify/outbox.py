"""Mail that is certain to go out: a row and its sending are queued in the transaction that makes it necessary."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from orgsync.server import queue
from orgsync.server.notify.tasks import MAX_ATTEMPTS, send_mail
from orgsync.server.orgs.models import Organization

ADD = """
    INSERT INTO notify_outboxmail (organization_id, job_id, kind, recipient, subject, body, message_id, attachment,
                                   created_at, attempts, last_error, unsubscribe)
    SELECT %(organization)s, %(job)s, %(kind)s, recipient, %(subject)s, body, message_id, %(attachment)s,
           %(now)s, 0, '', unsubscribe
      FROM unnest(%(recipients)s::text[], %(bodies)s::text[], %(message_ids)s::text[], %(unsubscribes)s::text[])
           AS new (recipient, body, message_id, unsubscribe)
        ON CONFLICT (organization_id, job_id, kind, recipient) DO NOTHING
    RETURNING id
"""
FIND_LOST = """
    SELECT id
      FROM notify_outboxmail AS mail
     WHERE sent_at IS NULL
       AND attempts < %s
       AND NOT EXISTS (SELECT FROM procrastinate_jobs AS queue_job
                        WHERE queue_job.status IN ('todo', 'doing')
                          AND queue_job.task_name = %s
                          AND CAST(queue_job.args ->> 'mail_id' AS bigint) = mail.id)
     ORDER BY id
       FOR UPDATE SKIP LOCKED
"""
LONGEST_SUBJECT: Final = 200


def add(
    organization: Organization,
    *,
    job_id: int | None,
    kind: str,
    recipients: Iterable[str],
    subject: str,
    body: str,
    attachment: int | None = None,
    now: datetime,
) -> int:
    """
    Write one mail for each recipient and queue its sending, in the current transaction; return how many are new.

    A recipient gets one mail of a kind about a job, however often this is called. Addresses that
    differ only in case are one recipient. `attachment` is the id of a media.
    """
    letters = dict.fromkeys(recipients, body)
    return add_letters(
        organization, job_id=job_id, kind=kind, letters=letters, subject=subject, attachment=attachment, now=now
    )


def add_letters(
    organization: Organization,
    *,
    job_id: int | None,
    kind: str,
    letters: Mapping[str, str],
    subject: str,
    attachment: int | None = None,
    unsubscribes: Mapping[str, str] | None = None,
    now: datetime,
) -> int:
    """
    Do what `add` does for mails that differ in their text: `letters` gives the body for each recipient.

    `unsubscribes` gives the address that stops such mails by one click, in the headers of RFC 8058.
    """
    unique = {
        address.strip().casefold(): (address.strip(), body) for address, body in letters.items() if address.strip()
    }
    recipients = [recipient for recipient, _body in unique.values()]
    row = {
        "organization": organization.pk,
        "job": job_id,
        "kind": kind,
        "recipients": recipients,
        "bodies": [body for _recipient, body in unique.values()],
        "unsubscribes": [(unsubscribes or {}).get(recipient, "") for recipient in recipients],
        "message_ids": [_message_id(organization.pk, job_id, kind, recipient) for recipient in recipients],
        "subject": " ".join(f"{'Sandbox: ' if organization.is_sandbox else ''}{subject}".split())[:LONGEST_SUBJECT],
        "attachment": attachment,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, row)
        added = [{"mail_id": mail_id} for (mail_id,) in cursor.fetchall()]
    queue.defer_many(send_mail, added)
    return len(added)


def requeue_lost() -> int:
    """Queue every unsent mail anew that the queue no longer knows and that was not given up; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIND_LOST, [MAX_ATTEMPTS, send_mail.name])
        lost = [{"mail_id": mail_id} for (mail_id,) in cursor.fetchall()]
        queue.defer_many(send_mail, lost)
    return len(lost)


def _message_id(organization_id: int, job_id: int | None, kind: str, recipient: str) -> str:
    """Make the Message-ID from what makes the row unique, so that a mail that goes out twice can be told."""
    once = uuid.uuid4().hex if job_id is None else str(job_id)
    identity = "\n".join([str(organization_id), once, kind, recipient])
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<{kind}.{hashlib.sha256(identity.encode()).hexdigest()[:32]}@{host}>"
