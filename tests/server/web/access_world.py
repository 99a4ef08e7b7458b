"""Something of each kind in an organization, and the addresses that name it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Erasure, Learner
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.learning.models import ActivityImport, Assignment, Content, ContentImport, RecommendationRule
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Admin, Invitation, Organization, Role
from orgsync.server.orgs.pictures import set_logo
from orgsync.server.tokens.models import Application
from orgsync.server.uploads.models import ErasureRequest
from tests.job_world import make_admin, make_job, make_media, make_token
from tests.server.web.access_tables import ASSIGNMENT, CONTENT, GROUP, POOL

OF_LEARNER = ("learner", "learner-edit", "learner-change", "learner-erase", "learner-invite")
OUT_OF_REACH = {"group-why", "job-download", "upload-preview"}
"""Pages that need what this world has not: a transaction of their own, or a file."""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="8" fill="#0b6e6e"/></svg>'

Address = Callable[[str], str]
Ids = Mapping[str, object]


def ids_of_acme(acme: Organization) -> dict[str, Ids]:
    """Make something of each kind; return what each page's address has to name, by the page's name."""
    parts = (_jobs, _people, _settings, _admins, _content, _erasures)
    return {name: ids for part in parts for names, ids in part(acme) for name in names}


def plant(acme: Organization, word: str) -> None:
    """Put a word into every name and text of what `ids_of_acme` has made."""
    key = word.casefold()
    named: dict[str, dict[str, str]] = {
        "group_set": {"name": word, "name_key": key},
        "content_set": {"title": word, "title_key": key, "provider": word, "description": word},
        "recommendationrule_set": {"value": word, "value_key": key, "skill": word},
        "outboxmail_set": {"subject": word, "body": word},
        "webhook_set": {"url": f"https://example.com/{word}"},
    }
    named |= {name: {"name": word} for name in ("pool_set", "application_set", "feed_set", "accesstoken_set")}
    named |= {name: {"file_name": word} for name in ("contentimport_set", "activityimport_set", "media_set")}
    for name, values in named.items():
        getattr(acme, name).update(**values)
    people = ("preferred_first_name", "preferred_last_name", "work_title", "department_name", "unique_user_id")
    Learner.objects.filter(organization_id=acme.pk).update(**dict.fromkeys(people, word))


def _jobs(acme: Organization) -> Iterator[tuple[tuple[str, ...], Ids]]:
    token = make_token(acme)
    job = make_job(token, JobStatus.HELD, held_at=timezone.now())
    application = Application.objects.create(
        organization=acme, name="Console", client_id="console", secret_digest=b"digest", created_at=timezone.now()
    )
    yield ("upload-template",), {"kind": "users"}
    yield ("upload-preview",), {"media": make_media(token).public_id}
    yield ("job", "job-progress", "job-plan", "job-decide", "job-undo"), {"job": job.public_id}
    yield ("job-download",), {"job": job.public_id, "what": "source"}
    yield ("feed",), {"feed": token.feed_id}
    yield ("token-revoke", "token-rotate"), {"token": token.pk}
    yield ("application-rotate", "application-revoke"), {"application": application.pk}


def _people(acme: Organization) -> Iterator[tuple[tuple[str, ...], Ids]]:
    Learner.objects.create(
        organization_id=acme.pk,
        id=1,
        primary_email_address="ana@example.com",
        email_key="ana@example.com",
        created_at=timezone.now(),
    )
    group = acme.group_set.create(name="Cooks", name_key="cooks", created_at=timezone.now())
    pool = acme.pool_set.create(key="license_english_status", name="English")
    yield OF_LEARNER, {"learner_id": 1}
    yield tuple(GROUP), {"group": group.pk}
    yield ("group-why",), {"group": group.pk, "learner_id": 1}
    yield tuple(POOL), {"pool": pool.pk}
    yield ("duplicate",), {"one": 1, "other": 2}


def _content(acme: Organization) -> Iterator[tuple[tuple[str, ...], Ids]]:
    now = timezone.now()
    course = Content.objects.create(organization=acme, key="a", title="A", title_key="a", created_at=now)
    assignment = Assignment.objects.create(
        organization=acme, content_id=course.pk, audience="everybody", made_at=now, begun_at=now
    )
    activity_file = ActivityImport.objects.create(organization=acme, file_name="a.csv", source=b"", made_at=now)
    file = ContentImport.objects.create(organization=acme, file_name="a.csv", source=b"key,title\n", made_at=now)
    rule = RecommendationRule.objects.create(
        organization=acme, attribute="work_title", value="Cook", value_key="cook", skill="Cutting", made_at=now
    )
    yield tuple(CONTENT), {"content": course.pk}
    yield tuple(ASSIGNMENT), {"assignment": assignment.pk}
    yield ("content-import",), {"number": file.pk}
    yield ("activity-import",), {"number": activity_file.pk}
    yield ("recommendation-remove",), {"rule": rule.pk}
    yield ("reports-download",), {"form": "csv"}


def _settings(acme: Organization) -> Iterator[tuple[tuple[str, ...], Ids]]:
    set_logo(acme, LOGO)
    webhook = Webhook.objects.create(organization=acme, url="https://example.com/", created_at=timezone.now())
    delivery = Delivery.objects.create(organization=acme, webhook=webhook, created_at=timezone.now())
    mail = OutboxMail.objects.create(
        organization=acme, kind="test", recipient="a@example.com", subject="s", body="b", created_at=timezone.now()
    )
    yield ("logo",), {"version": acme.logo_version}
    yield ("settings-section",), {"slug": "contacts"}
    yield ("webhook", "webhook-replay"), {"webhook": webhook.pk}
    yield ("delivery",), {"webhook": webhook.pk, "delivery": delivery.pk}
    yield ("outbox-mail",), {"mail": mail.pk}


def _admins(acme: Organization) -> Iterator[tuple[tuple[str, ...], Ids]]:
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
    yield ("admin",), {"admin": Admin.objects.get(organization=acme, account__email="eve@example.com").pk}
    yield ("invitation-withdraw",), {"invitation": invitation.pk}


def _erasures(acme: Organization) -> Iterator[tuple[tuple[str, ...], Ids]]:
    erasure = Erasure.objects.create(organization=acme, learner_id=9, at=timezone.now())
    asked = ErasureRequest.objects.create(organization=acme, learner_ids=[1], created_at=timezone.now())
    yield ("erasure", "erasure-lift"), {"number": erasure.pk}
    yield ("erasure-request", "erasure-decide"), {"number": asked.pk}
