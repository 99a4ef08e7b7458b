"""Who may call what: scopes, organizations, feeds, addresses."""

import json
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.models import MediaKind, UploadJob
from tests.upload_world import JOBS, PEOPLE, UPLOAD, Sender, make_media, make_organization, make_sender

Call = Callable[[Sender, str, str], HttpResponse]

CALLS: dict[str, Call] = {
    "process": lambda sender, urn, _: sender.process(urn),
    "track": lambda sender, _, job: sender.get(f"{JOBS}/{job}"),
    "download": lambda sender, urn, _: sender.get(f"{UPLOAD}&id={urn}"),
}
UPLOADING: dict[str, Call] = {"upload": lambda sender, _, __: sender.upload()}


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.SYNC])
@pytest.mark.parametrize("call", [*CALLS, *UPLOADING])
def test_every_call_asks_for_the_scope_sync(db: None, call: str, scope: Scope) -> None:
    """No other scope stands in for it, admin included; the token itself is named nowhere."""
    owner = make_sender()
    urn, job = upload_and_process(owner)
    other = make_sender(feed=owner.feed, scopes=[scope])

    answer = (CALLS | UPLOADING)[call](other, urn, job)

    assert (answer.status_code, answer.json()["serviceErrorCode"]) == (403, 100)
    assert answer.json()["message"].startswith("Not enough permissions to access: ")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("whose", ["another organization", "another feed"])
def test_what_belongs_to_others_looks_unknown(db: None, call: str, whose: str) -> None:
    """Job and media of another organization or feed get the very answer of invented ones."""
    alice = make_sender(make_organization())
    organization = make_organization("Neighbour Ltd") if whose == "another organization" else alice.feed.organization
    charlie = make_sender(organization)
    urn, job = upload_and_process(alice)

    real = CALLS[call](charlie, urn, job)
    invented = CALLS[call](charlie, f"urn:li:media:{'0' * 40}", str(int(job) ^ 1))

    assert real.status_code == 404
    assert real.content == invented.content


def test_another_token_of_the_feed_sees_the_same(db: None) -> None:
    """Rotating a token changes nothing: jobs and files belong to the feed."""
    alice = make_sender()
    urn, job = upload_and_process(alice)
    rotated = make_sender(feed=alice.feed)

    assert [CALLS[name](rotated, urn, job).status_code for name in CALLS] == [201, 200, 200]
    assert UploadJob.objects.filter(organization=alice.feed.organization).count() == 1


def test_result_file_of_another_feed_is_not_found(db: None) -> None:
    """Not only uploaded files are kept apart."""
    alice = make_sender()
    charlie = make_sender(alice.feed.organization)
    result = make_media(alice.feed, kind=MediaKind.RESULT)

    assert charlie.get(f"{UPLOAD}&id=urn:li:media:{result.public_id}").status_code == 404


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "status"),
    [
        ("192.0.2.7", None, (), 404),
        ("198.51.100.1", None, (), 403),
        ("198.51.100.1", "192.0.2.7", (), 403),
        ("10.0.0.1", "192.0.2.7", ("10.0.0.0/8",), 404),
        ("10.0.0.1", "192.0.2.7, 198.51.100.1", ("10.0.0.0/8",), 403),
        ("", None, (), 403),
    ],
)
def test_token_may_be_bound_to_networks(
    db: None, settings: Settings, peer: str, forwarded: str | None, proxies: tuple[str, ...], status: int
) -> None:
    """The peer's address counts; X-Forwarded-For only when a trusted proxy wrote it."""
    settings.TRUSTED_PROXIES = proxies
    sender = make_sender(allowed_networks=["192.0.2.0/24"])
    headers = {"X_Forwarded_For": forwarded} if forwarded else {}

    answer = from_address(sender, peer, headers)

    assert answer.status_code == status


def test_use_of_a_token_is_recorded_with_its_address(sender: Sender) -> None:
    """When and from where it was used last stands in the panel."""
    from_address(sender, "192.0.2.7", {})

    sender.token.refresh_from_db()
    assert sender.token.last_used_at is not None
    assert sender.token.last_used_from == "192.0.2.7"


def test_log_holds_neither_token_nor_query(sender: Sender) -> None:
    """A log line names organization and token by number, and the path alone."""
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = sender.get(f"{JOBS}/1?first_name=Anna", Authorization=f"Bearer {sender.text}")

    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["path"], line["status"], line["token"]) == (f"{JOBS}/1", 404, sender.token.pk)
    assert line["request_id"] == answer["x-li-uuid"]
    assert sender.text[12:] not in str(line)
    assert "Anna" not in str(line)


def test_log_of_one_call_says_nothing_of_the_one_before(sender: Sender) -> None:
    """A thread serves many callers."""
    sender.get(f"{JOBS}/1")

    with capture_logs(processors=[merge_contextvars]) as lines:
        sender.get(f"{JOBS}/1", Authorization="Bearer wrong")

    assert [line for line in lines if "token" in line or "organization" in line] == []


def from_address(sender: Sender, peer: str, headers: dict[str, str]) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(headers={"Authorization": f"Bearer {sender.text}"} | named)
    return client.get(f"{JOBS}/1", REMOTE_ADDR=peer)


def upload_and_process(sender: Sender) -> tuple[str, str]:
    urn = json.loads(sender.upload(PEOPLE).content)["location"]
    return urn, json.loads(sender.process(urn).content)["value"]
