"""Sync history: the list of jobs, and who sees which."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orgsync.core.model import JobStatus
from orgsync.server.uploads import queries
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from tests.job_world import NOW, make_job, make_organization, make_token
from tests.server.web.jobs_world import (
    HISTORY,
    LEAVERS,
    RESULTS,
    World,
    body,
    client_of,
    get,
    linked_jobs,
    page,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_newest_job_stands_first_and_held_ones_before_all(world: World) -> None:
    """The history is in order of acceptance, newest first; what waits for a person has a block of its own."""
    held = world.held()
    older, newer = make_job(world.token, JobStatus.DONE), make_job(world.token, JobStatus.FAILED)

    html = text(world.bob, HISTORY)

    assert linked_jobs(html) == [held.public_id, newer.public_id, older.public_id]
    assert LEAVERS["message"] in html


def test_history_is_downloaded_as_it_is_filtered(world: World) -> None:
    """One line a job with who, what and how many; a name that a spreadsheet would run is defused."""
    done = make_job(world.token, JobStatus.DONE, created_count=3)
    Media.objects.filter(pk=done.source_id).update(file_name="=people.csv")
    make_job(world.token, JobStatus.FAILED)
    held = world.held()

    whole = rows(body(get(world.bob, f"{HISTORY}download/")))
    narrow = rows(body(get(world.bob, f"{HISTORY}download/", status="DONE")))

    assert len(whole) == 3
    assert whole[0]["job"] == str(held.public_id)
    assert whole[0]["held_for"] == LEAVERS["message"]
    assert [(row["job"], row["created"], row["file"]) for row in narrow] == [(str(done.public_id), "3", "'=people.csv")]


def test_pages_of_the_history_lead_on_and_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older and newer lead through all jobs by keys, so that a job that comes in meanwhile moves nothing."""
    monkeypatch.setattr(queries, "PAGE", 2)
    jobs = [make_job(world.token, JobStatus.DONE).public_id for _ in range(5)][::-1]

    second = text(world.bob, HISTORY, older_than=jobs[1])

    assert linked_jobs(text(world.bob, HISTORY)) == jobs[:2]
    assert linked_jobs(second) == jobs[2:4]
    assert f"older_than={jobs[3]}" in second
    assert linked_jobs(text(world.bob, HISTORY, newer_than=jobs[2])) == jobs[:2]
    assert linked_jobs(text(world.bob, HISTORY, older_than=jobs[3])) == jobs[4:]


def test_filters_in_the_address_narrow_the_history(world: World) -> None:
    """Feed, status and period leave the jobs that fit; a value that does not exist leaves all."""
    other = make_token(world.organization)
    failed, done = make_job(world.token, JobStatus.FAILED), make_job(other, JobStatus.DONE)
    UploadJob.objects.filter(organization=world.organization, id=done.pk).update(created_at=NOW - timedelta(days=400))

    assert linked_jobs(text(world.bob, HISTORY, status="FAILED")) == [failed.public_id]
    assert linked_jobs(text(world.bob, HISTORY, feed=other.feed_id)) == [done.public_id]
    assert linked_jobs(text(world.bob, HISTORY, period="365")) == [failed.public_id]
    assert linked_jobs(text(world.bob, HISTORY, status="NONSENSE", feed="x", older_than="y")) == [
        done.public_id,
        failed.public_id,
    ]


def test_held_jobs_can_be_filtered_too(world: World) -> None:
    """The status Held lists held jobs in the table."""
    held = world.held()
    make_job(world.token, JobStatus.DONE)

    assert linked_jobs(text(world.bob, HISTORY, status="HELD")) == [held.public_id]


def test_an_empty_history_says_what_to_do_next(world: World) -> None:
    """Before the first file the page leads to tokens and upload, for those who may."""
    assert "/admin/authenticate/" in text(world.alice, HISTORY)
    assert "No file has come in yet" in text(world.bob, HISTORY)
    assert "No job fits" in text(world.bob, HISTORY, status="DONE")


def test_the_number_of_queries_does_not_grow_with_the_history(world: World) -> None:
    """A page of many jobs of many feeds takes as many queries as a page of one."""
    client = client_of(world.bob)

    def queries_of_a_page() -> int:
        make_job(make_token(world.organization), JobStatus.DONE)
        world.held()
        with CaptureQueriesContext(connection) as captured:
            client.get(HISTORY)
        return len(captured)

    queries_of_a_page()
    first = queries_of_a_page()

    assert [queries_of_a_page() for _ in range(3)] == [first] * 3


@pytest.mark.parametrize("path", ["", "progress/", "plan/", "source.csv", "results.csv", "failed-rows.csv", "plan.csv"])
def test_a_job_of_another_organization_is_not_found(world: World, path: str) -> None:
    """Whatever the address, Charlie learns nothing, not even that there is such a job."""
    job = world.held(result=world.file(RESULTS.encode(), MediaKind.RESULT), source=world.file(b"a", MediaKind.SOURCE))

    assert get(world.charlie, page(job) + path).status_code == 404
    answer = get(world.bob, page(job) + path)
    assert answer.status_code == 200
    assert answer.getvalue()


def test_another_organizations_jobs_are_not_listed(world: World) -> None:
    """The history of one organization does not show another's, held or not."""
    world.held()
    make_job(world.token, JobStatus.DONE)

    assert linked_jobs(text(world.charlie, HISTORY)) == []


def test_a_page_is_not_placed_by_another_organizations_job(world: World) -> None:
    """A foreign job in the address counts like one that does not exist."""
    foreign = make_job(make_token(make_organization("Third")), JobStatus.DONE)
    make_job(world.token, JobStatus.DONE)

    assert linked_jobs(text(world.bob, HISTORY, older_than=foreign.public_id)) == []


def test_nobody_decides_for_another_organization(world: World) -> None:
    """An owner elsewhere is nobody here."""
    job = world.held()

    answer = client_of(world.charlie).post(f"{page(job)}decide/", {"decision": "reject"})
    job.refresh_from_db()

    assert (answer.status_code, job.status) == (404, JobStatus.HELD)


def test_whoever_is_not_signed_in_is_asked_to(world: World) -> None:
    """No page of a job opens without sign-in."""
    assert Client().get(page(world.held())).status_code == 302
