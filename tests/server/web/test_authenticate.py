"""Create OAuth Access Tokens: shown once, never wider than their maker, listed and revoked."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.model import Mode
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.access import Permission, may
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.tokens.giving import OWNERS_ONLY, may_give, scopes_to_give
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.queries import Expiry, TokenFilter, expiry_of, page_of_tokens
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import TokenState, find_token
from orgsync.server.web.forms.authenticate import SCOPE_WORDS
from tests.job_world import NOW, make_token
from tests.server.web.conftest import signed_in

PAGE = "/admin/authenticate/"
SURE = {"is_sure": "yes"}
NEW = {
    "name": "HR server",
    "feed": "new",
    "new_feed": "Nightly HR",
    "mode": "full",
    "scopes": ["sync"],
    "expires": "90",
    "emails_creator": "on",
}


def text_of(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def generate(client: Client, **given: Any) -> str:
    answer = client.post(PAGE, NEW | given)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


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


def test_list_says_how_each_token_stands(alice: Client, acme: Organization) -> None:
    """
    Prefix, feed, maker, end and last use stand beside the name; an end that is near is warned of.
    """
    maker = Account.objects.get(email="alice@example.com")
    token = make_token(acme, maker, scopes=["sync"], expires_at=timezone.now() + timedelta(days=13, hours=1))
    AccessToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now(), last_used_from="192.0.2.7")

    page = text_of(alice).replace("\xa0", " ")

    assert f"{token.prefix}…" in page
    assert token.feed.name in page
    assert "in 1 week, 6 days" in page
    assert "from 192.0.2.7" in page


@pytest.mark.parametrize(
    ("days", "expiry"),
    [(None, Expiry.NEVER), (-1, Expiry.OVER), (0, Expiry.OVER), (13, Expiry.SOON), (14, Expiry.LATER)],
)
def test_end_is_near_for_two_weeks(days: int | None, expiry: Expiry) -> None:
    """
    A fortnight before its end a token is warned of.
    """
    token = AccessToken(expires_at=None if days is None else NOW + timedelta(days=days))

    assert expiry_of(token, NOW) is expiry


@pytest.mark.parametrize("leaves", [{"is_active": False}, None], ids=["deactivated", "no role any more"])
def test_token_of_a_deactivated_maker_is_shown_as_such(
    alice: Client, acme: Organization, leaves: dict[str, bool] | None
) -> None:
    """
    The token goes on working until it is revoked, so the list says that nobody answers for it.
    """
    signed_in(acme, "eve@example.com", Role.ADMIN)
    eve = Account.objects.get(email="eve@example.com")
    make_token(acme, eve, scopes=["sync"])
    before = text_of(alice)
    Account.objects.filter(pk=eve.pk).update(is_active=leaves is None)
    if leaves is None:
        Admin.objects.filter(account=eve).delete()

    assert "deactivated" not in before
    assert "deactivated" in text_of(alice)


def test_revoking_asks_first(alice: Client, acme: Organization) -> None:
    """
    The question changes nothing; the answer revokes, and the token leaves the list of those in use.
    """
    token = make_token(acme, scopes=["sync"])
    path = f"{PAGE}tokens/{token.pk}/revoke/"

    question = unescape(alice.post(path).content.decode())
    token.refresh_from_db()
    before = token.revoked_at
    told = unescape(alice.post(path, SURE, follow=True).content.decode())

    token.refresh_from_db()
    assert "Revoke “nightly”?" in question
    assert before is None
    assert token.revoked_at is not None
    assert "The token nightly is revoked." in told
    assert "No token yet" in told
    assert f"{token.prefix}…" in text_of(alice, f"{PAGE}?show=revoked")


def test_second_revocation_keeps_the_first_time(alice: Client, acme: Organization) -> None:
    """
    Two admins who revoke at once do not overwrite each other.
    """
    at = datetime(2026, 3, 1, tzinfo=UTC)
    token = make_token(acme, scopes=["sync"], revoked_at=at)

    told = alice.post(f"{PAGE}tokens/{token.pk}/revoke/", SURE, follow=True)

    token.refresh_from_db()
    assert "was revoked before" in told.content.decode()
    assert token.revoked_at == at


def test_another_organizations_tokens_are_not_there(alice: Client, charlie: Client, acme: Organization) -> None:
    """
    Charlie neither sees nor revokes a token of Acme.
    """
    token = make_token(acme, scopes=["sync"])
    path = f"{PAGE}tokens/{token.pk}/revoke/"

    assert token.feed.name not in text_of(charlie, f"{PAGE}?show=all&feed_id={token.feed_id}")
    assert charlie.post(path).status_code == 404
    assert charlie.post(path, SURE).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_who_may_only_look_manages_no_tokens(bob: Client, acme: Organization) -> None:
    """
    Bob gets neither list, nor form, nor question.
    """
    token = make_token(acme, scopes=["sync"])
    path = f"{PAGE}tokens/{token.pk}/revoke/"

    statuses = [bob.get(PAGE), bob.post(PAGE, NEW), bob.post(path), bob.post(path, SURE)]

    assert {answer.status_code for answer in statuses} == {403}
    assert AccessToken.objects.count() == 1


def test_list_is_paged_by_key(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Each page begins where the one before ended; filters narrow by name, by the token's beginning and by feed.
    """
    monkeypatch.setattr("orgsync.server.tokens.queries.PAGE", 2)
    tokens = [make_token(acme, scopes=["sync"]) for _ in range(3)]

    first = page_of_tokens(acme, TokenFilter(), now=NOW)
    second = page_of_tokens(acme, TokenFilter(), now=NOW, older_than=first.older)
    of_feed = page_of_tokens(acme, TokenFilter(feed_id=tokens[1].feed_id), now=NOW)

    assert [entry.token for entry in (*first.tokens, *second.tokens)] == tokens[::-1]
    assert second.older is None
    assert [entry.token for entry in of_feed.tokens] == [tokens[1]]
    assert page_of_tokens(acme, TokenFilter(text="NIGHT"), now=NOW).tokens
    assert page_of_tokens(acme, TokenFilter(text="os_abc"), now=NOW).tokens
    assert not page_of_tokens(acme, TokenFilter(text="os_x"), now=NOW).tokens


def test_rotated_token_works_beside_its_successor_until_its_end(alice: Client, acme: Organization) -> None:
    """
    The successor has the same settings and takes over the name; both are good until the day that was chosen.
    """
    generate(alice, allowed_networks="192.0.2.0/24")
    old = AccessToken.objects.get()

    shown = alice.post(f"/admin/authenticate/tokens/{old.pk}/rotate/", {"overlap": "3", "expires": "30"})
    new = AccessToken.objects.exclude(id=old.pk).get()
    again = AccessToken.objects.get(id=old.pk)

    text = shown.content.decode().split('id="access-token">')[1].split("<")[0]
    assert find_token(text, now=timezone.now()).token == new
    assert (new.name, new.scopes, new.feed_id, new.replaces_id) == (old.name, old.scopes, old.feed_id, old.pk)
    assert new.allowed_networks == ["192.0.2.0/24"]
    assert again.name.startswith(old.name)
    assert again.expires_at is not None
    assert timedelta(days=2) < again.expires_at - timezone.now() <= timedelta(days=3)
    assert "no-store" in shown["Cache-Control"]


def test_nobody_rotates_a_token_beyond_their_rights_or_one_that_is_over(acme: Organization, alice: Client) -> None:
    """
    A successor is a new token: it takes who may give its scopes.
    """
    generate(alice, powerful=["erase"])
    token = AccessToken.objects.get()
    admin = signed_in(acme, "dora@example.com", Role.ADMIN)
    path = f"/admin/authenticate/tokens/{token.pk}/rotate/"

    beyond = admin.post(path, {"overlap": "3", "expires": "30"}).content.decode()
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    over = alice.post(path, {"overlap": "3", "expires": "30"}).content.decode()

    assert "You may not give" in beyond
    assert "is over" in over
    assert AccessToken.objects.count() == 1
