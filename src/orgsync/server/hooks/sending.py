"""Sending one delivery: tried for about three days; a webhook that fails for five is switched off."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from orgsync.core.errors import OrgSyncError
from orgsync.server import queue
from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import SYSTEM
from orgsync.server.audit.log import record
from orgsync.server.hooks import guarded
from orgsync.server.hooks.disabledmail import tell_disabled
from orgsync.server.hooks.guarded import Answer, NotReached, Refused
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.hooks.secrets import keys_for
from orgsync.server.hooks.signing import signed_headers
from orgsync.server.sealing import Unreadable

WAITS: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between one try and the next, as Standard Webhooks suggests."""
MAX_ATTEMPTS: Final = len(WAITS) + 1
DISABLED_AFTER: Final = timedelta(days=5)
GONE: Final = 410
"""Whoever answers so wants to hear nothing any more."""


class NotDelivered(OrgSyncError):
    """A delivery failed; it is tried again later."""

    def __init__(self, delivery_id: int, why: str) -> None:
        self.delivery_id = delivery_id
        self.why = why
        super().__init__(f"Delivery {delivery_id} failed: {why}")


class BackOff(BaseRetryStrategy):
    """Wait longer after every try. When to stop is for the delivery's row to say."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002
        return RetryDecision(retry_in={"seconds": WAITS[min(job.attempts, len(WAITS) - 1)]})


@app.task(name="deliver_webhook", queue=queue.LIGHT_QUEUE, retry=BackOff())
def deliver(delivery_id: int) -> None:
    """
    Send one delivery and note what came of it; raise NotDelivered when it is to be tried again.

    The row stays locked meanwhile, so that a worker which was wrongly taken for dead cannot send beside its successor.
    """
    with transaction.atomic():
        # Global by design: the queue knows a delivery by its id alone.
        unsent = Delivery.objects.filter(id=delivery_id, delivered_at=None, given_up_at=None)
        locked = unsent.select_related("webhook", "organization").select_for_update(skip_locked=True, of=("self",))
        delivery = locked.first()
        why = _try(delivery, timezone.now()) if delivery is not None else ""
    if (why or delivery is None) and unsent.exists():
        raise NotDelivered(delivery_id, why or "another process is at it")


def _try(delivery: Delivery, now: datetime) -> str:
    """Send, and record what came of it; return why it failed, if so."""
    own = Delivery.objects.filter(organization_id=delivery.organization_id, id=delivery.pk)
    if not delivery.webhook.is_active and not delivery.once.startswith("webhook.test"):
        own.update(given_up_at=now, error="The webhook is switched off.")
        return ""
    answer, why, is_final = _sent(delivery, now)
    noted = {"attempts": delivery.attempts + 1, "tried_at": now, "error": why}
    told: dict[str, Any] = {"status": None, "answer": "", "took_ms": None}
    if answer is not None:
        told = {"status": answer.status, "answer": answer.body, "took_ms": answer.took_ms}
    if not why:
        own.update(**noted, **told, delivered_at=now)
        _rows_of(delivery.webhook).update(failing_since=None)
        return ""
    is_over = is_final or delivery.attempts + 1 >= MAX_ATTEMPTS
    own.update(**noted, **told, given_up_at=now if is_over else None)
    _note_failure(delivery, is_gone=answer is not None and answer.status == GONE, now=now)
    return why


def _sent(delivery: Delivery, now: datetime) -> tuple[Answer | None, str, bool]:
    """Return the answer, why it counts as failed, and whether trying again is of no use."""
    if delivery.organization.is_sandbox:
        return None, "A sandbox calls nobody.", True
    try:
        keys = keys_for(delivery.webhook, now)
        headers = signed_headers(keys, delivery.message_id, delivery.body, now)
        plain = {"Content-Type": "application/json", "User-Agent": "orgsync-webhooks/1"}
        allowed = guarded.parse_networks(settings.WEBHOOK_NETWORKS)
        answer = guarded.post(delivery.webhook.url, delivery.body, {**plain, **headers}, allowed=allowed)
    except (Refused, Unreadable) as refused:
        return None, str(refused), True
    except NotReached as error:
        return None, str(error), False
    if 200 <= answer.status < 300:
        return answer, "", False
    redirect = " Redirects are not followed." if 300 <= answer.status < 400 else ""
    return answer, f"The answer was {answer.status}.{redirect}", answer.status == GONE


def _note_failure(delivery: Delivery, *, is_gone: bool, now: datetime) -> None:
    """Remember since when the webhook fails, and switch it off when that is long, or when it asked for it."""
    webhook = delivery.webhook
    mine = _rows_of(webhook)
    mine.filter(failing_since=None).update(failing_since=now)
    failing = mine.filter(is_active=True)
    if not is_gone:
        failing = failing.filter(failing_since__lt=now - DISABLED_AFTER)
    if failing.update(is_active=False, disabled_at=now):
        tell_disabled(delivery.organization, webhook, is_gone=is_gone, now=now)
        record(delivery.organization_id, Action.WEBHOOK_DISABLED, {"webhook": webhook.pk}, at=now, by=SYSTEM)


def _rows_of(webhook: Webhook) -> QuerySet[Webhook]:
    return Webhook.objects.filter(organization_id=webhook.organization_id, id=webhook.pk)
