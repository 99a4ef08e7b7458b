"""Settings › Webhooks: where events go, what became of each delivery, and sending it again."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.server.hooks import webhooks
from orgsync.server.hooks.models import Webhook
from orgsync.server.hooks.outbox import send_test
from orgsync.server.hooks.queries import delivery_of, page_of_deliveries, undelivered_ids, webhook_of, webhooks_of
from orgsync.server.hooks.sending import MAX_ATTEMPTS
from orgsync.server.hooks.webhooks import WebhookRefused
from orgsync.server.orgs.access import Permission
from orgsync.server.web.forms.webhooks import DeliveryFilterForm, WebhookForm, ticked
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.settingspages import show

SLUG: Final = "webhooks"


# No copy of an answer that holds a secret may stay in a cache, the browser's own included.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def index(request: AdminRequest) -> HttpResponse:
    """List the webhooks; a POST makes one and shows its secret, in this answer and never again."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    made = _make(request, form) if form.is_bound and form.is_valid() else None
    if made is not None:
        form = WebhookForm(None)
    listed = webhooks_of(request.organization)
    return show(request, "webhooks", {"form": form, "listed": listed, "made": made}, SLUG)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def detail(request: AdminRequest, webhook: int) -> HttpResponse:
    """Show one webhook with its deliveries; a POST changes, tests, switches, rotates or removes it."""
    found = webhook_or_404(request, webhook)
    form, secret = WebhookForm(None, found), ""
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "rotate":
            secret = webhooks.rotate_secret(found, now=timezone.now())
            found = webhook_or_404(request, webhook)
        elif do == "save":
            form = WebhookForm(request.POST, found)
            if form.is_valid() and _save(request, found, form):
                return redirect("web:webhook", webhook=webhook)
        else:
            return DOINGS.get(do, _nothing)(request, found)
    return _show(request, found, form, secret)


@require_safe
@screen(Permission.MANAGE_SETTINGS)
def delivery(request: AdminRequest, webhook: int, delivery: int) -> HttpResponse:
    """Show what was sent, and what came back."""
    found = webhook_or_404(request, webhook)
    sent = delivery_of(found, delivery)
    if sent is None:
        raise Http404
    return show(request, "delivery", {"webhook": found, "delivery": sent, "most_attempts": MAX_ATTEMPTS}, SLUG)


@require_POST
@screen(Permission.MANAGE_SETTINGS)
def replay(request: AdminRequest, webhook: int) -> HttpResponse:
    """Send the ticked deliveries again, or everything that never arrived."""
    found = webhook_or_404(request, webhook)
    chosen = undelivered_ids(found) if request.POST.get("which") == "undelivered" else ticked(request.POST)
    count = webhooks.replay_deliveries(found, chosen, now=timezone.now())
    told = ngettext("%d delivery is sent again.", "%d deliveries are sent again.", count) % count
    messages.info(request, told if count else _("Tick at least one delivery."))
    return redirect("web:webhook", webhook=webhook)


def webhook_or_404(request: AdminRequest, webhook: int) -> Webhook:
    found = webhook_of(request.organization, webhook)
    if found is None:
        raise Http404
    return found


def _show(request: AdminRequest, webhook: Webhook, form: WebhookForm, secret: str) -> HttpResponse:
    filters = DeliveryFilterForm(request.GET)
    values = {
        "webhook": webhook,
        "form": form,
        "secret": secret,
        "filters": filters,
        "page": page_of_deliveries(webhook, is_failed=filters.is_failed, older_than=filters.older),
        "undelivered": len(undelivered_ids(webhook)),
        "is_later": filters.older is not None,
        "now": timezone.now(),
    }
    return show(request, "webhook", values, SLUG)


def _make(request: AdminRequest, form: WebhookForm) -> tuple[Webhook, str] | None:
    given = form.cleaned_data
    try:
        return webhooks.make_webhook(
            request.organization, given["url"], given["events"], by=request.admin.account, now=timezone.now()
        )
    except WebhookRefused as refused:
        form.add_error(refused.field, refused.reason)
        return None


def _save(request: AdminRequest, webhook: Webhook, form: WebhookForm) -> bool:
    try:
        webhooks.change_webhook(webhook, form.cleaned_data["url"], form.cleaned_data["events"], now=timezone.now())
    except WebhookRefused as refused:
        form.add_error(refused.field, refused.reason)
        return False
    messages.success(request, _("Saved."), extra_tags="good")
    return True


def _test(request: AdminRequest, webhook: Webhook) -> HttpResponse:
    send_test(webhook, now=timezone.now())
    messages.info(request, _("A test event is on its way; it is the first of the deliveries below."))
    return redirect("web:webhook", webhook=webhook.pk)


def _switch_on(_request: AdminRequest, webhook: Webhook) -> HttpResponse:
    webhooks.switch_webhook(webhook, is_active=True, now=timezone.now())
    return redirect("web:webhook", webhook=webhook.pk)


def _switch_off(_request: AdminRequest, webhook: Webhook) -> HttpResponse:
    webhooks.switch_webhook(webhook, is_active=False, now=timezone.now())
    return redirect("web:webhook", webhook=webhook.pk)


def _remove(request: AdminRequest, webhook: Webhook) -> HttpResponse:
    webhooks.remove_webhook(webhook, now=timezone.now())
    messages.success(request, _("The webhook is removed."), extra_tags="good")
    return redirect("web:settings-webhooks")


def _nothing(_request: AdminRequest, webhook: Webhook) -> HttpResponse:
    return redirect("web:webhook", webhook=webhook.pk)


DOINGS: Final[dict[str, Callable[[Any, Webhook], HttpResponse]]] = {
    "test": _test,
    "on": _switch_on,
    "off": _switch_off,
    "remove": _remove,
}
