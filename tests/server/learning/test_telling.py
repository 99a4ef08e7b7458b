"""Who hears of what, and which mails come of it: each once, within quiet hours and limits, stopped by one click."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orgsync.core.forgetting import Keys
from orgsync.server.directory.models import Learner
from orgsync.server.directory.persontables import remove_people
from orgsync.server.learning.forgetting import forget_notes
from orgsync.server.learning.models import Content, Follow, LearnerChoices, Share, SharedWith, Verb
from orgsync.server.learning.moving import move_learning
from orgsync.server.learning.telling import sharing
from orgsync.server.learning.telling.choices import choose, is_quiet, welcome
from orgsync.server.learning.telling.digests import send_digests
from orgsync.server.learning.telling.following import follow
from orgsync.server.learning.telling.news import KEPT, LARGEST_GROUP, Reader, colleague_ids, news_for
from orgsync.server.learning.telling.sharemails import mail_waiting
from orgsync.server.learning.telling.sharing import MOST_A_DAY, ShareRefused, With, groups_to_share_with, share
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.tasks import send_mail
from orgsync.server.orgs.models import Organization
from tests.job_world import make_organization
from tests.mailbox import Mailbox, smtp_server
from tests.server.learning.colleague_world import curate, do, make_content, make_group, make_team
from tests.server.web.test_learners import add_learner

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 8, 15, tzinfo=UTC)
ALL = frozenset({Verb.LIKED, Verb.COMPLETED})


@pytest.fixture
def acme() -> Organization:
    return make_organization()


@pytest.fixture
def team(acme: Organization) -> tuple[Learner, Learner, Learner]:
    return make_team(acme)


@pytest.fixture
def course(acme: Organization) -> Content:
    return make_content(acme, "Knife skills")


def told(organization: Organization, reader: Learner, *, until: datetime = MONDAY) -> list[tuple[str, str, str]]:
    found = news_for(organization, [Reader(reader.id, ALL, until - KEPT)], until=until)
    return [(one.name, one.verb, one.title) for one in found.get(reader.id, [])]


def mails(kind: str) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(kind=kind).order_by("id"))


def test_news_are_of_near_colleagues_and_what_the_reader_sees(
    acme: Organization, team: tuple[Learner, Learner, Learner], course: Content
) -> None:
    """Not of who keeps it private, has left or is far; not a like taken back; nothing for others; nothing old."""
    ana, bo, cy = team
    hidden = make_content(acme, "Secret")
    curate(hidden, make_group(acme, "Chefs", bo))
    for verb, content, day in (
        (Verb.COMPLETED, course, FRIDAY),
        (Verb.LIKED, hidden, FRIDAY),
        (Verb.VIEWED, course, FRIDAY),
        (Verb.LIKED, make_content(acme, "Long ago"), FRIDAY - timedelta(days=60)),
    ):
        do(acme, bo, verb, content, day)
    taken_back = make_content(acme, "Taken back")
    do(acme, bo, Verb.LIKED, taken_back, FRIDAY)
    do(acme, bo, Verb.UNLIKED, taken_back, FRIDAY + timedelta(minutes=1))
    do(acme, cy, Verb.LIKED, course, FRIDAY)

    assert told(acme, ana) == [("Bo Adams", "completed", "Knife skills")]
    make_group(acme, "Cooks", ana, cy)
    assert {name for name, _, _ in told(acme, ana)} == {"Bo Adams", "Cy Young"}
    choose(acme.pk, bo.id, {"is_private": True})
    Learner.objects.filter(organization_id=acme.pk, id=cy.id).update(is_active=False)
    assert told(acme, ana) == []
    assert told(acme, bo) == []
    choose(acme.pk, bo.id, {"is_private": False})
    Organization.objects.filter(id=acme.pk).update(tells_colleagues=False)
    assert told(Organization.objects.get(id=acme.pk), ana) == []


def test_a_crowd_is_no_group_of_colleagues(acme: Organization, team: tuple[Learner, Learner, Learner]) -> None:
    """People of a group of more than a hundred and fifty do not hear of one another by it, unless they follow."""
    ana, bo, cy = team
    crowd = [add_learner(acme, 100 + number, f"P{number}", "Many") for number in range(LARGEST_GROUP)]
    make_group(acme, "Everybody", ana, *crowd)
    assert colleague_ids(acme.pk, ana.id) == [bo.id]
    assert follow(acme.pk, ana.id, cy.id, now=FRIDAY)
    assert colleague_ids(acme.pk, ana.id) == [bo.id, cy.id]


def test_digest_tells_each_thing_once(
    acme: Organization, team: tuple[Learner, Learner, Learner], course: Content
) -> None:
    """From the first sign-in on, on Monday morning, what was chosen; the same number of statements for many."""
    ana, bo, _ = team
    do(acme, bo, Verb.COMPLETED, make_content(acme, "Before"), FRIDAY - timedelta(days=1))
    welcome(acme, ana.id, now=FRIDAY)
    do(acme, bo, Verb.COMPLETED, course, FRIDAY + timedelta(hours=1))
    do(acme, bo, Verb.LIKED, course, FRIDAY + timedelta(hours=1))

    assert send_digests(acme, now=MONDAY.replace(hour=7)) == 0
    assert send_digests(acme, now=MONDAY) == 1
    assert send_digests(acme, now=MONDAY + timedelta(hours=1)) == 0
    (mail,) = mails("learner_digest")
    assert mail.recipient == "ana.silva@example.com"
    assert "Bo Adams completed Knife skills" in mail.body
    assert "Before" not in mail.body
    assert "liked" not in mail.body
    choose(acme.pk, ana.id, {"digest": "daily", "likes": "mail"})
    do(acme, bo, Verb.LIKED, make_content(acme, "Later"), MONDAY + timedelta(hours=2))
    assert send_digests(acme, now=MONDAY + timedelta(days=1)) == 1
    assert "Bo Adams liked Later" in mails("learner_digest")[1].body
    assert "Knife" not in mails("learner_digest")[1].body
    assert send_digests(acme, now=MONDAY + timedelta(days=2)) == 0

    counts = []
    for number in (1, 40):
        for one in range(number):
            person = add_learner(acme, 200 + 100 * number + one, f"P{number}x{one}", "Many", manager_id=9)
            welcome(acme, person.id, now=FRIDAY)
        do(acme, bo, Verb.COMPLETED, make_content(acme, f"New {number}"), MONDAY + timedelta(days=7 * number - 1))
        with CaptureQueriesContext(connection) as statements:
            assert send_digests(acme, now=MONDAY + timedelta(days=7 * number)) >= number
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_share_is_mailed_at_once_but_in_quiet_hours(
    acme: Organization, team: tuple[Learner, Learner, Learner], course: Content
) -> None:
    """Once each; after quiet hours; not beyond the day's limit; not to who wants none or may not sign in."""
    ana, bo, cy = team
    choose(acme.pk, cy.id, {"quiet_from": 9, "quiet_until": 12})

    def show(*people: Learner, now: datetime = FRIDAY) -> None:
        share(acme, ana, course.pk, With([one.id for one in people]), note="Look\nhere", now=now)
        mail_waiting(acme, now=now)
        mail_waiting(acme, now=now)

    show(bo, cy)
    assert [mail.recipient for mail in mails("learner_share")] == ["bo.adams@example.com"]
    assert "Ana Silva shared this with you" in mails("learner_share")[0].body
    assert "  > Look\n  > here" in mails("learner_share")[0].body
    assert mail_waiting(acme, now=FRIDAY + timedelta(hours=3)) == 1
    assert mails("learner_share")[1].recipient == "cy.young@example.com"
    choose(acme.pk, cy.id, {"shares": "feed"})
    show(cy)
    Organization.objects.filter(id=acme.pk).update(most_learner_mails=2)
    acme.refresh_from_db()
    show(bo)
    show(bo)
    assert len(mails("learner_share")) == 3
    assert SharedWith.objects.filter(mail_state="waiting").count() == 0
    show(bo, now=FRIDAY + timedelta(days=1))
    assert len(mails("learner_share")) == 4
    Learner.objects.filter(organization_id=acme.pk, id=bo.id).update(is_active=False)
    with pytest.raises(ShareRefused):
        show(bo, now=FRIDAY + timedelta(days=1))
    for _time in range(MOST_A_DAY):
        share(acme, ana, course.pk, With([cy.id]), now=FRIDAY + timedelta(days=2))
    with pytest.raises(ShareRefused, match="within a day"):
        show(cy, now=FRIDAY + timedelta(days=2))


def test_real_mail_carries_the_headers_of_one_click(
    acme: Organization, team: tuple[Learner, Learner, Learner], course: Content, settings: LazySettings
) -> None:
    """A mail program posts to the address in the header, and no further mail comes."""
    ana, bo, _ = team
    share(acme, ana, course.pk, With([bo.id]), now=FRIDAY)
    mail_waiting(acme, now=FRIDAY)
    (mail,) = mails("learner_share")
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        send_mail(mail.pk)
        send_mail(mail.pk)

    (message,) = mailbox.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip("<>")
    assert address.startswith(f"{settings.BASE_URL}/learn/unsubscribe/?t=")
    assert address in message.get_content()
    kept = OutboxMail.objects.get(id=mail.pk)
    assert ("Ana" in kept.body, kept.unsubscribe) == (False, "")
    posted = Client(enforce_csrf_checks=True).post(
        address.removeprefix(settings.BASE_URL), "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    )
    assert posted.status_code == 200
    share(acme, ana, course.pk, With([bo.id]), now=FRIDAY + timedelta(days=1))
    assert mail_waiting(acme, now=FRIDAY + timedelta(days=1)) == 0


def test_whoever_goes_is_gone_from_others_rows(
    acme: Organization, team: tuple[Learner, Learner, Learner], course: Content
) -> None:
    """Erased people are followed by nobody, and what they shared is on nobody's home."""
    ana, bo, _ = team
    follow(acme.pk, bo.id, ana.id, now=FRIDAY)
    share(acme, ana, course.pk, With([bo.id]), now=FRIDAY)
    with connection.cursor() as cursor:
        remove_people(cursor, acme.pk, [ana.id], at=FRIDAY)
    assert not any(model.objects.exists() for model in (Follow, Share, SharedWith))


def test_a_merge_keeps_ties_and_an_erasure_empties_notes(
    acme: Organization, team: tuple[Learner, Learner, Learner], course: Content
) -> None:
    """The record that stays follows, is followed and was shown what the other was; a note forgets an address."""
    ana, bo, cy = team
    follow(acme.pk, bo.id, ana.id, now=FRIDAY)
    follow(acme.pk, ana.id, bo.id, now=FRIDAY)
    follow(acme.pk, cy.id, bo.id, now=FRIDAY)
    share(acme, ana, course.pk, With([bo.id]), note="Ask di.boss@example.com", now=FRIDAY)
    move_learning(acme, {bo.id: cy.id}, now=FRIDAY)
    assert set(Follow.objects.filter(learner_id__in=[ana.id, cy.id]).values_list("learner_id", "followed_id")) == {
        (ana.id, bo.id),
        (ana.id, cy.id),
        (cy.id, bo.id),
        (cy.id, ana.id),
    }
    assert SharedWith.objects.get(learner_id=cy.id).mail_state == "left"
    assert forget_notes(acme, Keys.of(9, ["di.boss@example.com"], [])) == 1
    assert Share.objects.get().note == ""


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [((None, None), set()), ((5, 5), set()), ((22, 7), {22, 23, 0, 1, 2, 3, 4, 5, 6}), ((9, 12), {9, 10, 11})],
)
def test_quiet_hours(hours: tuple[Any, Any], quiet: set[int]) -> None:
    """They may reach over midnight."""
    choices = LearnerChoices(quiet_from=hours[0], quiet_until=hours[1])
    assert {hour for hour in range(24) if is_quiet(choices, hour)} == quiet


def test_groups_of_too_many_are_not_shared_with(
    acme: Organization, team: tuple[Learner, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person more than there may be is a crowd, and no statement is needed for each group."""
    ana, bo, cy = team
    monkeypatch.setattr(sharing, "MOST_PEOPLE", 2)
    pair = make_group(acme, "Pair", ana, bo)
    make_group(acme, "Crowd", ana, bo, cy)
    make_group(acme, "Others", bo, cy)
    with CaptureQueriesContext(connection) as asked:
        assert groups_to_share_with(acme.pk, ana.id) == [pair]
    assert len(asked) == 1
