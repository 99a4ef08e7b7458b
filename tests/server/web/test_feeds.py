"""Feeds: how each stands, what is set on it, and who may set it."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgsync.core.guards import limits_of
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.directory.models import Claim, Feed, Learner
from orgsync.server.directory.queries_feeds import claim_counts, shared_claims
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.models import UploadJob
from tests.job_world import make_job, make_token
from tests.upload_world import make_feed

FEEDS = "/admin/people/feeds/"
SETTINGS = {"do": "save", "name": "Nightly HR", "mode": "full", "rows": "all_or_nothing"} | {
    "missing_files": "2",
    "late_after_hours": "30",
}


def text_of(client: Client, path: str = FEEDS, *, post: Any = None) -> str:
    answer = client.get(path) if post is None else client.post(path, post, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode()).replace("\xa0", " ")


def path_of(feed: Feed) -> str:
    return f"{FEEDS}{feed.pk}/"


def save(client: Client, feed: Feed, **given: Any) -> str:
    answer = client.post(path_of(feed), SETTINGS | given, follow=True)
    feed.refresh_from_db()
    return unescape(answer.content.decode())


def claim(feed: Feed, *people: int) -> None:
    Claim.objects.bulk_create(
        Claim(organization_id=feed.organization_id, learner_id=person, feed_id=feed.pk) for person in people
    )


def test_feed_is_made(alice: Client, acme: Organization) -> None:
    """
    A new feed has the mode that was chosen, and its page comes next.
    """
    answer = alice.post(FEEDS, {"name": "Contractors", "mode": "additions_only"})

    feed = Feed.objects.get(organization=acme)
    assert (feed.name, feed.mode) == ("Contractors", Mode.ADDITIONS_ONLY)
    assert answer["Location"] == path_of(feed)


def test_name_is_taken_in_any_case(alice: Client, acme: Organization) -> None:
    """
    Two feeds that differ in case alone would be taken for each other.
    """
    make_feed(acme, name="Nightly HR")

    answer = alice.post(FEEDS, {"name": "nightly hr", "mode": "full"})

    assert "There is a feed of this name already" in answer.content.decode()
    assert Feed.objects.count() == 1


def test_list_says_how_each_feed_stands(alice: Client, acme: Organization) -> None:
    """
    Mode, claims, age of the last file and what became of it, paused, on hold.
    """
    token = make_token(acme)
    job = make_job(token, JobStatus.HELD, held_at=timezone.now())
    UploadJob.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(hours=30, minutes=1))
    make_feed(acme, name="Contractors", is_paused=True, holds_next=True, mode=Mode.FULL)
    claim(token.feed, *range(1, 1_235))

    page = text_of(alice)

    assert "1,234" in page
    assert "no file for 1 day, 6 hours" in page
    assert f"/admin/people/sync-history/{job.public_id}/" in page
    assert "Full file" in page
    assert 'Paused</span> <span class="badge warn">' in page
    assert "On hold" in page


def test_list_is_narrowed_and_sorted_by_the_address(alice: Client, acme: Organization) -> None:
    """
    Search, state and order stand in the query; a value that does not exist narrows nothing.
    """
    claim(make_feed(acme, name="Zeta"), 1, 2)
    make_feed(acme, name="Alpha", is_paused=True)

    def names(query: str) -> list[str]:
        return sorted({"Zeta", "Alpha"} & set(text_of(alice, FEEDS + query).replace("<", ">").split(">")))

    def first(query: str) -> str:
        page = text_of(alice, FEEDS + query)
        return min(("Zeta", "Alpha"), key=lambda name: page.index(f">{name}<"))

    assert names("?q=ZET") == ["Zeta"]
    assert names("?state=paused") == ["Alpha"]
    assert names("?state=nonsense&sort=nonsense") == ["Alpha", "Zeta"]
    assert (first("?sort=name"), first("?sort=people"), first("")) == ("Alpha", "Zeta", "Zeta")


def test_list_costs_as_many_queries_for_many_feeds(alice: Client, acme: Organization) -> None:
    """
    Ten feeds are asked about at once.
    """
    make_job(make_token(acme))
    alice.get(FEEDS)
    with CaptureQueriesContext(connection) as few:
        alice.get(FEEDS)
    for _ in range(9):
        make_job(make_token(acme))

    with CaptureQueriesContext(connection) as many:
        alice.get(FEEDS)

    assert len(many) == len(few)


def test_settings_are_saved(alice: Client, acme: Organization) -> None:
    """
    Name, mode, row policy and limits are what the next job goes by.
    """
    feed = make_feed(acme, name="Old name", mode=Mode.CHANGES)

    told = save(alice, feed, **{"leavers-number": "50", "leavers-percent": "2.5", "leavers-cap": "400"})

    assert "Saved." in told
    assert (feed.name, feed.mode, feed.rows) == ("Nightly HR", Mode.FULL, RowPolicy.ALL_OR_NOTHING)
    assert (feed.missing_files, feed.late_after_hours) == (2, 30)
    assert feed.guards == {"leavers": {"number": 50, "percent": 2.5, "cap": 400}}
    assert limits_of(feed.guards)["leavers"].cap == 400


def test_empty_limit_is_the_default_again(alice: Client, acme: Organization) -> None:
    """
    What is left empty is not stored; the default stands in the field in grey.
    """
    feed = make_feed(acme, name="Nightly HR", guards={"leavers": {"number": 50, "cap": 7}})

    before = text_of(alice, path_of(feed))
    save(alice, feed, **{"leavers-number": "", "leavers-cap": "8"})

    assert 'name="leavers-number" value="50"' in before
    assert 'placeholder="1000"' in before
    assert feed.guards == {"leavers": {"cap": 8}}


def test_limits_that_the_page_does_not_show_are_kept(alice: Client, acme: Organization) -> None:
    """
    A guard that was set by the command line survives a change by the page.
    """
    feed = make_feed(acme, guards={"missing_column": {"number": 3}})

    save(alice, feed)

    assert feed.guards == {"missing_column": {"number": 3}}


@pytest.mark.parametrize(
    "given",
    [{"mode": "everything"}, {"rows": ""}, {"name": " "}, {"leavers-percent": "101"}, {"leavers-number": "-1"}],
    ids=lambda given: next(iter(given)),
)
def test_wrong_settings_change_nothing(alice: Client, acme: Organization, given: dict[str, str]) -> None:
    """
    The form comes back with what is wrong.
    """
    feed = make_feed(acme, name="Old name")

    page = save(alice, feed, **given)

    assert "errorlist" in page
    assert feed.name == "Old name"


def test_feed_is_paused_and_goes_on(alice: Client, acme: Organization) -> None:
    """
    One button each, and the page says what it means.
    """
    feed = make_feed(acme)

    paused = save(alice, feed, do="pause")
    was_paused = feed.is_paused
    save(alice, feed, do="resume")

    assert "is planned and held" in paused
    assert was_paused
    assert not feed.is_paused


def test_hold_after_an_undo_is_released_by_a_person(alice: Client, acme: Organization) -> None:
    """
    The page says why the next file waits, and lets it go.
    """
    feed = make_feed(acme, holds_next=True)

    before = text_of(alice, path_of(feed))
    told = save(alice, feed, do="release")

    assert "A job of this feed was undone" in before
    assert "Released." in told
    assert not feed.holds_next


def test_page_shows_tokens_and_jobs_of_this_feed_alone(alice: Client, acme: Organization) -> None:
    """
    Of two feeds each page has its own.
    """
    mine, other = make_token(acme), make_token(acme)
    job, foreign = make_job(mine, JobStatus.DONE), make_job(other, JobStatus.DONE)

    page = text_of(alice, path_of(mine.feed))

    assert f"tokens/{mine.pk}/revoke/" in page
    assert f"tokens/{other.pk}/revoke/" not in page
    assert f"sync-history/{job.public_id}/" in page
    assert f"sync-history/{foreign.public_id}/" not in page


def test_claims_that_meet_are_counted(alice: Client, acme: Organization) -> None:
    """
    The page says how many people another feed claims too; other organizations' claims count for nothing.
    """
    staff, contractors = make_feed(acme, name="Staff"), make_feed(acme, name="Contractors")
    elsewhere = make_feed(Organization.objects.create(name="Initech"))
    claim(staff, 1, 2, 3, 4)
    claim(contractors, 3, 4, 5)
    claim(elsewhere, 1, 2, 3)

    page = text_of(alice, path_of(staff))

    assert claim_counts(acme) == {staff.pk: 4, contractors.pk: 3}
    assert shared_claims(staff, acme) == [(contractors.pk, "Contractors", 2)]
    both = f"/admin/people/learners/?feed={staff.pk}&also={contractors.pk}"
    assert f'claims 4 people, <a href="{both}">2 also claimed by Contractors</a>' in page


def test_feeds_change_places(alice: Client, acme: Organization) -> None:
    """
    One step up or down; edits by hand stay behind all others, and at the ends nothing moves.
    """
    first, _second, third = (make_feed(acme, name=name, rank=0) for name in ("A", "B", "C"))
    make_feed(acme, name="By hand", rank=2**31 - 1)

    def order() -> list[str]:
        return list(Feed.objects.filter(organization=acme).order_by("rank", "id").values_list("name", flat=True))

    for do, feed in (("up", third), ("up", third), ("up", third), ("down", first)):
        assert alice.post(FEEDS, {"do": do, "feed": feed.pk})["Location"] == f"{FEEDS}?sort=rank"
    page = text_of(alice, FEEDS)

    assert order() == ["C", "B", "A", "By hand"]
    assert page.index(">C<") < page.index(">B<") < page.index(">A<") < page.index(">By hand<")
    assert "Move By hand up" not in page
    assert alice.post(FEEDS, {"do": "up", "feed": "x"}).status_code == 404


def test_people_are_handed_to_a_feed(alice: Client, acme: Organization) -> None:
    """
    Those of another feed, or those whom no feed claims; the numbers stand in the choice.
    """
    staff, contractors = make_feed(acme, name="Staff"), make_feed(acme, name="Contractors")
    for number in (1, 2, 3):
        address = f"p{number}@example.com"
        Learner.objects.create(
            organization_id=acme.pk,
            id=number,
            primary_email_address=address,
            email_key=address,
            created_at=timezone.now(),
        )
    claim(contractors, 1)
    Organization.objects.filter(id=acme.pk).update(revision=1)

    page = text_of(alice, path_of(staff))
    told = text_of(alice, path_of(staff), post={"do": "hand", "source": "none"})
    alice.post(path_of(staff), {"do": "hand", "source": contractors.pk})
    wrong = text_of(alice, path_of(staff), post={"do": "hand", "source": staff.pk})

    assert "people without a feed (2)" in page
    assert "Contractors (1)" in page
    assert "2 people were handed over." in told
    assert "Choose whose people are meant" in wrong
    assert sorted(Claim.objects.filter(feed_id=staff.pk).values_list("learner_id", flat=True)) == [1, 2, 3]
    assert not Claim.objects.filter(feed_id=contractors.pk).exists()


def test_another_organizations_feed_is_not_there(charlie: Client, acme: Organization) -> None:
    """
    Charlie neither sees nor changes a feed of Acme.
    """
    feed = make_feed(acme, name="Nightly HR of Acme")

    assert "Nightly HR of Acme" not in text_of(charlie)
    assert charlie.get(path_of(feed)).status_code == 404
    assert charlie.post(path_of(feed), SETTINGS | {"do": "pause"}).status_code == 404
    feed.refresh_from_db()
    assert not feed.is_paused


@pytest.mark.parametrize("do", ["save", "pause", "resume", "release"])
def test_who_may_only_look_changes_nothing(bob: Client, acme: Organization, do: str) -> None:
    """
    Bob sees the settings as a table, without form, tokens or buttons.
    """
    feed = make_feed(acme, name="Old name", holds_next=True)

    page = text_of(bob, path_of(feed))

    assert "of the active people whom the feed claims" in page
    assert "Access tokens" not in page
    assert "Release the hold" not in page
    assert 'name="do"' not in page
    assert bob.post(path_of(feed), SETTINGS | {"do": do}).status_code == 403
    assert bob.post(FEEDS, {"name": "Mine", "mode": "full"}).status_code == 403
    feed.refresh_from_db()
    assert (feed.name, feed.holds_next, feed.is_paused, Feed.objects.count()) == ("Old name", True, False, 1)
