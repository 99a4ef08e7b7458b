"""Create OAuth Access Tokens: shown once, never wider than their maker."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.model import Mode
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.access import Permission, may
from orgsync.server.orgs.models import Admin, Organization, Role
from orgsync.server.tokens.giving import OWNERS_ONLY, may_give, scopes_to_give
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import TokenState, find_token
from orgsync.server.web.forms.authenticate import SCOPE_WORDS
from tests.server.web.conftest import signed_in
from tests.server.web.tokens_page import NEW, PAGE, generate, text_of


def shown_token(page: str) -> str:
    (found,) = re.findall(r'<output[^>]*id="access-token">([^<]+)</output>', page)
    return found


def test_token_is_made_with_its_feed(alice: Client, acme: Organization) -> None:
    """
    The page shows a text that opens exactly the token that was asked for.
    """
    page = generate(alice, notify_addresses="hr@example.com\nit@example.com", allowed_networks="192.0.2.0/24")

    found = find_token(shown_token(page), now=timezone.now())
    token = found.token
    assert token is not None
    assert (found.state, token.organization, token.scopes) == (TokenState.GOOD, acme, ["sync"])
    assert (token.feed.name, token.feed.mode) == ("Nightly HR", Mode.FULL)
    assert (token.notify_addresses, token.emails_creator) == (["hr@example.com", "it@example.com"], True)
    assert token.allowed_networks == ["192.0.2.0/24"]
    assert token.created_by is not None
    assert token.created_by.email == "alice@example.com"


def test_page_has_the_words_of_the_documented_way(alice: Client) -> None:
    """
    Who follows the instructions word by word finds panel, button and field.
    """
    before, after = text_of(alice), generate(alice)

    assert "<summary>Create OAuth Access Tokens</summary>" in before
    assert ">Generate token</button>" in before
    assert "E-mail me the results" in before
    assert '<label for="access-token">Access Token</label>' in after
    assert "Copy to clipboard" in after
    assert "You will not be able to view this token again" in after
    assert ">Configured</h2>" in after


def test_token_is_shown_once(alice: Client) -> None:
    """
    The answer may not be kept by any cache, and no later page holds the text.
    """
    answer = alice.post(PAGE, NEW)
    text = shown_token(unescape(answer.content.decode()))

    assert "no-store" in answer["Cache-Control"]
    assert text not in text_of(alice)
    assert text not in str(AccessToken.objects.values())
    assert text not in str(dict(alice.session))


def test_same_form_again_makes_no_second_token(alice: Client) -> None:
    """
    A reload of the page that shows a token sends the form again; the name is in use by then.
    """
    generate(alice)

    page = generate(alice)

    assert "is in use already" in page
    assert AccessToken.objects.count() == 1


def test_commands_hold_token_and_host(alice: Client, settings: Any) -> None:
    """
    With a fresh token every command can be run as it stands; later a placeholder stands there.
    """
    settings.BASE_URL = "https://learning.example.com"
    later, page = text_of(alice), generate(alice)
    text = shown_token(page)

    assert f"export OAUTH_TOKEN='{text}'" in page
    assert page.count(f'Authorization = "Bearer {text}"') == 2
    assert (
        page.count('"https://learning.example.com/media/upload?media_type=enterprise_csv_upload&auto_notify=true"') == 3
    )
    assert "ReadAllText" not in page
    assert "<OAUTH_TOKEN>" in later
    assert "<OAUTH_TOKEN>" not in page


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"name": " "}, "This field is required"),
        ({"new_feed": ""}, "Give the new feed a name"),
        ({"scopes": []}, "Choose at least one scope"),
        ({"scopes": ["fly"]}, "not one of the available choices"),
        ({"allowed_networks": "192.0.2.7/24"}, "Not an address or network"),
        ({"notify_addresses": "hr@example.com, nobody"}, "No e-mail address: nobody"),
        ({"expires": "date"}, "Give the date"),
        ({"expires": "date", "expires_on": "2020-01-01"}, "Choose a day between"),
        ({"expires": "never"}, "not one of the available choices"),
        ({"feed": "999999"}, "not one of the available choices"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_form_makes_nothing(alice: Client, given: dict[str, Any], word: str) -> None:
    """
    The form says what is wrong, stays open, and neither token nor feed is made.
    """
    page = generate(alice, **given)

    assert word in page
    assert '<details class="panel" open>' in page
    assert not AccessToken.objects.exists()
    assert not Feed.objects.exists()


def test_feed_of_another_organization_is_no_choice(alice: Client, charlie: Client) -> None:
    """
    Charlie makes no token for Acme's feed.
    """
    generate(alice)
    feed = Feed.objects.get()

    page = generate(charlie, name="Spy", feed=str(feed.pk))

    assert "not one of the available choices" in page
    assert AccessToken.objects.count() == 1


def test_name_of_a_feed_that_exists_is_refused(alice: Client) -> None:
    """
    A new feed is new: an old one and its mode are not taken by accident.
    """
    generate(alice)

    page = generate(alice, name="Another", new_feed="NIGHTLY hr")

    assert "There is a feed of this name" in page
    assert AccessToken.objects.count() == 1


def test_last_day_counts_in_the_readers_zone(alice: Client) -> None:
    """
    A token that expires on a day works until that day ends where its maker is.
    """
    alice.cookies["zone"] = "Pacific/Auckland"
    day = (timezone.now() + timedelta(days=20)).date()

    generate(alice, expires="date", expires_on=day.isoformat())

    ends = AccessToken.objects.get().expires_at
    assert ends is not None
    there = ends.astimezone(timezone.zoneinfo.ZoneInfo("Pacific/Auckland"))
    assert (there.date(), there.hour) == (day + timedelta(days=1), 0)


def test_owner_gives_what_an_admin_may_not(acme: Organization, alice: Client) -> None:
    """
    Scopes that could make an owner of somebody, or erase people, are an owner's to give.
    """
    admin = signed_in(acme, "dora@example.com", Role.ADMIN)

    refused = generate(admin, powerful=["permissions:write"])
    generate(alice, powerful=["permissions:write"])

    assert "not one of the available choices" in refused
    assert AccessToken.objects.get().scopes == ["permissions:write", "sync"]
    assert "permissions:write" not in text_of(admin).split("Configured")[0]


@pytest.mark.parametrize("role", list(Role))
def test_nobody_gives_more_than_their_role_has(role: Role) -> None:
    """
    Whoever may not decide gives no scope that decides; owners give all, readers nothing that changes.
    """
    admin = Admin(role=role)

    given = scopes_to_give(admin)

    assert may_give(admin, Scope.JOBS_APPROVE) is may(admin, Permission.DECIDE)
    assert OWNERS_ONLY.issubset(given) is (role == Role.OWNER)
    assert (Scope.SYNC in given) is (role in {Role.OWNER, Role.ADMIN})


def test_every_scope_is_worded() -> None:
    """
    No scope stands in the form without a word on what it means.
    """
    assert SCOPE_WORDS.keys() == set(Scope)
