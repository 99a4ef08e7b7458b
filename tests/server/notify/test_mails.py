"""Who is told about a job, and that a mail tells no secrets."""

from typing import Any

import pytest
from django.conf import LazySettings

from orgsync.core.model import JobStatus
from orgsync.server.notify import mails
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.uploads.attachments import read_attachment
from orgsync.server.uploads.media import remove_media, store_media
from orgsync.server.uploads.models import MediaKind, UploadJob
from tests.job_world import NOW, make_admin, make_job, make_media, make_organization, make_token

pytestmark = pytest.mark.django_db

PERSON = "bob.smith@example.org"


def make_world(status: JobStatus, *, job: dict[str, Any] | None = None, **token: Any) -> UploadJob:
    """Alice (admin) made the token, Olive owns, Rita may only read; hr@ gets the results as well."""
    organization = make_organization(support_contact="help@example.com")
    alice = make_admin(organization, "alice@example.com")
    make_admin(organization, "olive@example.com", Role.OWNER)
    make_admin(organization, "rita@example.com", Role.READ_ONLY)
    make_admin(make_organization("Stranger"), "stranger@example.com", Role.OWNER)
    return make_job(make_token(organization, alice, ["hr@example.com"], **token), status, **job or {})


def told(job: UploadJob) -> set[str]:
    mails.job_finished(job, now=NOW)
    return set(OutboxMail.objects.filter(job_id=job.pk).values_list("recipient", flat=True))


def only_mail(job: UploadJob) -> OutboxMail:
    """Return one of the mails; all of a job's mails say the same."""
    mails.job_finished(job, now=NOW)
    return OutboxMail.objects.filter(job_id=job.pk).order_by("id")[0]


def test_automatic_mode_tells_the_creator_and_the_further_addresses() -> None:
    assert told(make_world(JobStatus.DONE)) == {"alice@example.com", "hr@example.com"}


def test_creator_is_left_out_where_the_box_is_not_ticked() -> None:
    assert told(make_world(JobStatus.DONE, emails_creator=False)) == {"hr@example.com"}


def test_creator_who_left_the_organization_is_left_out() -> None:
    """A former admin learns nothing about the organization any more."""
    job = make_world(JobStatus.DONE)
    Admin.objects.filter(account__email="alice@example.com").delete()

    assert told(job) == {"hr@example.com"}


def test_manual_mode_tells_nobody() -> None:
    assert told(make_world(JobStatus.DONE, job={"is_automatic": False})) == set()


def test_manual_mode_tells_where_the_token_says_so() -> None:
    job = make_world(JobStatus.DONE, job={"is_automatic": False}, mails_in_manual_mode=True)

    assert told(job) == {"alice@example.com", "hr@example.com"}


@pytest.mark.parametrize("status", [JobStatus.HELD, JobStatus.FAILED])
@pytest.mark.parametrize("is_automatic", [True, False])
def test_held_and_failed_always_reach_the_admins(status: JobStatus, *, is_automatic: bool) -> None:
    """Owners and admins in either mode, once each; who gets results hears it as well."""
    job = make_world(status, job={"is_automatic": is_automatic})

    assert told(job) == {"alice@example.com", "olive@example.com"} | ({"hr@example.com"} if is_automatic else set())


def test_cancelled_job_tells_nobody() -> None:
    assert told(make_world(JobStatus.CANCELLED)) == set()


def test_job_that_is_held_again_is_told_again() -> None:
    """After an approval the next hold is news; a second try of the same hold is not."""
    job = make_world(JobStatus.HELD, job={"attempts": 1})
    first = mails.job_finished(job, now=NOW)
    again = mails.job_finished(job, now=NOW)
    job.attempts = 11

    assert (first, again, mails.job_finished(job, now=NOW)) == (3, 0, 3)


def test_result_mail_has_counts_issues_and_the_command(settings: LazySettings) -> None:
    """Everything that the reader needs, with this server's own address."""
    settings.BASE_URL = "https://sync.example.com"
    issue = {"level": "ERROR", "code": "too_long", "message": "…", "row": 17, "column": "work_title", "count": 3}
    job = make_world(
        JobStatus.DONE, job={"total_count": 1200, "updated_count": 1187, "error_count": 3, "messages": [issue]}
    )
    job.result = make_media(job.token, MediaKind.RESULT)

    mail = only_mail(job)

    assert mail.subject == f"[Acme] Upload processed, 3 rows with errors ({job.feed.name})"
    assert "  rows             1,200\n" in mail.body
    assert "  ERROR too_long (column work_title, 3 times, first in row 17): Shorten the value.\n" in mail.body
    assert (
        "curl -H 'Authorization: Bearer <OAUTH_TOKEN>' -X GET \"https://sync.example.com/media/upload"
        f'?media_type=enterprise_csv_upload&id=urn:li:media:{job.result.public_id}" -o results.csv\n'
    ) in mail.body
    assert f"https://sync.example.com/admin/people/sync-history/{job.public_id}/\n" in mail.body
    assert "Support: help@example.com" in mail.body


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.HELD, JobStatus.FAILED])
def test_mail_repeats_nothing_from_the_file(status: JobStatus) -> None:
    """Messages quote cells, and a header may be a person when the header row is missing."""
    issues = [
        {"level": "WARNING", "code": "unknown_manager", "message": f"{PERSON} is no manager", "row": 2, "count": 1},
        {"level": "WARNING", "code": "unknown_column", "message": PERSON, "row": None, "column": PERSON, "count": 1},
    ]
    reason = {"reason_code": "duplicate_header", "reason": f"The header {PERSON} stands in columns 1, 2."}
    job = make_world(status, job={"messages": issues, "total_count": 2, **reason})

    mail = only_mail(job)

    assert PERSON not in mail.subject + mail.body
    assert "unknown_manager" in mail.body


def test_held_mail_says_why_and_how_long() -> None:
    reasons = [{"code": "leavers", "message": "60 of 100 people would leave.", "count": 60, "base": 100}]

    mail = only_mail(make_world(JobStatus.HELD, job={"hold_reasons": reasons}))

    assert "Nothing has been applied." in mail.body
    assert "  - 60 of 100 people would leave.\n" in mail.body
    assert "within 7 days" in mail.body


def test_failed_mail_says_why() -> None:
    """A reason of the catalogue comes with what to do, any other in its own words."""
    known = only_mail(make_world(JobStatus.FAILED, job={"reason_code": "empty_file", "reason": "…"}))
    own = make_job(
        make_token(make_organization(), None, ["hr@example.com"]), JobStatus.FAILED, reason="Three attempts."
    )

    assert "Reason: empty_file. Export again; nothing was applied." in known.body
    assert "Three attempts." in only_mail(own).body


def test_dry_run_says_that_nothing_was_applied() -> None:
    mail = only_mail(make_world(JobStatus.DONE, job={"is_dry_run": True}))

    assert "Dry run finished" in mail.subject
    assert "Nothing was applied" in mail.body


@pytest.mark.parametrize(
    ("attaches_results", "size", "is_attached"),
    [(False, 10, False), (True, 5_000_000, True), (True, 5_000_001, False)],
)
def test_results_are_attached_only_where_wanted_and_small(attaches_results: bool, size: int, is_attached: bool) -> None:
    """The organization has to have switched it on, and the file has at most 5 MB."""
    job = make_world(JobStatus.DONE)
    job.organization.attaches_results = attaches_results
    job.result = make_media(job.token, MediaKind.RESULT, size=size)

    assert (only_mail(job).attachment == job.result.pk) is is_attached


def test_attachment_is_the_stored_file_while_it_is_there() -> None:
    """Its own bytes under its own name, only for its organization; once removed, the mail goes without it."""
    token = make_token(make_organization())
    media = store_media([b"Status\n"], feed=token.feed, kind=MediaKind.RESULT, file_name="results-7.csv", now=NOW)

    attachment = read_attachment(token.organization_id, media.pk)
    foreign = read_attachment(make_organization().pk, media.pk)
    remove_media(media, now=NOW)

    assert attachment is not None
    assert (attachment.file_name, attachment.content) == ("results-7.csv", b"Status\n")
    assert foreign is None
    assert read_attachment(token.organization_id, media.pk) is None
