"""Who may see which page: every address of the Account Center is in this table, or a test fails."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Erasure, Learner
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.learning.models import ActivityImport, Assignment, Content, ContentImport, RecommendationRule
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.access import ROLE_PERMISSIONS, Permission
from orgsync.server.orgs.models import Account, Admin, Invitation, Organization, Role
from orgsync.server.orgs.pictures import set_logo
from orgsync.server.tokens.models import Application
from orgsync.server.uploads.models import ErasureRequest
from orgsync.server.web.urls import urlpatterns
from tests.job_world import make_admin, make_job, make_media, make_token

OPEN = {"start", "setup", "invitation", "activate"}
"""Pages that ask nobody to sign in: they lead to where the visitor belongs."""
OWN = {"organizations", "reports-save"}
"""Pages of whoever is signed in, whatever their roles: what they change is their own."""
SEEING = {
    "home",
    "help",
    "learners",
    "learners-download",
    "learner",
    "jobs",
    "jobs-download",
    "job",
    "job-progress",
    "job-plan",
    "job-download",
    "feeds",
    "feed",
    "groups",
    "groups-download",
    "group",
    "group-download",
    "group-find-why",
    "group-why",
    "licenses",
    "licenses-download",
    "license",
    "license-download",
    "contents",
    "content",
    "content-download",
    "contents-download",
    "assignments",
    "assignments-download",
    "assignment",
    "assignment-download",
    "reports",
    "reports-people",
    "reports-story",
    "reports-download",
    "branding-css",
    "logo",
    "recommendations",
    "recommendations-download",
}
CHANGING = {
    "upload",
    "upload-template",
    "upload-preview",
    "authenticate",
    "token-revoke",
    "job-decide",
    "job-undo",
    "learners-change",
    "learner-add",
    "learner-edit",
    "learner-change",
    "learner-erase",
    "learner-invite",
    "erasures",
    "erasure",
    "erasure-lift",
    "erasure-request",
    "erasure-decide",
    "deletion",
    "admins",
    "admins-download",
    "admin",
    "invitation-withdraw",
    "audit",
    "audit-download",
    "audit-verify",
    "token-rotate",
    "applications",
    "applications-download",
    "application-rotate",
    "application-revoke",
    "single-sign-on",
    "outbox",
    "outbox-mail",
    "recommendations-count",
    "recommendation-remove",
    "group-rule-new",
    "group-people",
    "group-rule",
    "license-people",
    "license-invite",
    "content-new",
    "content-edit",
    "content-curate",
    "content-archive",
    "content-assign",
    "content-imports",
    "activity-imports",
    "activity-import",
    "activity-template",
    "content-template",
    "content-import",
    "duplicates",
    "duplicates-download",
    "duplicate",
    "spellings",
    "settings",
    "settings-section",
    "settings-branding",
    "settings-guards",
    "settings-blackouts",
    "settings-blackout-remove",
    "settings-mail-test",
    "settings-mail-outcome",
    "settings-told",
    "settings-webhooks",
    "settings-sandbox",
    "webhook",
    "webhook-replay",
    "delivery",
}
WITH_ID = {"learner", "upload-preview", "job", "job-progress", "job-plan", "job-download", "job-decide", "feed"} | {
    "token-revoke",
    "token-rotate",
    "application-rotate",
    "application-revoke",
    "admin",
    "invitation-withdraw",
    "outbox-mail",
    "learner-edit",
    "learner-change",
    "job-undo",
    "logo",
    "learner-erase",
    "learner-invite",
    "erasure",
    "erasure-lift",
    "erasure-request",
    "erasure-decide",
    "webhook",
    "webhook-replay",
    "delivery",
}
GROUP = {"group", "group-download", "group-people", "group-rule", "group-find-why", "group-why"}
POOL = {"license", "license-download", "license-people", "license-invite"}
CONTENT = {
    "content",
    "content-download",
    "content-edit",
    "content-curate",
    "content-archive",
    "content-assign",
}
ASSIGNMENT = {"assignment", "assignment-download"}
WITH_ID |= (
    GROUP | POOL | CONTENT | ASSIGNMENT | {"duplicate", "content-import", "activity-import", "recommendation-remove"}
)
POSTED = {
    "job-decide",
    "token-revoke",
    "application-revoke",
    "learner-change",
    "job-undo",
    "erasure-lift",
    "erasure-decide",
} | {
    "settings-blackout-remove",
    "settings-mail-test",
    "webhook-replay",
    "invitation-withdraw",
    "recommendation-remove",
    "audit-verify",
    "learner-invite",
    "license-invite",
    "content-archive",
    "reports-save",
}

_OF_LEARNER = ("learner", "learner-edit", "learner-change", "learner-erase", "learner-invite")
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="8" fill="#0b6e6e"/></svg>'

Address = Callable[[str], str]


@pytest.fixture
def address(acme: Organization) -> Address:
    """Give the address of each page, with the ids of something of Acme."""
    token = make_token(acme)
    application = Application.objects.create(
        organization=acme, name="Console", client_id="console", secret_digest=b"digest", created_at=timezone.now()
    )
    job = make_job(token, JobStatus.HELD, held_at=timezone.now())
    media = make_media(token)
    Learner.objects.create(
        organization_id=acme.pk,
        id=1,
        primary_email_address="ana@example.com",
        email_key="ana@example.com",
        created_at=timezone.now(),
    )
    set_logo(acme, LOGO)
    group = acme.group_set.create(name="Cooks", name_key="cooks", created_at=timezone.now())
    pool = acme.pool_set.create(key="license_english_status", name="English")
    course = Content.objects.create(organization=acme, key="a", title="A", title_key="a", created_at=timezone.now())
    assignment = Assignment.objects.create(
        organization=acme, content_id=course.pk, audience="everybody", made_at=timezone.now(), begun_at=timezone.now()
    )
    activity_file = ActivityImport.objects.create(
        organization=acme, file_name="a.csv", source=b"", made_at=timezone.now()
    )
    file = ContentImport.objects.create(
        organization=acme, file_name="a.csv", source=b"key,title\n", made_at=timezone.now()
    )
    webhook = Webhook.objects.create(organization=acme, url="https://example.com/", created_at=timezone.now())
    delivery = Delivery.objects.create(organization=acme, webhook=webhook, created_at=timezone.now())
    mail = OutboxMail.objects.create(
        organization=acme, kind="test", recipient="a@example.com", subject="s", body="b", created_at=timezone.now()
    )
    erasure = Erasure.objects.create(organization=acme, learner_id=9, at=timezone.now())
    asked = ErasureRequest.objects.create(organization=acme, learner_ids=[1], created_at=timezone.now())
    make_admin(acme, "eve@example.com", Role.READ_ONLY)
    invitation = Invitation.objects.create(
        organization=acme,
        email="fred@example.com",
        email_key="fred@example.com",
        role=Role.READ_ONLY,
        digest=b"digest",
        created_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )
    rule = RecommendationRule.objects.create(
        organization=acme,
        attribute="work_title",
        value="Cook",
        value_key="cook",
        skill="Cutting",
        made_at=timezone.now(),
    )
    ids: dict[str, dict[str, object]] = {
        **{name: {"learner_id": 1} for name in _OF_LEARNER},
        **{name: {"group": group.pk} for name in GROUP},
        "group-why": {"group": group.pk, "learner_id": 1},
        **{name: {"pool": pool.pk} for name in POOL},
        **{name: {"content": course.pk} for name in CONTENT},
        **{name: {"assignment": assignment.pk} for name in ASSIGNMENT},
        "content-import": {"number": file.pk},
        "activity-import": {"number": activity_file.pk},
        "duplicate": {"one": 1, "other": 2},
        "upload-template": {"kind": "users"},
        "upload-preview": {"media": media.public_id},
        "job": {"job": job.public_id},
        "job-progress": {"job": job.public_id},
        "job-plan": {"job": job.public_id},
        "job-download": {"job": job.public_id, "what": "source"},
        "job-decide": {"job": job.public_id},
        "job-undo": {"job": job.public_id},
        "feed": {"feed": token.feed_id},
        **{name: {"number": erasure.pk} for name in ("erasure", "erasure-lift")},
        **{name: {"number": asked.pk} for name in ("erasure-request", "erasure-decide")},
        "token-revoke": {"token": token.pk},
        "token-rotate": {"token": token.pk},
        **{name: {"application": application.pk} for name in ("application-rotate", "application-revoke")},
        "outbox-mail": {"mail": mail.pk},
        "admin": {"admin": Admin.objects.get(organization=acme, account__email="eve@example.com").pk},
        "invitation-withdraw": {"invitation": invitation.pk},
        "settings-section": {"slug": "contacts"},
        "webhook": {"webhook": webhook.pk},
        "webhook-replay": {"webhook": webhook.pk},
        "delivery": {"webhook": webhook.pk, "delivery": delivery.pk},
        "reports-download": {"form": "csv"},
        "logo": {"version": acme.logo_version},
        "recommendation-remove": {"rule": rule.pk},
    }
    return lambda name: reverse(f"web:{name}", kwargs=ids.get(name))


def status(client: Client, name: str, path: str) -> int:
    return (client.post if name in POSTED else client.get)(path).status_code


def test_every_address_is_in_the_table() -> None:
    """
    A new page has to say here who may see it.
    """
    assert {pattern.name for pattern in urlpatterns} == OPEN | OWN | SEEING | CHANGING


@pytest.mark.parametrize("name", sorted(OWN | SEEING | CHANGING))
def test_nobody_sees_anything_without_sign_in(client: Client, address: Address, name: str) -> None:
    """
    Every page leads to the sign-in page, and comes back from there.
    """
    path = address(name)

    answer = (client.post if name in POSTED else client.get)(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_read_only_admin_changes_nothing(bob: Client, address: Address, name: str) -> None:
    """
    Pages that change something, or that show secrets, are closed to Bob.
    """
    assert status(bob, name, address(name)) == 403


@pytest.mark.parametrize("name", sorted(SEEING - WITH_ID))
def test_read_only_admin_sees_lists(bob: Client, address: Address, name: str) -> None:
    """
    Bob sees what there is.
    """
    assert status(bob, name, address(name)) == 200


@pytest.mark.parametrize("name", sorted(WITH_ID))
def test_foreign_objects_are_not_found(charlie: Client, address: Address, name: str) -> None:
    """
    An id of another organization is the same to Charlie as one that does not exist.
    """
    assert status(charlie, name, address(name)) == 404


@pytest.mark.parametrize("name", sorted((SEEING | CHANGING) - POSTED - WITH_ID))
def test_pages_are_read_with_get_and_nothing_else(alice: Client, address: Address, name: str) -> None:
    """
    DELETE and PUT reach no page.
    """
    assert alice.delete(address(name)).status_code == 405


@pytest.mark.parametrize("name", sorted(POSTED))
def test_changes_need_a_post(alice: Client, address: Address, name: str) -> None:
    """
    No link changes anything.
    """
    assert alice.get(address(name)).status_code == 405


def test_forms_need_their_token(acme: Organization, alice: Client, address: Address) -> None:
    """
    A form on another site cannot send in Alice's name.
    """
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = alice.cookies

    assert strict.post(address("job-decide"), {"decision": "approve"}).status_code == 403


def test_read_only_role_may_only_see() -> None:
    """
    Only permissions to see are given to the role.
    """
    assert {name for name in Permission if name.name.startswith("SEE_")} - {
        Permission.SEE_OUTBOX,
        Permission.SEE_AUDIT,
    } == (ROLE_PERMISSIONS[Role.READ_ONLY])


def test_admin_of_two_organizations_is_asked_which(alice: Client, acme: Organization, charlie: Client) -> None:
    """
    Nothing is shown before the choice, and the choice is kept to one's own organizations.
    """

    globex = Organization.objects.get(name="Globex")
    foreign = Organization.objects.create(name="Initech")
    Admin.objects.create(
        organization=globex, account=Account.objects.get(email="alice@example.com"), role=Role.READ_ONLY
    )

    before = alice.get("/admin/")
    alice.post("/organizations/", {"organization": foreign.pk})
    after_foreign = alice.get("/admin/")
    alice.post("/organizations/", {"organization": globex.pk})

    assert before["Location"] == after_foreign["Location"] == "/organizations/"
    assert b"Globex" in alice.get("/admin/").content
    assert alice.get("/admin/authenticate/").status_code == 403


def test_removed_admin_is_out_at_once(alice: Client, acme: Organization) -> None:
    """
    A session does not outlive the role.
    """

    Admin.objects.filter(organization=acme).delete()

    assert alice.get("/admin/")["Location"] == "/organizations/"
