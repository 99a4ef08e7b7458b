"""Webhooks: signed, sent once an event, tried again, replayed, switched off; no person's data in any of them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server.audit.models import AuditEntry
from orgsync.server.hooks.events import CHOSEN, Event
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.hooks.outbox import emit, forget_deliveries, requeue_lost
from orgsync.server.hooks.queries import undelivered_ids
from orgsync.server.hooks.secrets import keys_for
from orgsync.server.hooks.sending import DISABLED_AFTER, MAX_ATTEMPTS, NotDelivered, deliver
from orgsync.server.hooks.signing import key_of, signed_headers
from orgsync.server.hooks.webhooks import (
    WebhookRefused,
    make_webhook,
    replay_deliveries,
    rotate_secret,
    switch_webhook,
)
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Account, Organization, Role
from orgsync.server.sealing import Unreadable
from orgsync.server.uploads.telling import tell
from orgsync.server.uploads.transitions import cancel, cancel_expired, note_superseded
from tests.job_world import NOW, make_admin, make_job, make_organization, make_token
from tests.server.hooks.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
ALL = [event.value for event in CHOSEN]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_NETWORKS = ("127.0.0.0/8",)
    with receiving() as running:
        yield running


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def owner(organization: Organization) -> Account:
    return make_admin(organization, "owner@example.com", Role.OWNER)


def newest() -> Delivery:
    return Delivery.objects.order_by("-id")[0]


def test_signature_is_that_of_the_specification() -> None:
    """
    The example of the Standard Webhooks reference libraries.
    """
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, tz=UTC)

    headers = signed_headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_held_job_reaches_whoever_chose_it(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    Written once with the move, signed with the secret that was shown, and without a word of the file.
    """
    webhook, text = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    make_webhook(organization, receiver.url, ["feed.late"], by=owner, now=NOW)
    reasons = [{"code": "leavers", "message": "3 of 5 would leave. Departments: Sales (3 of 3)"}]
    job = make_job(make_token(organization), JobStatus.HELD, hold_reasons=reasons, total_count=2)

    tell(job, now=NOW)
    tell(job, now=NOW)
    deliver(Delivery.objects.get().pk)

    ((path, headers, body),) = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    signature = base64.b64encode(hmac.new(key_of(text), signed, hashlib.sha256).digest()).decode()
    told = json.loads(body)
    assert path == "/hooks?team=hr"
    assert headers["webhook-signature"] == f"v1,{signature}"
    assert (told["type"], told["data"]["reasons"]) == ("job.held", ["leavers"])
    assert "Sales" not in body
    assert newest().delivered_at is not None
    assert text.encode() not in bytes(webhook.secret)
    assert key_of(text) not in bytes(webhook.secret)


def test_undo_tells_of_both_jobs(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    The job that undoes is done; the other one is undone.
    """
    make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    token = make_token(organization)
    first = make_job(token, JobStatus.DONE)

    tell(make_job(token, JobStatus.DONE, undoes=first), now=NOW)

    assert set(Delivery.objects.values_list("event", flat=True)) == {"job.done", "job.undone"}


def test_ending_by_a_word_and_by_time_is_told(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    A job that a person rejects, one that nobody approved in time, and one that a later file made pointless.
    """
    make_webhook(organization, receiver.url, ["job.cancelled"], by=owner, now=NOW)
    token = make_token(organization)
    rejected, later = make_job(token, JobStatus.HELD, held_at=NOW), make_job(token, JobStatus.PROCESSING)
    old = make_job(token, JobStatus.HELD, held_at=NOW - timedelta(days=400))

    cancel(rejected, code="rejected", reason="No.", now=NOW, by=owner)
    cancel_expired(now=NOW)
    note_superseded(later, [rejected.public_id], now=NOW)

    told = [json.loads(one.body) for one in Delivery.objects.order_by("id")]
    assert [(one["type"], one["data"]["job"], one["data"]["reason"]) for one in told] == [
        ("job.cancelled", str(rejected.public_id), "rejected"),
        ("job.cancelled", str(old.public_id), "expired"),
    ]


def test_failure_is_kept_and_tried_again(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    An error, a redirect, then success: the same id each time, and what was said is kept.
    """
    webhook, _ = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    receiver.answers = [(500, {}), (302, {"Location": "http://127.0.0.1/"}), (200, {})]
    emit(organization, Event.JOB_DONE, {"job": "1"}, once="1", now=NOW)

    whys = []
    for _ in range(2):
        with pytest.raises(NotDelivered):
            deliver(newest().pk)
        whys.append((newest().status, newest().error, newest().answer))
    deliver(newest().pk)

    webhook.refresh_from_db()
    assert whys[0] == (500, "The answer was 500.", "thank you")
    assert "Redirects are not followed" in whys[1][1]
    assert {headers["webhook-id"] for _, headers, _ in receiver.got} == {newest().message_id}
    assert (newest().attempts, newest().error, webhook.failing_since) == (3, "", None)


def test_replay_sends_the_same_message_again(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    What was given up is offered for replay until it has arrived.
    """
    webhook, _ = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    emit(organization, Event.JOB_DONE, {"job": "1"}, once="1", now=NOW)
    lost = newest()
    Delivery.objects.filter(id=lost.pk).update(attempts=MAX_ATTEMPTS - 1)
    receiver.answers = [(503, {})]
    deliver(lost.pk)

    offered = undelivered_ids(webhook)
    count = replay_deliveries(webhook, offered, now=NOW)
    deliver(newest().pk)

    assert (offered, count, undelivered_ids(webhook)) == ([lost.pk], 1, [])
    assert newest().pk != lost.pk
    assert [body for _, _, body in receiver.got] == [lost.body] * 2
    assert AuditEntry.objects.filter(action="webhook_replayed", ids__deliveries=1).exists()


def test_long_failure_switches_it_off_with_a_mail(
    receiver: Receiver, organization: Organization, owner: Account
) -> None:
    """
    After five days without a success; what comes meanwhile is not written any more, and switching on starts anew.
    """
    webhook, _ = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    emit(organization, Event.JOB_DONE, {"job": "1"}, once="1", now=NOW)
    long_ago = datetime.now(UTC) - DISABLED_AFTER - timedelta(hours=1)
    Webhook.objects.update(failing_since=long_ago)
    receiver.answers = [(500, {})]
    with pytest.raises(NotDelivered):
        deliver(newest().pk)
    webhook.refresh_from_db()
    was_active, count = webhook.is_active, emit(organization, Event.JOB_DONE, {}, once="2", now=NOW)

    switch_webhook(webhook, is_active=True, now=NOW)
    webhook.refresh_from_db()

    assert (was_active, count) == (False, 0)
    mail = OutboxMail.objects.get(kind="webhook")
    assert mail.recipient == "owner@example.com"
    assert receiver.url not in mail.body
    assert (webhook.is_active, webhook.failing_since, webhook.disabled_at) == (True, None, None)


def test_gone_is_the_end(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    410: not tried again, and switched off at once.
    """
    webhook, _ = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    receiver.answers = [(410, {})]
    emit(organization, Event.JOB_DONE, {}, once="1", now=NOW)

    deliver(newest().pk)

    webhook.refresh_from_db()
    assert newest().given_up_at is not None
    assert not webhook.is_active


def test_both_secrets_sign_for_a_day(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    Rotation with overlap; with another signing key of the server none of them opens.
    """
    webhook, old = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)

    new = rotate_secret(webhook, now=NOW)
    webhook.refresh_from_db()

    assert keys_for(webhook, NOW + timedelta(hours=23)) == [key_of(new), key_of(old)]
    assert keys_for(webhook, NOW + timedelta(hours=25)) == [key_of(new)]
    headers = signed_headers(keys_for(webhook, NOW), "msg_1", "{}", NOW)
    assert headers["webhook-signature"].count("v1,") == 2


def test_secret_of_another_server_is_not_guessed(
    receiver: Receiver, organization: Organization, owner: Account, settings: Settings
) -> None:
    """
    A database that was moved without its key says so.
    """
    webhook, _ = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    settings.SECRET_KEY = "another"

    with pytest.raises(Unreadable):
        keys_for(webhook, NOW)


def test_former_signing_key_still_opens(
    receiver: Receiver, organization: Organization, owner: Account, settings: Settings
) -> None:
    """
    As long as it is named; what is sealed from then on needs the new one.
    """
    webhook, text = make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = ["unrelated", former]

    assert keys_for(webhook, NOW) == [key_of(text)]
    new = rotate_secret(webhook, now=NOW)
    webhook.refresh_from_db()
    settings.SECRET_KEY_FALLBACKS = []

    assert keys_for(webhook, NOW + timedelta(hours=25)) == [key_of(new)]


def test_private_addresses_are_refused_when_made_and_when_sent(
    receiver: Receiver, organization: Organization, owner: Account, settings: Settings
) -> None:
    """
    What was allowed once is looked at again each time; it is not tried in vain for days.
    """
    make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    settings.WEBHOOK_NETWORKS = ()
    emit(organization, Event.JOB_DONE, {}, once="1", now=NOW)

    deliver(newest().pk)
    with pytest.raises(WebhookRefused, match="no public address"):
        make_webhook(organization, "https://127.0.0.1/", ALL, by=owner, now=NOW)

    assert receiver.got == []
    assert newest().given_up_at is not None
    assert "no public address" in newest().error


def test_sandbox_calls_nobody(receiver: Receiver, organization: Organization, owner: Account) -> None:
    """
    Written, shown, and never sent.
    """
    make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    Organization.objects.update(is_sandbox=True)
    emit(organization, Event.JOB_DONE, {}, once="1", now=NOW)

    deliver(newest().pk)

    assert (receiver.got, newest().error) == ([], "A sandbox calls nobody.")


def test_lost_deliveries_are_queued_again_and_old_ones_forgotten(
    receiver: Receiver, organization: Organization, owner: Account
) -> None:
    """
    A row without a queue job is found; what ended 30 days ago goes.
    """
    from django.db import connection

    make_webhook(organization, receiver.url, ALL, by=owner, now=NOW)
    emit(organization, Event.JOB_DONE, {}, once="1", now=NOW)
    queued = requeue_lost()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    assert (queued, requeue_lost()) == (0, 1)
    assert forget_deliveries(NOW + timedelta(days=31)) == 0
    deliver(newest().pk)
    assert forget_deliveries(NOW + timedelta(days=31)) == 1


@pytest.mark.parametrize("events", [[], ["job.held", "no.such"], ["webhook.test"]])
def test_events_are_those_of_the_catalogue(
    receiver: Receiver, organization: Organization, owner: Account, events: list[str]
) -> None:
    """
    At least one of them, and no other.
    """
    with pytest.raises(WebhookRefused):
        make_webhook(organization, receiver.url, events, by=owner, now=NOW)
