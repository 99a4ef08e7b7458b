"""The daily digest: in the organization's morning, once, to those who want it, of counts alone."""

from datetime import datetime, timedelta

import pytest

from orgsync.core.model import JobStatus
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Admin
from orgsync.server.uploads.digest import send_digests
from orgsync.server.uploads.models import UploadJob
from tests.job_world import NOW, make_admin, make_job, make_organization, make_token

pytestmark = pytest.mark.django_db
MORNING = NOW.replace(hour=22, minute=0)
"""Seven in the morning of the next day in Tokyo."""


def test_digest_counts_the_day_before_and_comes_once() -> None:
    """
    Three files of yesterday in Tokyo, one of today that does not count; before seven nothing comes.
    """
    organization = make_organization(time_zone="Asia/Tokyo", support_contact="help@example.com")
    make_admin(organization, "alice@example.com")
    make_admin(organization, "dora@example.com")
    Admin.objects.filter(account__email="dora@example.com").update(told_digest=True)
    token = make_token(organization)
    for status, hours in ((JobStatus.DONE, 3), (JobStatus.DONE, 4), (JobStatus.FAILED, 14), (JobStatus.DONE, 16)):
        made = make_job(token, status, created_count=2, updated_count=5, deleted_count=1)
        at = datetime.combine(NOW.date(), NOW.time(), NOW.tzinfo).replace(hour=0) + timedelta(hours=hours)
        UploadJob.objects.filter(id=made.pk).update(created_at=at)

    counts = [send_digests(MORNING - timedelta(minutes=1)), send_digests(MORNING), send_digests(MORNING)]

    mail = OutboxMail.objects.get(kind="digest")
    assert counts == [0, 1, 0]
    assert mail.recipient == "dora@example.com"
    assert mail.subject == "[Acme] 3 jobs on 2026-03-02"
    assert "2 done\n    4 joiners, 6 movers, 2 leavers, 0 rows in error" in mail.body
    assert "1 failed" in mail.body
    assert mail.body.endswith("Support: help@example.com\n")


def test_quiet_day_has_no_digest() -> None:
    """
    Nothing to tell, nothing is sent.
    """
    organization = make_organization()
    make_admin(organization, "dora@example.com")
    Admin.objects.filter(organization=organization).update(told_digest=True)

    assert send_digests(MORNING) == 0
