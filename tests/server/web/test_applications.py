"""API applications: made and rotated with a secret that is shown once, never wider than their maker."""

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.server.audit.actions import Action
from orgsync.server.audit.models import AuditEntry
from orgsync.server.orgs.models import Organization, Role
from orgsync.server.tokens.applicationlist import ApplicationFilter, page_of_applications
from orgsync.server.tokens.applications import give_token, is_secret_of
from orgsync.server.tokens.models import Application
from tests.server.web.conftest import signed_in

PAGE = "/admin/authenticate/applications/"
NEW = {"name": "Console", "feed": "none", "scopes": ["plans:read"], "expires": "90"}


def make(client: Client, **given: Any) -> str:
    answer = client.post(PAGE, NEW | given)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return unescape(answer.content.decode())


def shown(page: str, what: str) -> str:
    (found,) = re.findall(rf'<output[^>]*id="{what}">([^<]+)</output>', page)
    return found


def test_secret_is_shown_once_and_fits(alice: Client, acme: Organization) -> None:
    """
    The page that makes an application shows what it needs, with commands to run; no later page holds the secret.
    """
    page = make(alice, allowed_networks="192.0.2.0/24")

    application = Application.objects.get(organization=acme)
    secret = shown(page, "client-secret")
    assert shown(page, "client-id") == application.client_id
    assert is_secret_of(application, secret, now=timezone.now())
    assert (application.feed, application.scopes, application.allowed_networks) == (
        None,
        ["plans:read"],
        ["192.0.2.0/24"],
    )
    assert f"-u '{application.client_id}:{secret}'" in page
    later = alice.get(PAGE).content.decode()
    assert "Console" in later
    assert secret not in later
    assert "is in use already" in make(alice)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"name": " "}, "This field is required"),
        ({"scopes": ["sync"]}, "The scope sync needs a feed"),
        ({"scopes": []}, "Choose at least one scope"),
        ({"feed": "999999"}, "not one of the available choices"),
        ({"allowed_networks": "here"}, "Not an address or network"),
        ({"expires": "date", "expires_on": "2020-01-01"}, "Choose a day between"),
    ],
)
def test_wrong_form_makes_nothing(alice: Client, given: dict[str, Any], word: str) -> None:
    """
    The form says what is wrong and stays open.
    """
    page = make(alice, **given)

    assert word in page
    assert '<details class="panel" open>' in page
    assert not Application.objects.exists()


def test_nobody_gives_more_than_they_have(alice: Client, acme: Organization) -> None:
    """
    An admin makes no application with an owner's scopes, and gives an owner's application no new secret.
    """
    admin = signed_in(acme, "amy@example.com", Role.ADMIN)
    refused = make(admin, powerful=["erase"])
    make(alice, powerful=["erase"])
    application = Application.objects.get()

    page = unescape(admin.post(f"{PAGE}{application.pk}/secret/", {"overlap": "7"}).content.decode())

    assert "not one of the available choices" in refused
    assert "You may not give erase" in page
    application.refresh_from_db()
    assert application.former_ends_at is None


def test_secret_is_rotated_with_an_overlap(alice: Client) -> None:
    """
    The page shows the new one once and says until when the old one works.
    """
    old = shown(make(alice), "client-secret")
    application = Application.objects.get()

    page = unescape(alice.post(f"{PAGE}{application.pk}/secret/", {"overlap": "7"}).content.decode())

    application.refresh_from_db()
    now = timezone.now()
    assert all(is_secret_of(application, secret, now=now) for secret in (old, shown(page, "client-secret")))
    assert "The secret before ends" in page
    assert "the old one works until" in alice.get(PAGE).content.decode()


def test_revoking_is_asked_for_and_ends_its_tokens(alice: Client, acme: Organization) -> None:
    """
    The first click asks, the second one does it; no token of it is good after that.
    """
    make(alice)
    application = Application.objects.get()
    given = give_token(application, ["plans:read"], now=timezone.now())
    assert given is not None
    path = f"{PAGE}{application.pk}/revoke/"
    asked = alice.post(path).content.decode()
    application.refresh_from_db()
    before = application.revoked_at

    alice.post(path, {"is_sure": "yes"})

    given[0].refresh_from_db()
    application.refresh_from_db()
    assert "Revoke “Console”?" in asked
    assert before is None
    assert application.revoked_at
    assert given[0].revoked_at
    assert "revoked or has expired" in alice.get(f"{PAGE}{application.pk}/secret/").content.decode()
    done = AuditEntry.objects.filter(organization_id=acme.pk, action__startswith="application_")
    assert list(done.order_by("number").values_list("action", flat=True)) == [
        Action.APPLICATION_MADE,
        Action.APPLICATION_TOKEN_GIVEN,
        Action.APPLICATION_REVOKED,
    ]


def test_list_is_searched_sorted_and_downloaded(alice: Client, acme: Organization, charlie: Client) -> None:
    """
    By the beginning of the name, the revoked ones apart, in either order; another organization's are in none.
    """
    for name in ("Beta", "Alpha", "=Gamma"):
        make(alice, name=name)
    make(charlie, name="Alpine")
    Application.objects.filter(name="Beta").update(revoked_at=timezone.now())

    found = page_of_applications(acme, ApplicationFilter(by_name=True), now=timezone.now())
    answer = alice.get(f"{PAGE}download/", {"show": "all", "sort": "name"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[arg-type]

    assert [one.application.name for one in found.applications] == ["=Gamma", "Alpha"]
    assert "Alpine" not in alice.get(PAGE, {"q": "Al"}).content.decode()
    assert "No application fits" in alice.get(PAGE, {"q": "Zeta"}).content.decode()
    assert [row["name"] for row in rows] == ["'=Gamma", "Alpha", "Beta"]
    assert rows[0].keys() >= {"client_id", "scopes", "last_used_at"}
    assert "secret" not in " ".join(rows[0])
