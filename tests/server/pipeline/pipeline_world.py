"""An organization with people, a feed, an owner; files go the way of an upload and are processed at once."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any, Final

from django.db import transaction

from orgsync.core.model import Mode
from orgsync.server.directory.models import Feed, LearnerChange
from orgsync.server.directory.revision import lock_directory, raise_revision
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Account, Organization, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads import transitions
from orgsync.server.uploads.decisions import approve_job
from orgsync.server.uploads.intake import accept_upload
from orgsync.server.uploads.media import read_verified, store_media
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from orgsync.server.uploads.pipeline import process
from orgsync.server.uploads.reporting import read_plan
from tests.cases.server_run import read_state
from tests.job_world import make_admin, make_token

MONDAY: Final = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
FIVE: Final = """
    primary_email_address,unique_user_id,work_title,license_english_status
    ana@example.com,E1,Cook,active
    bo@example.com,E2,Cook,active
    cy@example.com,E3,Cook,active
    di@example.com,E4,Cook,active
    ed@example.com,E5,Cook,active
"""
TWO: Final = "\n".join(FIVE.split("\n")[:4])
"""The first two of five: three leavers, which is held."""


@dataclass
class Meanwhile:
    """A clock that lets somebody else act at a chosen moment: the pipeline asks it before each phase and at its end."""

    act: Callable[[], None]
    call: int
    """At which call it acts: 1 read, 2 plan, 3 between plan and lock, 4 inside the transaction that applies."""
    calls: int = field(default=0)

    def __call__(self) -> datetime:
        self.calls += 1
        if self.calls == self.call:
            self.act()
        return MONDAY


@dataclass(frozen=True)
class World:
    organization: Organization
    feed: Feed
    token: AccessToken
    owner: Account

    @property
    def id(self) -> int:
        return self.organization.pk

    @property
    def mine(self) -> dict[str, Any]:
        return {"organization_id": self.id}

    def upload(self, text: str | bytes, *, feed: Feed | None = None, **asked: Any) -> UploadJob:
        """Store a file and queue its job, as an upload does."""
        content = text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode()
        media = store_media([content], feed=feed or self.feed, kind=MediaKind.SOURCE, file_name="hr.csv", now=MONDAY)
        Media.objects.filter(**self.mine, id=media.pk).update(token=self.token, **asked)
        media = Media.objects.select_related("feed", "token").get(**self.mine, id=media.pk)
        with transaction.atomic():
            job = accept_upload(self.token, media, automatic=True)
        assert job is not None
        return job

    def run(
        self, job: UploadJob, *, clock: Callable[[], datetime] = lambda: MONDAY, now: datetime = MONDAY
    ) -> UploadJob:
        """Make one attempt, in this process; return the job as it is then."""
        number = transitions.start(job.pk, worker="test", now=now)
        assert number is not None
        process(job.pk, number, now=now, clock=clock)
        return self.stored(job)

    def send(self, text: str | bytes, *, clock: Callable[[], datetime] = lambda: MONDAY, **asked: Any) -> UploadJob:
        return self.run(self.upload(text, **asked), clock=clock)

    def approve(self, job: UploadJob) -> UploadJob:
        """Let the owner approve the plan that the job is held with; return the queued job."""
        approve_job(job, by=self.owner, now=MONDAY)
        return self.stored(job)

    def stored(self, job: UploadJob) -> UploadJob:
        related = ("organization", "feed", "source", "result", "plan", "approved_plan")
        return UploadJob.objects.select_related(*related).get(**self.mine, id=job.pk)

    def set_feed(self, **values: Any) -> None:
        Feed.objects.filter(**self.mine, id=self.feed.pk).update(**values)

    def write(self, model: Any, changes: dict[str, Any], **which: Any) -> None:
        """Change the directory as a page would: lock, write, raise the revision."""
        with transaction.atomic():
            lock_directory(self.id, wait=None)
            assert model.objects.filter(**self.mine, **which).update(**changes)
            raise_revision(self.id)

    @property
    def revision(self) -> int:
        return Organization.objects.get(id=self.id).revision

    @property
    def state(self) -> dict[str, Any]:
        return read_state(self.organization, self.feed)

    @property
    def active(self) -> list[str]:
        """Names of active people, by the part of their address before @."""
        people = self.state.get("learners", [])
        return [person["email"].split("@")[0] for person in people if person.get("is_active", True)]

    @property
    def mails(self) -> list[tuple[str, str]]:
        found = OutboxMail.objects.filter(organization=self.organization).order_by("id")
        return list(found.values_list("kind", "recipient"))

    def log_of(self, job: UploadJob) -> list[tuple[Any, ...]]:
        log = LearnerChange.objects.filter(**self.mine, job_id=job.pk).order_by("learner_id", "attribute")
        return list(log.values_list("learner_id", "row_number", "attribute", "before", "after"))


def make_world(name: str = "Acme", mode: Mode = Mode.FULL) -> World:
    """Make an organization whose feed has the mode; it has a pool without limit and no people."""
    organization = Organization.objects.create(name=name)
    owner = make_admin(organization, f"owner@{name.lower()}.example.com", Role.OWNER)
    token = make_token(organization, owner, scopes=["sync"])
    Feed.objects.filter(organization=organization, id=token.feed_id).update(mode=mode, name="Nightly HR")
    organization.pool_set.create(key="license_english_status", name="English")
    return World(organization, Feed.objects.get(id=token.feed_id), token, owner)


def statuses(job: UploadJob) -> list[str]:
    """Return the `Status` column of a job's results file."""
    assert job.result is not None
    lines = csv.DictReader(io.StringIO(read_verified(job.result).decode("utf-8-sig"), newline=""))
    return [line["Status"] for line in lines]


def codes(job: UploadJob) -> list[str]:
    return [message["code"] for message in job.messages]


def hold_codes(job: UploadJob) -> list[str]:
    return [reason["code"] for reason in job.hold_reasons]


def kinds(job: UploadJob) -> list[str]:
    assert job.plan is not None
    return read_plan(job.plan)["kind"].to_list()


def counts_add_up(job: UploadJob) -> bool:
    """Say whether each person counts once, leavers whom no row names included."""
    told = job.updated_count + job.deleted_count + job.unchanged_count + job.error_count + job.skipped_count
    return told == len(statuses(job))
