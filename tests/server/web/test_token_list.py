"""Access tokens: listed with how each stands, revoked, and rotated."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.queries import Expiry, TokenFilter, expiry_of, page_of_tokens
from orgsync.server.tokens.tokens import find_token
from tests.job_world import NOW, make_token
from tests.server.web.conftest import signed_in
from tests.server.web.tokens_page import NEW, PAGE, generate, text_of

SURE = {"is_sure": "yes"}


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
