"""Webhooks: where events go, what became of each delivery, and sending it again. A secret is shown once."""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction
from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import existing
from orgsync.server.api_v1.shapes import Body, Flag, Id, Number, Shape, iso
from orgsync.server.hooks import webhooks
from orgsync.server.hooks.events import CHOSEN
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.hooks.outbox import send_test
from orgsync.server.hooks.queries import delivery_of, undelivered_ids, webhook_of
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope

resource = Resource("webhooks", "Other systems that are told of events, and each delivery.")
_MANAGE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_SETTINGS}
_URL: Any = Field(min_length=1, max_length=2_000, description="A public https address.")
_EVENTS: Any = Field(min_length=1, max_length=50, description=", ".join(f"`{event}`" for event in CHOSEN) + ".")


class WebhookShape(Shape):
    """A webhook, without its secret."""

    id: int
    url: str
    events: list[str]
    is_active: bool
    failing_since: str | None = Field(description="Of the first failure since the last success.")
    disabled_at: str | None = Field(description="When the server switched it off by itself.")
    created_by: str | None
    created_at: str


class MadeWebhook(WebhookShape):
    """A webhook with a secret that has just been made."""

    secret: str = Field(description="What deliveries are signed with. Nobody can learn it again.")


class WebhookBody(Body):
    """Where to tell of what."""

    url: str = _URL
    events: list[str] = _EVENTS


class WebhookChange(Body):
    """What is to be otherwise; what is not named stays."""

    url: str | None = Field(None, min_length=1, max_length=2_000)
    events: list[str] | None = Field(None, min_length=1, max_length=50)
    is_active: Flag | None = Field(None, description="Switched on as if it had never failed, or off.")


class RemovedWebhook(Shape):
    """A webhook that is gone."""

    id: int


class DeliveryShape(Shape):
    """An event on its way."""

    id: int
    event: str
    message_id: str
    created_at: str
    attempts: int
    tried_at: str | None
    delivered_at: str | None
    given_up_at: str | None
    status: int | None = Field(description="Of the last answer.")
    took_ms: int | None
    error: str


class DeliveryDetail(DeliveryShape):
    """A delivery with what was sent and what came back."""

    body: str
    answer: str = Field(description="The beginning of the last answer.")


class DeliveryQuery(PageQuery):
    """Which deliveries are meant."""

    is_undelivered: bool = False


class ReplayBody(Body):
    """What is sent again."""

    deliveries: list[Number] = Field(
        default=[], max_length=500, description="Ids; none: everything that never arrived."
    )


class ReplayShape(Shape):
    """How many are sent again."""

    count: int


class SentTest(Shape):
    """A test event that is on its way."""

    webhook: int


@resource.get("/webhooks", Scope.ADMIN, Listed[WebhookShape], **_MANAGE)
def list_webhooks(request: MakerRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """List the webhooks, the newest first."""
    found = Webhook.objects.select_related("created_by").filter(organization=request.organization)
    return newest_first(found, page, _webhook_json)


@resource.post("/webhooks", Scope.ADMIN, MadeWebhook, status=201, **_MANAGE)
def make_webhook(request: MakerRequest, body: WebhookBody) -> dict[str, Any]:
    """Make a webhook and show its secret, once."""
    made, secret = webhooks.make_webhook(
        request.organization, body.url, body.events, by=request.admin.account, now=datetime.now(UTC)
    )
    return _webhook_json(made) | {"secret": secret}


@resource.get("/webhooks/{int:webhook_id}", Scope.ADMIN, WebhookShape, **_MANAGE)
def show_webhook(request: MakerRequest, webhook_id: Id) -> dict[str, Any]:
    """Show a webhook."""
    return _webhook_json(_webhook_of(request, webhook_id))


@resource.patch("/webhooks/{int:webhook_id}", Scope.ADMIN, WebhookShape, **_MANAGE)
def change_webhook(request: MakerRequest, webhook_id: Id, body: WebhookChange) -> dict[str, Any]:
    """Change what the body names of a webhook."""
    found, now = _webhook_of(request, webhook_id), datetime.now(UTC)
    with transaction.atomic():
        if body.url is not None or body.events is not None:
            url, events = body.url or found.url, found.events if body.events is None else body.events
            webhooks.change_webhook(found, url, events, now=now)
        if body.is_active is not None:
            webhooks.switch_webhook(found, is_active=body.is_active, now=now)
    return _webhook_json(_webhook_of(request, webhook_id))


@resource.delete("/webhooks/{int:webhook_id}", Scope.ADMIN, RemovedWebhook, **_MANAGE)
def remove_webhook(request: MakerRequest, webhook_id: Id) -> dict[str, Any]:
    """Remove a webhook with its deliveries."""
    webhooks.remove_webhook(_webhook_of(request, webhook_id), now=datetime.now(UTC))
    return {"id": webhook_id}


@resource.post("/webhooks/{int:webhook_id}/secret", Scope.ADMIN, MadeWebhook, status=201, **_MANAGE)
def rotate_webhook_secret(request: MakerRequest, webhook_id: Id) -> dict[str, Any]:
    """Give a webhook another secret and show it, once; the old one signs too for a day."""
    secret = webhooks.rotate_secret(_webhook_of(request, webhook_id), now=datetime.now(UTC))
    return _webhook_json(_webhook_of(request, webhook_id)) | {"secret": secret}


@resource.post("/webhooks/{int:webhook_id}/test", Scope.ADMIN, SentTest, status=202, **_MANAGE)
def send_test_event(request: MakerRequest, webhook_id: Id) -> dict[str, Any]:
    """Send a test event, whether the webhook is switched on or not."""
    send_test(_webhook_of(request, webhook_id), now=datetime.now(UTC))
    return {"webhook": webhook_id}


@resource.get("/webhooks/{int:webhook_id}/deliveries", Scope.ADMIN, Listed[DeliveryShape], **_MANAGE)
def list_deliveries(request: MakerRequest, webhook_id: Id, asked: Query[DeliveryQuery]) -> dict[str, Any]:
    """List a webhook's deliveries, the newest first."""
    webhook = _webhook_of(request, webhook_id)
    found = Delivery.objects.filter(organization=request.organization, webhook=webhook).defer("body", "answer")
    if asked.is_undelivered:
        found = found.filter(delivered_at=None)
    return newest_first(found, asked, _delivery_json)


@resource.get("/webhooks/{int:webhook_id}/deliveries/{int:delivery_id}", Scope.ADMIN, DeliveryDetail, **_MANAGE)
def show_delivery(request: MakerRequest, webhook_id: Id, delivery_id: Id) -> dict[str, Any]:
    """Show a delivery with what was sent and what came back."""
    found = existing(delivery_of(_webhook_of(request, webhook_id), delivery_id))
    return _delivery_json(found) | {"body": found.body, "answer": found.answer}


@resource.post("/webhooks/{int:webhook_id}/replay", Scope.ADMIN, ReplayShape, status=202, **_MANAGE)
def replay_deliveries(
    request: MakerRequest,
    webhook_id: Id,
    body: ReplayBody = ReplayBody(),  # noqa: B008  it never changes
) -> dict[str, Any]:
    """Send deliveries again, or everything that never arrived."""
    webhook = _webhook_of(request, webhook_id)
    chosen = body.deliveries or undelivered_ids(webhook)
    return {"count": webhooks.replay_deliveries(webhook, chosen, now=datetime.now(UTC))}


def _webhook_of(request: ApiRequest, webhook_id: int) -> Webhook:
    return existing(webhook_of(request.organization, webhook_id))


def _webhook_json(one: Webhook) -> dict[str, Any]:
    times = ("failing_since", "disabled_at", "created_at")
    return {
        "id": one.pk,
        **{name: getattr(one, name) for name in ("url", "events", "is_active")},
        **{name: iso(getattr(one, name)) for name in times},
        "created_by": one.created_by.email if one.created_by else None,
    }


def _delivery_json(one: Delivery) -> dict[str, Any]:
    times = ("created_at", "tried_at", "delivered_at", "given_up_at")
    return {
        "id": one.pk,
        **{name: getattr(one, name) for name in ("event", "message_id", "attempts", "status", "took_ms", "error")},
        **{name: iso(getattr(one, name)) for name in times},
    }
