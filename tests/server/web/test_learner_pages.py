"""Learner pages: who may see which, what they show, and what can be done on them, without a script."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgsync.server.directory.models import Learner
from orgsync.server.learning.about import sections_about
from orgsync.server.learning.models import (
    Activity,
    AssignmentState,
    Content,
    ContentPart,
    LearnerAssignment,
    LearnerChoices,
    Progress,
    SharedWith,
    Verb,
)
from orgsync.server.learning.telling.choices import MailKind, Unsubscribing, unsubscribe_token
from orgsync.server.orgs.models import Organization
from orgsync.server.web.learn.urls import urlpatterns
from tests.job_world import make_organization
from tests.server.learning.colleague_world import curate, do, make_content, make_group, make_team
from tests.server.web.learner_world import add_learner, signed_in_learner

OPEN = {"sign-in", "asked", "enter", "onward", "sign-out", "unsubscribe"}
"""Pages before signing in."""
POSTED = {"progress", "like", "end-sessions"}
OF_CONTENT = {"content", "start", "progress", "like", "share"}
PAGES = {"home", "mine", "catalogue", "colleagues", "settings", "stored", "stored-download", "branding-css", "logo"}


@pytest.fixture
def team(acme: Organization) -> tuple[Learner, Learner, Learner]:
    return make_team(acme)


@pytest.fixture
def ana(acme: Organization, team: tuple[Learner, Learner, Learner]) -> Client:
    return signed_in_learner(acme, team[0])


@pytest.fixture
def course(acme: Organization) -> Content:
    return make_content(acme, "Knife skills", skills=["Cutting"], provider="School", seconds=5400)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def address(name: str, content: int = 1) -> str:
    return reverse(
        f"learn:{name}",
        kwargs={"content": content} if name in OF_CONTENT else {"version": "a"} if name == "logo" else None,
    )


def assign(organization: Organization, learner: Learner, content: Content, number: int, days: int) -> None:
    LearnerAssignment.objects.create(
        organization_id=organization.pk,
        learner_id=learner.id,
        assignment_id=number,
        content_id=content.pk,
        state=AssignmentState.OPEN,
        since=timezone.now(),
        due_on=(timezone.now() + timedelta(days=days)).date(),
    )


def test_every_address_is_in_a_table() -> None:
    """A new page has to say here who may see it."""
    assert {pattern.name for pattern in urlpatterns} == OPEN | PAGES | OF_CONTENT | {"end-sessions"}


def test_nobody_sees_anything_without_a_learners_session(client: Client, alice: Client, course: Content) -> None:
    """Neither a stranger nor an admin; a page that changes something takes only a POST."""
    for who in (client, alice):
        for name in sorted(PAGES | OF_CONTENT | {"end-sessions"}):
            path = address(name, course.pk)
            answer = (who.post if name in POSTED else who.get)(path)
            assert (answer.status_code, answer["Location"]) == (302, "/learn/sign-in/"), name


def test_content_of_others_is_not_found(acme: Organization, ana: Client, team: tuple[Learner, ...]) -> None:
    """Of another organization, curated for another group, archived: all the same as none, on every page."""
    foreign = make_content(make_organization("Globex"), "Foreign")
    hidden = make_content(acme, "Secret sauce")
    curate(hidden, make_group(acme, "Chefs", team[2]))
    gone = make_content(acme, "Old", archived_at=timezone.now())
    for content in (foreign, hidden, gone):
        for name in sorted(OF_CONTENT):
            path = address(name, content.pk)
            answer = (ana.post if name in POSTED else ana.get)(path, {"percent": "100", "likes": "yes"})
            assert answer.status_code == 404, (name, content)
    shown = text(ana, "/learn/catalogue/") + text(ana, "/learn/catalogue/?q=s")
    assert not any(title in shown for title in ("Foreign", "Secret sauce", "Old"))
    assert not Progress.objects.exists()
    assert "Secret sauce" in text(signed_in_learner(acme, team[2]), "/learn/catalogue/")
    assign(acme, team[0], hidden, 1, 5)
    assert "Secret sauce" in text(ana, f"/learn/content/{hidden.pk}/")
    assert ana.get("/learn/content/1/like/").status_code == 405


def test_a_learner_works_through_a_path(
    acme: Organization, ana: Client, team: tuple[Learner, ...], course: Content
) -> None:
    """Due dates, start by a redirect that is noted, progress, completion; the path is done with its last part."""
    second = make_content(acme, "Sauces", url="javascript:alert(1)")
    path = make_content(acme, "Become a cook", kind="path", url="")
    for position, part in enumerate((course, second), 1):
        ContentPart.objects.create(organization_id=acme.pk, whole_id=path.pk, position=position, part_id=part.pk)
    assign(acme, team[0], path, 1, -2)
    assign(acme, team[0], course, 2, 3)

    home = text(ana, "/learn/")
    assert "One thing is overdue." in home
    assert home.index("Become a cook") < home.index("Knife skills")
    page = text(ana, f"/learn/content/{path.pk}/")
    assert "Next: Knife skills" in page
    assert "0 of 2 completed" in page
    started = ana.get(f"/learn/content/{course.pk}/start/")
    ana.get(f"/learn/content/{course.pk}/start/")
    assert (started.status_code, started["Location"]) == (302, course.url)
    assert Activity.objects.filter(verb=Verb.VIEWED).count() == 1
    assert ana.get(f"/learn/content/{second.pk}/start/").status_code == 404
    assert "Go on with" in text(ana, "/learn/")
    ana.post(f"/learn/content/{course.pk}/progress/", {"percent": "50"})
    assert "50 % done" in text(ana, f"/learn/content/{course.pk}/")
    assert ana.post(f"/learn/content/{course.pk}/progress/", {"percent": "101"}).status_code == 302
    ana.post(f"/learn/content/{course.pk}/progress/", {"percent": "100"})
    assert "1 of 2 completed" in text(ana, f"/learn/content/{path.pk}/")
    ana.post(f"/learn/content/{second.pk}/progress/", {"percent": "100"})
    done = Progress.objects.filter(organization_id=acme.pk, completed_at__isnull=False)
    assert {one.content_id for one in done} == {course.pk, second.pk, path.pk}
    assert "How far are you" not in text(ana, f"/learn/content/{course.pk}/")
    assert "Completed (" in text(ana, "/learn/to-do/?show=done")
    Organization.objects.filter(id=acme.pk).update(learners_report_progress=False)
    assert ana.post(f"/learn/content/{course.pk}/progress/", {"percent": "100"}).status_code == 403


def test_likes_with_and_without_a_script(ana: Client, course: Content) -> None:
    """A form leads back to the page; with htmx the button alone comes back. Twice is once."""
    path = f"/learn/content/{course.pk}/like/"
    assert ana.post(path, {"likes": "yes"})["Location"] == f"/learn/content/{course.pk}/"
    ana.post(path, {"likes": "yes"})
    assert Activity.objects.filter(verb=Verb.LIKED).count() == 1
    assert 'aria-pressed="true"' in text(ana, f"/learn/content/{course.pk}/")
    part = ana.post(path, {"likes": "no"}, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith("<form")
    assert 'aria-pressed="false"' in part


def test_catalogue_is_searched_and_paged(acme: Organization, ana: Client, course: Content) -> None:
    """By title, kind and skill; next and previous; as many statements whatever the number of rows."""
    for number in range(30):
        make_content(acme, f"Course {number:02}")
    first = text(ana, "/learn/catalogue/?q=course")
    after = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = text(ana, f"/learn/catalogue/{after}")
    before = second.split('rel="prev" href="')[1].split('"')[0].replace("&amp;", "&")
    assert ("Course 23" in first, "Course 24" in first, "Course 24" in second) == (True, False, True)
    assert "Course 00" in text(ana, f"/learn/catalogue/{before}")
    assert "Knife skills" in text(ana, "/learn/catalogue/?skill=Cutting")
    assert "Nothing fits" in text(ana, "/learn/catalogue/?skill=Cutting&kind=path")
    with CaptureQueriesContext(
        connection,
    ) as many:
        text(ana, "/learn/catalogue/")
    with CaptureQueriesContext(connection) as few:
        text(ana, "/learn/catalogue/?q=knife")
    assert len(many) == len(few)


def test_sharing_with_chosen_people_or_a_group(
    acme: Organization, ana: Client, team: tuple[Learner, ...], course: Content
) -> None:
    """Found by name; whoever cannot see it is passed over; the note arrives, and is text, not markup."""
    _, bo, cy = team
    group = make_group(acme, "Cooks", team[0], cy)
    stranger = make_group(acme, "Others", cy)
    page = f"/learn/content/{course.pk}/share/"
    assert "Bo Adams" in text(ana, f"{page}?q=ada")
    assert "bo.adams@example.com" not in text(ana, f"{page}?q=ada")
    assert "Choose somebody" in ana.post(page, {}, follow=True).content.decode()
    assert "one of your own groups" in ana.post(page, {"group": stranger.pk}, follow=True).content.decode()
    done = ana.post(page, {"who": [bo.id, 99], "note": "<b>Look</b>"}, follow=True).content.decode()
    assert "Shared with one colleague." in done
    ana.post(page, {"group": group.pk})
    assert set(SharedWith.objects.values_list("learner_id", flat=True)) == {bo.id, cy.id}
    home = text(signed_in_learner(acme, bo), "/learn/")
    assert "Shared with you" in home
    assert "&lt;b&gt;Look&lt;/b&gt;" in home
    curate(course, group)
    assert "Nobody of them can see it" in ana.post(page, {"who": [bo.id]}, follow=True).content.decode()
    assert "Knife skills" not in text(signed_in_learner(acme, bo), "/learn/")
    Organization.objects.filter(id=acme.pk).update(tells_colleagues=False)
    assert ana.get(page).status_code == 404


def test_following_and_news(acme: Organization, ana: Client, team: tuple[Learner, ...], course: Content) -> None:
    """A peer's like is told, a stranger's only to who follows them; a stranger of elsewhere cannot be followed."""
    _, bo, cy = team
    now = timezone.now()
    do(acme, bo, Verb.LIKED, course, now)
    do(acme, cy, Verb.COMPLETED, course, now)
    assert "Bo Adams likes" in text(ana, "/learn/")
    assert "Cy Young" not in text(ana, "/learn/")
    assert "Follow" in text(ana, "/learn/colleagues/?q=cy")
    ana.post("/learn/colleagues/", {"who": cy.id})
    assert "Cy Young has completed" in text(ana, "/learn/")
    ana.post("/learn/colleagues/", {"who": cy.id, "do": "unfollow"})
    assert "Cy Young" not in text(ana, "/learn/")
    add_learner(make_organization("Globex"), 77, "Zed", "Far")
    assert [ana.post("/learn/colleagues/", {"who": who}).status_code for who in (77, 1, "x", "9" * 30)] == [404] * 4


def test_choices_are_kept_and_stopped_by_one_click(acme: Organization, ana: Client, team: tuple[Learner, ...]) -> None:
    """The form says what it does; the mail's link asks on GET, and stops on a POST without cookie or token."""
    given = {"likes": "none", "completions": "feed", "shares": "mail", "digest": "daily", "quiet_from": "20"}
    assert "Give both hours" in ana.post("/learn/settings/", given).content.decode()
    assert ana.post("/learn/settings/", given | {"quiet_until": "7", "is_private": "on"}).status_code == 302
    stored = LearnerChoices.objects.get(learner_id=team[0].id)
    assert (stored.likes, stored.digest, stored.quiet_from, stored.quiet_until) == ("none", "daily", 20, 7)
    assert stored.is_private
    program = Client(enforce_csrf_checks=True)
    for kind, name, value in ((MailKind.DIGEST, "digest", "off"), (MailKind.SHARES, "shares", "feed")):
        path = f"/learn/unsubscribe/?t={unsubscribe_token(Unsubscribing(acme.pk, team[0].id, kind))}"
        before = LearnerChoices.objects.values().get(learner_id=team[0].id)
        assert "Stop" in text(program, path)
        assert LearnerChoices.objects.values().get(learner_id=team[0].id) == before
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert getattr(LearnerChoices.objects.get(learner_id=team[0].id), name) == value
    assert program.post(f"{path}x").status_code == 404
    signed_in_learner(acme, team[0])
    ana.post("/learn/settings/sessions/end/")
    assert text(ana, "/learn/settings/").count("last seen") == 1


def test_everything_stored_is_shown_and_sent(
    acme: Organization, ana: Client, team: tuple[Learner, ...], course: Content
) -> None:
    """In words with counts, and as JSON with every row and no secret."""
    do(acme, team[0], Verb.COMPLETED, course)
    assert "ana.silva@example.com" in text(ana, "/learn/stored/")
    answer = ana.get("/learn/stored/download/")
    found = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert found["directory_learner"][0]["department_name"] == "Sales"
    assert found["learning_activity"][0]["verb"] == "completed"
    assert {"learning_learnersession", "learning_learnerchoices", "mails"} <= found.keys()
    assert "digest" not in found["learning_learnersession"][0]
    assert "no-store" in answer["Cache-Control"]
    counts = {one.title: one.count for one in sections_about(acme, team[0])}
    did = ("learning_activity", "learning_progress", "learning_daysum", "learning_monthsum")
    assert counts["What you did"] == sum(len(found[table]) for table in did) > 0
    assert counts["Sign-ins"] == len(found["learning_learnersession"])
