"""A sandbox: filled with the sample company, silent, and emptied as a set; nobody else's row is touched."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server.audit.models import AuditEntry
from orgsync.server.audit.verify import verify_log
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.tasks import send_mail
from orgsync.server.orgs.models import Organization
from orgsync.server.sandbox import make_sandbox, reset_sandbox
from orgsync.server.uploads import transitions
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.pipeline import process
from orgsync.server.uploads.storage import storage
from tests.mailbox import Mailbox, smtp_server
from tests.server.pipeline.pipeline_world import World

Make = Callable[[str, int], Organization]
COUNTED = """
    SELECT class.relname::text FROM pg_class AS class JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
     WHERE class.relkind = 'r' AND attribute.attname = 'organization_id'
"""


@pytest.fixture(autouse=True)
def media_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.DATA_DIR, settings.STORAGE_URL = tmp_path, ""
    storage.cache_clear()
    yield tmp_path / "media"
    storage.cache_clear()


@pytest.fixture
def make_playground(world: World) -> Make:
    """Make sandboxes of the world's owner; they are gone with it."""
    return lambda name, people: make_sandbox(name, world.owner, people=people)


def run_jobs(organization: Organization) -> list[str]:
    """Process the queued jobs, in their order, as the worker would; return what became of each."""
    jobs = list(UploadJob.objects.filter(organization=organization, status=JobStatus.QUEUED).order_by("id"))
    for job in jobs:
        attempt = transitions.start(job.pk, worker="test", now=timezone.now())
        assert attempt is not None
        process(job.pk, attempt, now=timezone.now(), clock=timezone.now)
    return [UploadJob.objects.get(id=job.pk).status for job in jobs]


def rows_of(organization: Organization) -> dict[str, int]:
    """Count what each table holds of the organization."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
        tables = [table for (table,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE organization_id = %s', [organization.pk])
            found[table] = cursor.fetchone()[0]
    return {table: count for table, count in found.items() if count}


def test_sandbox_is_filled_and_emptied(world: World, make_playground: Make, media_folder: Path) -> None:
    """
    Two nights applied, the third held; after the reset only admins, settings and the audit log are left, and it holds.
    """
    made = make_playground("Playground", 60)
    neighbour = make_playground("Neighbour", 20)
    run_jobs(neighbour)
    others = rows_of(neighbour)

    became = run_jobs(made)
    before = rows_of(made)
    files = [path for path in media_folder.rglob("*") if path.is_file()]
    reset_sandbox(made, world.owner, people=None)
    after = rows_of(made)

    assert became == [JobStatus.DONE, JobStatus.DONE, JobStatus.HELD]
    assert before["directory_learner"] >= 60
    assert {"uploads_media", "directory_membership", "notify_outboxmail"} <= before.keys()
    assert after == {"orgs_admin": 1, "audit_audithead": 1, "audit_auditentry": after["audit_auditentry"]}
    assert rows_of(neighbour) == others
    assert len([path for path in media_folder.rglob("*") if path.is_file()]) < len(files)
    entry = AuditEntry.objects.get(organization_id=made.pk, action="sandbox_reset")
    assert entry.ids == {"people": before["directory_learner"], "jobs": 3}
    assert verify_log(made.pk).broken is None

    reset_sandbox(made, world.owner, people=50)
    assert run_jobs(made) == [JobStatus.DONE, JobStatus.DONE, JobStatus.HELD]


def test_mail_of_a_sandbox_never_leaves(make_playground: Make, settings: Settings, tmp_path: Path) -> None:
    """
    Although a mail server is set: it lies in the folder, and says where it comes from.
    """
    made, mailbox = make_playground("Playground", 50), Mailbox()
    run_jobs(made)
    with smtp_server(mailbox) as port:
        settings.SMTP_URL = f"smtp://127.0.0.1:{port}?tls=none"
        for mail in OutboxMail.objects.filter(organization=made):
            send_mail(mail.pk)

    mails = list(OutboxMail.objects.filter(organization=made))
    assert mails
    assert all(mail.sent_at and mail.subject.startswith("Sandbox: ") for mail in mails)
    assert mailbox.messages == []
    assert len(list((tmp_path / "mail").glob("*.eml"))) == len(mails)
