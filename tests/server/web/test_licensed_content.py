"""Content that takes a license: an admin says so, and who has none sees why it cannot be started."""

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.server.directory.models import LicenseAssignment, LicenseState, Pool
from orgsync.server.learning.models import Content, RecommendationRule
from orgsync.server.learning.recommending.choosing import recommend
from orgsync.server.orgs.models import Organization
from tests.job_world import make_organization
from tests.server.learning.colleague_world import make_content, make_team
from tests.server.web.learner_world import signed_in_learner


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


@pytest.mark.usefixtures("acme")
def test_without_the_license_it_is_neither_started_nor_recommended(acme: Organization, alice: Client) -> None:
    """
    Seen, with the reason; the admin who assigns it reads how many could not start it; a license opens it at once.
    """
    ana, *_ = make_team(acme)
    course, browser = make_content(acme, "Negotiating", skills=["Talking"]), signed_in_learner(acme, ana)
    pool = Pool.objects.create(organization=acme, key="license_english_status", name="English")
    foreign = Pool.objects.create(organization=make_organization("Beta"), key="k", name="Theirs")
    RecommendationRule.objects.create(
        organization=acme,
        attribute="department_name",
        value="Sales",
        value_key="sales",
        skill="Talking",
        made_at=timezone.now(),
    )
    page, admin_page = f"/learn/content/{course.pk}/", f"/admin/content/{course.pk}/"
    assert [one.content for one in recommend(acme, ana)] == [course]

    assert alice.post(f"{admin_page}curate/", {"do": "license", "pool": foreign.pk}).status_code == 200
    alice.post(f"{admin_page}curate/", {"do": "license", "pool": pool.pk})

    assert "Takes a license of" in text(alice, admin_page)
    shown = text(browser, page)
    assert "a license “English”, which you do not have" in shown
    assert ("How far are you" in shown, f"{page}start/" in shown) == (False, False)
    assert browser.get(f"{page}start/")["Location"] == page
    assert browser.post(f"{page}progress/", {"percent": "100"}).status_code == 403
    assert recommend(acme, ana) == []
    LicenseAssignment.objects.create(
        organization_id=acme.pk, learner_id=ana.id, pool_id=pool.pk, state=LicenseState.ACTIVE, since=timezone.now()
    )
    asked = {"whom": "everybody", "due": "never"}
    assigned = alice.post(f"{admin_page}assign/", asked, follow=True).content.decode()
    assert "3 of 4 have no license “English”" in assigned
    assert [one.content for one in recommend(acme, ana)] == [course]
    assert browser.get(f"{page}start/")["Location"] == Content.objects.get(pk=course.pk).url
