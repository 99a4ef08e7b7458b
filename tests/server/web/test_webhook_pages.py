"""Webhooks in the Account Center: made with a secret shown once, tested, looked into, replayed, removed."""

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from orgsync.server.hooks.events import CHOSEN
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.hooks.sending import deliver
from orgsync.server.orgs.models import Organization
from tests.server.hooks.receiver import receiving

WEBHOOKS = "/admin/settings/webhooks/"
ALL = [event.value for event in CHOSEN]


def test_from_a_webhook_to_a_replay(alice: Client, acme: Organization, settings: Settings) -> None:
    """
    Add, test, an error of the receiver, its answer on the page, replay, rotate, switch off, remove.
    """
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with receiving() as receiver:
        made = alice.post(WEBHOOKS, {"url": receiver.url, "events": ALL})
        webhook = Webhook.objects.get(organization=acme)
        page = f"{WEBHOOKS}{webhook.pk}/"
        (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", unescape(made.content.decode())))
        again = alice.get(page).content.decode()
        alice.post(page, {"do": "test"})
        receiver.answers = [(410, {})]
        deliver(Delivery.objects.get().pk)
        failed = unescape(alice.get(f"{page}{Delivery.objects.get().pk}/").content.decode())
        listed = unescape(alice.get(f"{page}?show=failed").content.decode())
        alice.post(f"{page}replay/", {"delivery": [str(Delivery.objects.get().pk), "nonsense"]})
        newest = Delivery.objects.order_by("-id")[0]
        alice.post(page, {"do": "on"})
        alice.post(f"{page}replay/", {"which": "undelivered"})
        deliver(Delivery.objects.order_by("-id")[0].pk)

    rotated = alice.post(page, {"do": "rotate"}).content.decode()
    changed = alice.post(page, {"do": "save", "url": "https://127.0.0.1/x", "events": ["job.held"]})
    refused = alice.post(page, {"do": "save", "url": "https://10.0.0.1/x", "events": ["job.held"]}).content.decode()
    alice.post(page, {"do": "off"})
    webhook.refresh_from_db()

    assert "no-store" in made["Cache-Control"]
    assert secret not in again
    assert "The answer was 410." in listed
    assert "thank you" in failed
    assert "webhook.test" in failed
    assert newest.once.startswith("replay:")
    assert [body for _, _, body in receiver.got] == [newest.body] * 2
    assert "For the next 24 hours the old one signs too." in rotated
    assert changed.status_code == 302
    assert "10.0.0.1, which is no public address" in refused
    assert (webhook.is_active, webhook.events) == (False, ["job.held"])

    alice.post(page, {"do": "remove"})
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("given", [{"url": "https://127.0.0.1/", "events": ALL}, {"url": "https://example.com/"}])
def test_what_cannot_be_called_is_not_made(alice: Client, acme: Organization, given: dict[str, object]) -> None:
    """
    An address of ours, or no event: the form says so.
    """
    answer = alice.post(WEBHOOKS, given)

    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    assert not Webhook.objects.exists()
