"""processFile and the job as JSON."""

import json
from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.orgs.models import Account
from orgsync.server.uploads.models import MediaKind, UploadJob
from tests.upload_world import JOBS, PROCESS, Sender, make_feed, make_media, make_organization, make_sender


def test_answer_is_the_job_id_as_text(sender: Sender) -> None:
    """The body of the 201 is exactly the documented one, and the id is exact in every JSON reader."""
    answer = sender.process(upload(sender))

    job = UploadJob.objects.get(organization=sender.feed.organization)
    assert (answer.status_code, answer.content.decode()) == (201, f'{{"value": "{job.public_id}"}}')
    assert 0 < job.public_id < 2**53
    assert (job.status, job.token, job.is_automatic) == (JobStatus.QUEUED, sender.token, False)


def test_same_file_gives_the_same_job(sender: Sender) -> None:
    """Asking twice starts nothing twice."""
    urn = upload(sender)

    assert sender.process(urn).content == sender.process(urn).content
    assert UploadJob.objects.filter(organization=sender.feed.organization).count() == 1


def test_job_of_automatic_mode_can_be_learned(sender: Sender) -> None:
    """processFile returns the id of the job that the upload started."""
    urn = upload(sender, "&auto_notify=true")
    job = UploadJob.objects.get(organization=sender.feed.organization)

    assert sender.process(urn).json() == {"value": str(job.public_id)}


@pytest.mark.parametrize(("status", "jobs"), [(s, 2 if s in {"FAILED", "CANCELLED"} else 1) for s in JobStatus])
def test_only_a_failed_or_cancelled_job_gets_a_successor(sender: Sender, status: JobStatus, jobs: int) -> None:
    """A job in any other status is the answer to processFile for its file."""
    urn = upload(sender, "&auto_notify=true")
    UploadJob.objects.filter(organization=sender.feed.organization).update(status=status)

    sender.process(urn)

    assert UploadJob.objects.filter(organization=sender.feed.organization).count() == jobs


def test_real_run_follows_a_dry_run(sender: Sender) -> None:
    """A dry run does not stand in for the real one."""
    urn = upload(sender)

    ids = {sender.process(urn, query).json()["value"] for query in ("&dry_run=true", "", "&dry_run=true", "")}

    found = UploadJob.objects.filter(organization=sender.feed.organization)
    assert len(ids) == 2
    assert sorted(found.values_list("is_dry_run", flat=True)) == [False, True]


def test_started_job_cannot_be_narrowed_any_more(sender: Sender) -> None:
    """Asking for other terms than the job runs on is refused by name, not passed over in silence."""
    urn = upload(sender, "&auto_notify=true")

    answer = sender.process(urn, "&mode=additions_only")

    assert (answer.status_code, answer.json()["message"].partition("mode=changes")[1]) == (400, "mode=changes")
    assert sender.process(urn, "&mode=changes").status_code == 201


@pytest.mark.parametrize(
    ("feed", "uploaded", "processed", "expected"),
    [
        (Mode.FULL, "", "", Mode.FULL),
        (Mode.FULL, "&mode=changes", "", Mode.CHANGES),
        (Mode.FULL, "", "&mode=changes", Mode.CHANGES),
        (Mode.FULL, "&mode=changes", "&mode=additions_only", Mode.ADDITIONS_ONLY),
        (Mode.FULL, "&mode=additions_only", "&mode=changes", None),
        (Mode.CHANGES, "", "&mode=full", None),
        (Mode.CHANGES, "", "&mode=changes", Mode.CHANGES),
    ],
)
def test_strictest_mode_counts(db: None, feed: Mode, uploaded: str, processed: str, expected: Mode | None) -> None:
    """Feed, upload and processFile may only narrow; a wider wish is refused."""
    sender = make_sender(feed=make_feed(make_organization(), mode=feed))

    answer = sender.process(upload(sender, uploaded), processed)

    job = UploadJob.objects.filter(organization=sender.feed.organization).first()
    assert answer.status_code == (201 if expected else 400)
    assert (job.mode if job else None) == expected


@pytest.mark.parametrize("query", ["&rows=good_rows", "&dry_run=false"])
def test_rows_and_dry_run_cannot_be_widened(db: None, query: str) -> None:
    """What the upload narrowed stays narrow."""
    sender = make_sender(feed=make_feed(make_organization(), rows=RowPolicy.ALL_OR_NOTHING))

    answer = sender.process(upload(sender, "&dry_run=true"), query)

    assert answer.status_code == 400
    assert query[1:].partition("=")[0] in answer.json()["message"]


def test_misprinted_urn_and_trailing_blanks_are_understood(sender: Sender) -> None:
    """The document prints a blank inside the URN and one after the JSON."""
    urn = upload(sender).replace("media:", "media: ")

    assert sender.post(PROCESS, f'{{"mediaUrn":"{urn}"}} '.encode(), "application/json").status_code == 201
    assert sender.post(PROCESS, f'{{"mediaUrn":" {urn} "}}'.encode(), "text/plain").status_code == 201


@pytest.mark.parametrize("kind", [MediaKind.RESULT, MediaKind.PLAN])
def test_only_an_uploaded_file_can_be_processed(sender: Sender, kind: MediaKind) -> None:
    """Results and plans are no input."""
    media = make_media(sender.feed, kind=kind)

    assert sender.process(f"urn:li:media:{media.public_id}").status_code == 404


def test_removed_file_is_not_found(sender: Sender) -> None:
    """When retention has taken the bytes there is nothing to process."""
    media = make_media(sender.feed, removed_at=datetime(2026, 3, 9, tzinfo=UTC))

    assert sender.process(f"urn:li:media:{media.public_id}").status_code == 404


def test_job_has_the_documented_fields(sender: Sender) -> None:
    """Names, types and values of a finished job."""
    source, result = make_media(sender.feed), make_media(sender.feed, kind=MediaKind.RESULT)
    message = {"level": "WARNING", "code": "unknown_column", "message": "…", "row": 1, "column": "dept", "count": 1}
    job = make_job(
        sender,
        source_id=source.pk,
        result=result,
        status=JobStatus.DONE,
        updated_count=3,
        created_count=1,
        deleted_count=2,
        warning_count=4,
        error_count=5,
        total_count=20,
        unchanged_count=6,
        skipped_count=7,
        phase="apply",
        done=61_000,
        total=100_000,
        messages=[message],
    )

    answer = sender.get(f"{JOBS}/{job.public_id}")

    assert answer.json() == {
        "resultStats": {
            "updatedCount": 3,
            "deletedCount": 2,
            "warningCount": 4,
            "totalCount": 20,
            "errorCount": 5,
            "createdCount": 1,
            "unchangedCount": 6,
            "skippedCount": 7,
        },
        "created": milliseconds(job.created_at),
        "lastModified": milliseconds(job.modified_at),
        "sourceMedia": f"urn:li:media:{source.public_id}",
        "resultMedia": f"urn:li:media:{result.public_id}",
        "messages": [message],
        "Id": job.public_id,
        "id": job.public_id,
        "status": "DONE",
        "dryRun": False,
        "progress": {"phase": "apply", "done": 100_000, "total": 100_000},
    }


def test_result_is_null_until_it_is_written(sender: Sender) -> None:
    """A job without a result says null, and not an empty URN."""
    job = make_job(sender)

    assert json.loads(sender.get(f"{JOBS}/{job.public_id}").content)["resultMedia"] is None


def test_ended_job_says_why_by_whom_and_when(sender: Sender) -> None:
    """A rejected job names reason, person and time."""
    bob = Account.objects.create(email="bob@example.com", email_key="bob@example.com")
    at = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    job = make_job(
        sender,
        status=JobStatus.CANCELLED,
        reason_code="rejected",
        reason="Wrong file.",
        ended_by=bob,
        finished_at=at,
    )

    assert sender.get(f"{JOBS}/{job.public_id}").json()["reason"] == {
        "code": "rejected",
        "message": "Wrong file.",
        "by": "bob@example.com",
        "at": milliseconds(at),
    }


def test_held_job_says_what_holds_it(sender: Sender) -> None:
    """The guards' reasons are there for a client to print."""
    reasons = [{"code": "leavers", "message": "200 of 300 people would leave.", "count": 200, "base": 300}]
    job = make_job(sender, status=JobStatus.HELD, hold_reasons=reasons)

    assert sender.get(f"{JOBS}/{job.public_id}").json()["holdReasons"] == reasons


@pytest.mark.parametrize("status", JobStatus)
def test_state_is_asked_for_in_few_statements(
    sender: Sender, status: JobStatus, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Clients ask again and again: for the token, for leave to call, for the job."""
    job = make_job(sender, status=status)
    sender.get(f"{JOBS}/{job.public_id}")  # the first use of a token is noted

    with django_assert_num_queries(3):
        assert sender.get(f"{JOBS}/{job.public_id}").json()["status"] == status.value


def make_job(sender: Sender, **values: object) -> UploadJob:
    """Queue a job by the wire and set what a worker would have set."""
    job_id = sender.process(upload(sender)).json()["value"]
    jobs = UploadJob.objects.filter(organization=sender.feed.organization, public_id=job_id)
    jobs.update(**values)
    return jobs.get()


def upload(sender: Sender, query: str = "") -> str:
    return str(sender.upload(query=query).json()["location"])


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
