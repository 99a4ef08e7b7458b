"""What is recommended: rules first, then what colleagues do more than others; never what one has, and always why."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Affinity, AssignmentState, Content, LearnerAssignment, Verb
from orgsync.server.learning.recommending.choosing import recommend
from orgsync.server.learning.recommending.rules import RuleRefused, Wanted, count_people, make_rule, values_of
from orgsync.server.learning.recommending.scoring import score_organization
from orgsync.server.orgs.models import Organization
from tests.job_world import NOW, make_admin, make_organization
from tests.server.learning.colleague_world import curate, do, make_content, make_group
from tests.server.web.test_learners import add_learner

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return make_organization()


@pytest.fixture
def people(acme: Organization) -> dict[str, list[Learner]]:
    """Ten cooks and thirty others."""
    cooks = [add_learner(acme, n, f"C{n}", "Ook", department_name="Kitchen") for n in range(1, 11)]
    others = [add_learner(acme, n, f"O{n}", "Ther", department_name="Office") for n in range(11, 41)]
    return {"Kitchen": cooks, "Office": others}


def titles(organization: Organization, learner: Learner) -> list[str]:
    return [one.content.title for one in recommend(organization, learner)]


def test_colleagues_recommend_what_they_do_more_than_others(
    acme: Organization, people: dict[str, list[Learner]]
) -> None:
    """Not what everybody does; not what one has done; not what too few did; with figures that can be checked."""
    knives, safety, rare = (make_content(acme, title) for title in ("Knives", "Safety", "Rare"))
    for one in people["Kitchen"][:6]:
        do(acme, one, Verb.COMPLETED, knives)
    for one in [*people["Kitchen"][:8], *people["Office"][:24]]:
        do(acme, one, Verb.COMPLETED, safety)
    for one in people["Kitchen"][:2]:
        do(acme, one, Verb.LIKED, rare)

    score_organization(acme, now=NOW)

    newcomer, veteran, clerk = people["Kitchen"][9], people["Kitchen"][0], people["Office"][0]
    (only,) = recommend(acme, newcomer)
    assert only.content == knives
    assert only.why == "6 of 10 people in Kitchen completed or liked it; elsewhere 0 of 30."
    assert titles(acme, veteran) == titles(acme, clerk) == []
    assert not Affinity.objects.filter(content_id__in=[rare.pk, safety.pk]).exists()


def test_old_deeds_count_less(acme: Organization, people: dict[str, list[Learner]]) -> None:
    """What five did lately goes before what seven did years ago."""
    new, old = make_content(acme, "New"), make_content(acme, "Old")
    for one in people["Kitchen"][:7]:
        do(acme, one, Verb.COMPLETED, old, NOW - timedelta(days=1000))
    for one in people["Kitchen"][:5]:
        do(acme, one, Verb.COMPLETED, new, NOW)
    score_organization(acme, now=NOW)
    assert titles(acme, people["Kitchen"][9])[0] == "New"


def test_what_one_sees_has_or_is_assigned_decides(acme: Organization, people: dict[str, list[Learner]]) -> None:
    """Curated for others, archived, begun, assigned: never recommended."""
    contents = {name: make_content(acme, name) for name in ("Open", "Hidden", "Archived", "Begun", "Assigned")}
    for content in contents.values():
        for one in people["Kitchen"][:6]:
            do(acme, one, Verb.COMPLETED, content)
    score_organization(acme, now=NOW)
    learner = people["Kitchen"][9]
    curate(contents["Hidden"], make_group(acme, "Chefs", people["Kitchen"][0]))
    Content.objects.filter(id=contents["Archived"].pk).update(archived_at=NOW)
    do(acme, learner, Verb.VIEWED, contents["Begun"])
    LearnerAssignment.objects.create(
        organization_id=acme.pk,
        learner_id=learner.id,
        assignment_id=1,
        content_id=contents["Assigned"].pk,
        state=AssignmentState.OPEN,
        since=NOW,
    )
    assert titles(acme, learner) == ["Open"]


def test_rules_come_first_and_are_counted(acme: Organization, people: dict[str, list[Learner]]) -> None:
    """By content or by skill, however the value is spelled; a rule that says nothing is refused."""
    by = make_admin(acme, "alice@example.com")
    knives, hygiene = make_content(acme, "Knives"), make_content(acme, "Hygiene", skills=["Cleaning"])
    Learner.objects.filter(organization_id=acme.pk, id=1).update(department_name="KITCHEN")
    for one in people["Kitchen"][:6]:
        do(acme, one, Verb.COMPLETED, knives)
    score_organization(acme, now=NOW)

    make_rule(acme, Wanted("department_name", "kitchen", skill="Cleaning"), by=by, now=NOW)
    make_rule(acme, Wanted("department_name", "kitchen", skill="Cleaning"), by=by, now=NOW)

    assert count_people(acme.pk, "department_name", "kitchen") == 10
    assert values_of(acme.pk, "department_name") == {"Kitchen": 10, "Office": 30}
    assert titles(acme, people["Kitchen"][9]) == ["Hygiene", "Knives"]
    assert recommend(acme, people["Kitchen"][9])[0].why == "Acme recommends Cleaning to kitchen."
    assert titles(acme, people["Office"][0]) == []
    foreign = make_content(make_organization("Globex"), "Foreign")
    for wrong in (
        Wanted("email_key", "x", skill="Cleaning"),
        Wanted("department_name", " ", skill="Cleaning"),
        Wanted("department_name", "Kitchen"),
        Wanted("department_name", "Kitchen", skill="Flying"),
        Wanted("department_name", "Kitchen", content_id=hygiene.pk, skill="Cleaning"),
        Wanted("department_name", "Kitchen", content_id=foreign.pk),
    ):
        with pytest.raises(RuleRefused):
            make_rule(acme, wrong, by=by, now=NOW)


def test_many_rules_are_asked_about_at_once(acme: Organization, people: dict[str, list[Learner]]) -> None:
    """The newest rule first, the newest content of a skill first; as many statements for nine rules as for one."""
    by, learner = make_admin(acme, "alice@example.com"), people["Kitchen"][0]
    contents = [make_content(acme, f"C{n}", skills=["Cooking"] if n < 2 else []) for n in range(10)]
    make_rule(acme, Wanted("department_name", "kitchen", contents[9].pk), by=by, now=NOW)
    with CaptureQueriesContext(connection) as few:
        assert titles(acme, learner) == ["C9"]
    for content in contents[2:9]:
        make_rule(acme, Wanted("department_name", "kitchen", content.pk), by=by, now=NOW)
    make_rule(acme, Wanted("department_name", "kitchen", skill="Cooking"), by=by, now=NOW)

    with CaptureQueriesContext(connection) as many:
        assert titles(acme, learner) == ["C1", "C0", "C8", "C7", "C6", "C5"]

    assert len(many) <= len(few)
