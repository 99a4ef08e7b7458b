"""Making, finding, revoking tokens, and how often they may call."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from orgsync.server.tokens.limits import Call, count_call, forget_calls
from orgsync.server.tokens.models import AccessToken, CallCount
from orgsync.server.tokens.scopes import POWERFUL, PRESETS, Scope
from orgsync.server.tokens.texts import is_well_formed
from orgsync.server.tokens.tokens import (
    TokenRefused,
    TokenState,
    find_token,
    make_token,
    record_use,
    revoke_token,
)
from tests.upload_world import make_feed, make_organization, make_sender

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def test_token_is_found_by_its_text_and_stored_as_a_hash(db: None) -> None:
    """Only the first characters can be read back from the database."""
    sender = make_sender()

    found = find_token(sender.text, now=NOW)

    assert (found.state, found.token) == (TokenState.GOOD, sender.token)
    row = str(AccessToken.objects.filter(id=sender.token.pk).values().get())
    assert sender.token.prefix == sender.text[:12]
    assert sender.text[12:] not in row


def test_token_has_a_recognisable_shape(db: None) -> None:
    """A prefix, 43 random characters, and six that check them."""
    texts = {make_sender().text for _ in range(20)}

    assert len(texts) == 20
    assert all(is_well_formed(text) and text.startswith("orgs_") and len(text) == 54 for text in texts)


def test_mistyped_token_is_told_from_an_unknown_one_without_a_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Every single wrong character is noticed, blanks and other alphabets included."""
    text = make_sender().text
    wrong = [text[:i] + ("A" if text[i] != "A" else "B") + text[i + 1 :] for i in range(len(text))]

    with django_assert_num_queries(0):
        states = {find_token(one, now=NOW).state for one in [*wrong, "", text + "\n", text + " ", "é" * 54]}

    assert states == {TokenState.MALFORMED}


def test_well_formed_stranger_is_unknown(db: None) -> None:
    """A token of another server has the right shape and belongs to nobody here."""
    sender = make_sender()
    sender.token.delete()

    assert find_token(sender.text, now=NOW).state is TokenState.UNKNOWN


@pytest.mark.parametrize(
    ("expires", "revoked", "state"),
    [
        (timedelta(seconds=1), False, TokenState.GOOD),
        (timedelta(0), False, TokenState.EXPIRED),
        (timedelta(seconds=-1), True, TokenState.REVOKED),
    ],
)
def test_state_depends_on_the_time(db: None, expires: timedelta, revoked: bool, state: TokenState) -> None:
    """A token ends at its expiry, not after it; revoked weighs more than expired."""
    sender = make_sender(expires_at=NOW + expires)
    if revoked:
        revoke_token(sender.feed.organization, sender.token.pk, now=NOW)

    assert find_token(sender.text, now=NOW).state is state


def test_revoking_is_for_ones_own_organization_and_once(db: None) -> None:
    """Another organization's id revokes nothing; a second time changes nothing."""
    sender = make_sender()

    assert not revoke_token(make_organization("Neighbour Ltd"), sender.token.pk, now=NOW)
    assert revoke_token(sender.feed.organization, sender.token.pk, now=NOW)
    assert not revoke_token(sender.feed.organization, sender.token.pk, now=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "  "}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["sync", "everything"]}),
        ("allowed_networks", {"allowed_networks": ["192.0.2.7/24"]}),
        ("allowed_networks", {"allowed_networks": ["office"]}),
    ],
)
def test_impossible_token_names_the_field(db: None, field: str, values: dict[str, object]) -> None:
    """The form that asks for it can show the reason where it belongs."""
    feed = make_feed(make_organization())
    asked = {"name": "HR", "scopes": ["sync"], "expires_at": None, "created_by": None} | values

    with pytest.raises(TokenRefused) as refused:
        make_token(feed.organization, feed, **asked)

    assert refused.value.field == field


def test_token_for_a_feed_of_another_organization_is_refused(db: None) -> None:
    """Organization and feed must belong together."""
    with pytest.raises(TokenRefused, match="feed"):
        make_token(
            make_organization(), make_feed(make_organization("Neighbour Ltd")), "HR",
            scopes=["sync"], expires_at=None, created_by=None,
        )  # fmt: skip


def test_use_is_written_at_most_once_a_minute(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Polling every second does not write every second."""
    sender = make_sender()
    record_use(sender.token, "192.0.2.7", now=NOW)
    sender.token.refresh_from_db()

    with django_assert_num_queries(0):
        record_use(sender.token, "192.0.2.8", now=NOW + timedelta(seconds=59))
    record_use(sender.token, "192.0.2.9", now=NOW + timedelta(seconds=60))

    sender.token.refresh_from_db()
    assert (sender.token.last_used_at, sender.token.last_used_from) == (NOW + timedelta(seconds=60), "192.0.2.9")


def test_no_preset_is_powerful() -> None:
    """What can do harm is only ever chosen one by one."""
    assert all(not POWERFUL & preset for preset in PRESETS.values())
    assert PRESETS["sync"] == {Scope.SYNC}


def test_limit_is_counted_by_token_hour_and_kind(
    db: None, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """One statement a call; the wait is what is left of the hour."""
    settings.UPLOADS_PER_HOUR = 2
    token, other = make_sender().token, make_sender().token

    with django_assert_num_queries(3):
        counted = [count_call(token, Call.UPLOAD, now=NOW) for _ in range(3)]

    assert [one.is_within for one in counted] == [True, True, False]
    assert counted[2].seconds_left == 1800
    assert count_call(token, Call.OTHER, now=NOW).is_within
    assert count_call(other, Call.UPLOAD, now=NOW).is_within
    assert count_call(token, Call.UPLOAD, now=NOW + timedelta(minutes=30)).is_within


@pytest.fixture
def waits_for_disk() -> Iterator[None]:
    """Have commits of this session wait for the disk, as they do outside tests."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        yield
        cursor.execute("RESET synchronous_commit")


@pytest.mark.django_db(transaction=True)
def test_counting_a_call_does_not_wait_for_the_disk(waits_for_disk: None) -> None:
    """Its transaction is over before what it wrote is durable, so that callers do not queue up behind the disk."""
    token = make_sender().token

    # Something else may write the log to the disk in between, though hardly each time.
    assert any(_is_ahead_of_disk_after(token) for _ in range(20))


def test_counting_a_call_leaves_the_callers_transaction_durable(db: None, waits_for_disk: None) -> None:
    """What else a transaction writes is not ours to risk."""
    count_call(make_sender().token, Call.OTHER, now=NOW)

    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def _is_ahead_of_disk_after(token: AccessToken) -> bool:
    count_call(token, Call.OTHER, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()")
        return bool(cursor.fetchone()[0])


def test_old_counts_are_forgotten(db: None) -> None:
    """Counts of past hours serve nobody."""
    token = make_sender().token
    count_call(token, Call.OTHER, now=NOW - timedelta(hours=2))
    count_call(token, Call.OTHER, now=NOW)

    assert forget_calls(before=NOW - timedelta(hours=1)) == 1
    assert CallCount.objects.get(organization_id=token.organization_id).hour == NOW.replace(minute=0)
