"""What pages ask about webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Max, Q

from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.orgs.models import Organization

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class ListedWebhook:
    """A webhook with how it does."""

    webhook: Webhook
    failed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """One page of deliveries, the newest first."""

    deliveries: Sequence[Delivery]
    older: int | None


def webhooks_of(organization: Organization) -> list[ListedWebhook]:
    """Return the organization's webhooks with the numbers of what was given up and of what still waits."""
    counted = Webhook.objects.filter(organization=organization).annotate(
        failed=Count("delivery", Q(delivery__given_up_at__isnull=False)),
        waiting=Count("delivery", Q(delivery__given_up_at=None, delivery__delivered_at=None, delivery__id__gt=0)),
        last=Max("delivery__delivered_at"),
    )
    return [ListedWebhook(one, one.failed, one.waiting) for one in counted.order_by("id")]


def webhook_of(organization: Organization, webhook_id: int) -> Webhook | None:
    """Return one webhook; another organization's is None."""
    return Webhook.objects.select_related("organization").filter(organization=organization, id=webhook_id).first()


def page_of_deliveries(webhook: Webhook, *, is_failed: bool, older_than: int | None) -> DeliveryPage:
    """Return the page behind a delivery, or the newest one; only what was not delivered, where that is asked."""
    narrowed = Q(delivered_at=None) if is_failed else Q()
    if older_than is not None:
        narrowed &= Q(id__lt=older_than)
    found = Delivery.objects.filter(narrowed, organization_id=webhook.organization_id, webhook=webhook)
    page = list(found.defer("body", "answer").order_by("-id")[: PAGE + 1])
    return DeliveryPage(page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None)


def delivery_of(webhook: Webhook, delivery_id: int) -> Delivery | None:
    """Return one delivery of a webhook."""
    mine = Delivery.objects.filter(organization_id=webhook.organization_id, webhook=webhook)
    return mine.filter(id=delivery_id).first()


def undelivered_ids(webhook: Webhook) -> list[int]:
    """Return the ids of everything that was given up and not replayed with success since, the oldest first."""
    mine = Delivery.objects.filter(organization_id=webhook.organization_id, webhook=webhook)
    arrived = mine.filter(delivered_at__isnull=False).values("message_id")
    given_up = mine.filter(given_up_at__isnull=False).exclude(message_id__in=arrived)
    latest = given_up.values("message_id").annotate(newest=Max("id"))
    return sorted(latest.values_list("newest", flat=True))
