"""Deliveries that are certain to be tried: a row for each webhook, written and queued in the event's transaction."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from orgsync.server import queue
from orgsync.server.hooks.events import Event
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.hooks.sending import deliver
from orgsync.server.orgs.models import Organization

KEPT_FOR: Final = timedelta(days=30)
_ADD: Final = """
    INSERT INTO hooks_delivery (organization_id, webhook_id, once, message_id, event, body, created_at, attempts,
                                answer, error)
    SELECT organization_id, id, %(once)s, %(message)s, %(event)s, %(body)s, %(now)s, 0, '', ''
      FROM hooks_webhook
     WHERE organization_id = %(organization)s AND is_active AND events @> to_jsonb(%(event)s::text)
        ON CONFLICT (organization_id, webhook_id, once) DO NOTHING
    RETURNING id
"""
_REPLAY: Final = """
    INSERT INTO hooks_delivery (organization_id, webhook_id, once, message_id, event, body, created_at, attempts,
                                answer, error)
    SELECT organization_id, webhook_id, 'replay:' || id || ':' || %(unique)s, message_id, event, body, %(now)s, 0,
           '', ''
      FROM hooks_delivery
     WHERE organization_id = %(organization)s AND webhook_id = %(webhook)s AND id = ANY (%(deliveries)s)
     ORDER BY id
    RETURNING id
"""
_FIND_LOST: Final = """
    SELECT id
      FROM hooks_delivery AS delivery
     WHERE delivered_at IS NULL AND given_up_at IS NULL
       AND NOT EXISTS (SELECT FROM procrastinate_jobs AS queue_job
                        WHERE queue_job.status IN ('todo', 'doing')
                          AND queue_job.task_name = %s
                          AND CAST(queue_job.args ->> 'delivery_id' AS bigint) = delivery.id)
     ORDER BY id
       FOR UPDATE SKIP LOCKED
"""


def emit(organization: Organization, event: Event, data: Mapping[str, Any], *, once: str, now: datetime) -> int:
    """
    Tell every webhook that has chosen the event, in the current transaction; return how many.

    Of the same `once` a webhook is told once, however often this is called. `data` holds ids, codes and counts,
    never a person's data.
    """
    row = {
        "organization": organization.pk,
        "once": f"{event}:{once}",
        "message": f"msg_{hashlib.sha256(f'{organization.pk} {event} {once}'.encode()).hexdigest()[:32]}",
        "event": event.value,
        "body": body_of(organization, event, data, now=now),
        "now": now,
    }
    return _queued(_ADD, row)


def send_test(webhook: Webhook, *, now: datetime) -> None:
    """Send the test event to one webhook, whether it is switched on or not."""
    once = uuid.uuid4().hex
    with transaction.atomic():
        made = Delivery.objects.create(
            organization=webhook.organization,
            webhook=webhook,
            once=f"{Event.TEST}:{once}",
            message_id=f"msg_{once}",
            event=Event.TEST,
            body=body_of(webhook.organization, Event.TEST, {"webhook": webhook.pk}, now=now),
            created_at=now,
        )
        queue.defer(deliver, delivery_id=made.pk)


def replay(webhook: Webhook, deliveries: Sequence[int], *, now: datetime) -> int:
    """Send deliveries again, as new ones with the same message id and text; return how many there were."""
    row = {
        "organization": webhook.organization_id,
        "webhook": webhook.pk,
        "deliveries": list(deliveries),
        "unique": uuid.uuid4().hex,
        "now": now,
    }
    with transaction.atomic():
        return _queued(_REPLAY, row)


def body_of(organization: Organization, event: Event, data: Mapping[str, Any], *, now: datetime) -> str:
    """Return the text that is signed and sent."""
    told = {"organization": {"id": organization.pk, "name": organization.name}, **data}
    return json.dumps(
        {"type": event.value, "timestamp": now.isoformat(timespec="milliseconds"), "data": told}, separators=(",", ":")
    )


def requeue_lost() -> int:
    """Queue every open delivery anew that the queue no longer knows; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FIND_LOST, [deliver.name])
        lost = [{"delivery_id": delivery_id} for (delivery_id,) in cursor.fetchall()]
        queue.defer_many(deliver, lost)
    return len(lost)


def forget_deliveries(now: datetime) -> int:
    """Delete what ended more than 30 days ago; return how many."""
    # Global by design: retention looks at all organizations.
    ended = Delivery.objects.filter(created_at__lt=now - KEPT_FOR).exclude(delivered_at=None, given_up_at=None)
    return ended.delete()[0]


def _queued(statement: str, row: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, row)
        added = [{"delivery_id": delivery_id} for (delivery_id,) in cursor.fetchall()]
    queue.defer_many(deliver, added)
    return len(added)
