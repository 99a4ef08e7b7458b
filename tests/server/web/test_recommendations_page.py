"""Content › Recommendations: rules are made with a count in sight, listed, exported, removed."""

import pytest
from django.test import Client

from orgsync.server.audit.models import AuditEntry
from orgsync.server.learning.models import RecommendationRule
from orgsync.server.orgs.models import Admin, Organization, Role
from tests.server.learning.colleague_world import make_content, make_team
from tests.server.web.conftest import signed_in
from tests.server.web.learner_world import signed_in_learner

PAGE = "/admin/content/recommendations/"


@pytest.mark.usefixtures("acme")
def test_rule_is_made_seen_by_the_learner_and_removed(acme: Organization, alice: Client, bob: Client) -> None:
    """The count follows the value; the learner reads the admin's words; a formula in them stays text in the export."""
    ana, *_ = make_team(acme)
    content = make_content(acme, "Negotiating", skills=["Talking"])
    assert (
        "2 people have this value" in alice.get(f"{PAGE}count/?attribute=department_name&value=sALES").content.decode()
    )
    assert "No rule yet" in alice.get(PAGE).content.decode()
    refused = alice.post(PAGE, {"attribute": "department_name", "value": "Sales"}).content.decode()
    assert "Name content or a skill" in refused
    given = {"attribute": "department_name", "value": "Sales", "content_id": content.pk, "why": "=For you"}
    assert alice.post(PAGE, given).status_code == 302
    alice.post(PAGE, {"attribute": "work_title", "value": "Cook", "skill": "Talking"})

    page = bob.get(PAGE).content.decode()
    assert "Department name: Sales" in page
    assert "New rule" not in page
    assert bob.post(PAGE, given).status_code == 403
    assert "Cook" not in bob.get(PAGE, {"q": "sal"}).content.decode()
    home = signed_in_learner(acme, ana).get("/learn/").content.decode()
    assert "=For you" in home
    csv = b"".join(alice.get(f"{PAGE}download/")).decode()
    assert "'=For you" in csv
    rule = RecommendationRule.objects.get(value="Sales")
    alice.post(f"{PAGE}{rule.pk}/remove/")
    assert "=For you" not in signed_in_learner(acme, ana).get("/learn/").content.decode()
    actions = AuditEntry.objects.filter(action__startswith="recommendation_rule").order_by("number")
    assert [entry.action.rsplit("_", 1)[1] for entry in actions] == ["made", "made", "removed"]


def test_limited_sub_admin_looks_and_makes_no_rule(acme: Organization) -> None:
    """A rule reaches people whom they do not see."""
    sub = signed_in(acme, "sub@example.com", Role.SUB_ADMIN)
    group = acme.group_set.create(name="Sales", name_key="sales", created_at="2026-01-01T00:00Z")
    Admin.objects.filter(account__email="sub@example.com").update(grants={"recommend_content": [group.pk]})
    assert sub.get(PAGE).status_code == 200
    assert sub.post(PAGE, {"attribute": "department_name", "value": "x", "skill": "y"}).status_code == 403
    assert sub.get(f"{PAGE}count/").status_code == 403
