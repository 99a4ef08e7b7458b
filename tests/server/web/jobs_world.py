"""An organization whose jobs its admins look at and decide on, and how a page is asked for."""

import io
import re
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.core.planfile import write_plan
from orgsync.server.orgs.models import Account, Role
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from tests import upload_world
from tests.factories import make_directory, plan_of
from tests.job_world import NOW, make_admin, make_job, make_organization, make_token

LEAVERS = {"code": "leavers", "message": "2 of 3 active people of this feed would leave.", "count": 2, "base": 3}
HISTORY = "/admin/people/sync-history/"
RESULTS = (
    "\ufeffemail,note,Status,Code,Messages\r\n"
    "a@example.com,fine,UPDATED,,\r\n"
    'bad,"two\r\nlines, ""quoted""",ERROR,invalid_email,"email is not, really"\r\n'
    "c@example.com,,UNCHANGED,,\r\n"
    "'=1,Zoë,ERROR,invalid_email,no\r\n"
)


class World:
    """An organization with Alice (owner), Dan (admin), Bob (read-only), and Charlie of another organization."""

    def __init__(self) -> None:
        self.organization = make_organization()
        self.token = make_token(self.organization)
        self.alice: Account = make_admin(self.organization, "alice@example.com", Role.OWNER)
        self.dan: Account = make_admin(self.organization, "dan@example.com", Role.ADMIN)
        self.bob: Account = make_admin(self.organization, "bob@example.com", Role.READ_ONLY)
        self.charlie: Account = make_admin(make_organization("Other"), "charlie@example.com", Role.OWNER)

    def held(self, *reasons: dict[str, Any], **values: Any) -> UploadJob:
        plan = self.plan()
        given = {"hold_reasons": list(reasons or [LEAVERS]), "held_at": timezone.now(), "plan": plan, "started_at": NOW}
        return make_job(self.token, JobStatus.HELD, **given | values)

    def plan(self) -> Media:
        directory = make_directory({"id": 9, "email": "old@example.com", "work_title": "Cook"})
        target = io.BytesIO()
        write_plan(
            plan_of("primary_email_address,work_title\nold@example.com,Chef\nana@example.com,Cook\n", directory), target
        )
        return self.file(target.getvalue(), MediaKind.PLAN)

    def file(self, content: bytes, kind: MediaKind, **values: Any) -> Media:
        return upload_world.make_media(self.token.feed, content, kind, **values)


def get(account: Account, path: str, **query: Any) -> HttpResponseBase:
    return client_of(account).get(path, query)


def text(account: Account, path: str, **query: Any) -> str:
    return client_of(account).get(path, query).content.decode()


def decide(account: Account, job: UploadJob, decision: str, **fields: str) -> str:
    """Send a decision as the page's form does; return the page that follows, as text."""
    plan = {"plan": job.plan.public_id} if job.plan else {}
    answer = client_of(account).post(f"{page(job)}decide/", {"decision": decision, **plan, **fields}, follow=True)
    job.refresh_from_db()
    return answer.content.decode()


def page(job: UploadJob) -> str:
    return f"{HISTORY}{job.public_id}/"


def body(answer: HttpResponseBase) -> bytes:
    assert answer.streaming
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a streaming response


def linked_jobs(html: str) -> list[int]:
    """Return the jobs that a page links to, each once, in the order of the page."""
    found = re.findall(rf"{HISTORY}(\d+)/\"", html)
    return [int(number) for number in dict.fromkeys(found)]


def client_of(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
