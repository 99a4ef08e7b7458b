"""Sync history: what the page of one job says, its plan and its files."""

import pytest

from orgsync.core.guards import GUARDS
from orgsync.core.model import JobStatus
from orgsync.server.uploads.models import Media, MediaKind
from orgsync.server.web.templatetags.reasons import REASON_HELP
from tests.job_world import NOW, make_job
from tests.server.web.jobs_world import LEAVERS, RESULTS, World, body, get, page, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def test_a_held_job_shows_reasons_counts_and_plan(world: World) -> None:
    """What a decision needs stands on the page: reasons with count and base, the plan by kind, the expiry."""
    html = text(world.alice, page(world.held(total_count=3, deleted_count=2, held_at=NOW)))

    assert LEAVERS["message"] in html
    assert "2 / 3 · 66.7 %" in html
    assert "Values changed" in html
    assert "What would happen" in html
    assert "9 Mar 2026" in html


def test_messages_are_grouped_with_what_to_do(world: World) -> None:
    """Each kind of finding stands once with its number and its remedy; reasons to hold are not repeated there."""
    found = {"level": "ERROR", "code": "invalid_email", "message": "email is not an e-mail address.", "row": 7}
    message = {**found, "column": "email", "count": 1234}
    hold = {**found, "level": "WARNING", "code": "leavers", "message": "Held: many", "count": 1, "column": None}
    html = text(world.bob, page(make_job(world.token, JobStatus.DONE, messages=[hold, message])))

    assert "1,234" in html
    assert "name@example.com" in html
    assert "Held: many" not in html


def test_text_from_a_file_is_never_markup(world: World) -> None:
    """What a file says is shown, not run."""
    source = world.file(b"a", MediaKind.SOURCE, file_name="<script>alert(1)</script>.csv")

    assert "<script>alert" not in text(world.bob, page(make_job(world.token, JobStatus.DONE, source=source)))


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.PROCESSING])
def test_an_active_job_is_asked_after_again(world: World, status: JobStatus) -> None:
    """With JavaScript the part asks for itself, without it the page does; both only while the job moves."""
    job = make_job(world.token, status, phase="plan", done=1000, total=5000)

    html = text(world.bob, page(job))
    part = text(world.bob, f"{page(job)}progress/")

    assert 'http-equiv="refresh"' in html
    assert "every 2s" in html
    assert "every 2s" in part
    assert "1,000 of 5,000" in part


@pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.HELD])
def test_asking_ends_with_the_job(world: World, status: JobStatus) -> None:
    """Once the job rests, nothing asks any more, and an open page is shown anew."""
    job = make_job(world.token, status)

    html = text(world.bob, page(job))
    answer = get(world.bob, f"{page(job)}progress/")

    assert 'http-equiv="refresh"' not in html
    assert "every 2s" not in html
    assert answer["HX-Refresh"] == "true"


def test_a_plan_that_is_gone_cannot_be_approved(world: World) -> None:
    """Retention may have taken the plan: the page says so and offers to reject."""
    job = world.held()
    Media.objects.filter(organization=world.organization, id=job.plan_id).update(removed_at=NOW)

    html = text(world.alice, page(job))

    assert "cannot be approved any more" in html
    assert 'value="approve"' not in html
    assert get(world.alice, f"{page(job)}plan/").status_code == 404


def test_the_plan_shows_before_and_after(world: World) -> None:
    """A changed value stands beside what it was."""
    html = text(world.bob, f"{page(world.held())}plan/", kind="value_changed")

    assert '<del class="before">Cook</del>' in html
    assert '<ins class="after">Chef</ins>' in html
    assert "ana@example.com" not in html


def test_the_plan_shows_what_a_new_person_gets(world: World) -> None:
    """A creation is shown value by value, not as JSON."""
    html = text(world.bob, f"{page(world.held())}plan/", kind="created")

    assert "<dt>Work title</dt>" in html
    assert "work_title&quot;" not in html


def test_the_plan_is_searched_and_an_odd_filter_does_no_harm(world: World) -> None:
    """A search leaves its lines; unknown kinds, targets and positions are ignored."""
    path = f"{page(world.held())}plan/"

    assert "old@example.com" not in text(world.bob, path, q="ana")
    assert "No line fits" in text(world.bob, path, q="nobody")
    assert "old@example.com" in text(world.bob, path, kind="<b>", target="'", at="-1")


def test_failed_rows_are_the_rows_in_error_as_they_came(world: World) -> None:
    """The file has header and failed rows alone, with line breaks, quotes and letters in place."""
    job = make_job(world.token, JobStatus.DONE, error_count=2, result=world.file(RESULTS.encode(), MediaKind.RESULT))

    answer = get(world.bob, f"{page(job)}failed-rows.csv")
    lines = RESULTS.split("\r\n")

    assert f"failed-rows-{job.public_id}.csv" in answer["Content-Disposition"]
    assert body(answer).decode() == "\r\n".join([lines[0], *lines[2:4], lines[5], ""])


def test_source_and_results_are_downloaded_byte_for_byte(world: World) -> None:
    """What was stored is what comes."""
    source = world.file(b"\xff\x00any", MediaKind.SOURCE)
    job = make_job(world.token, JobStatus.DONE, source=source, result=world.file(b"results", MediaKind.RESULT))

    assert body(get(world.bob, f"{page(job)}source.csv")) == b"\xff\x00any"
    assert body(get(world.bob, f"{page(job)}results.csv")) == b"results"


def test_the_plan_is_downloaded_as_it_is_filtered(world: World) -> None:
    """The link beside the lines gives these lines."""
    job = world.held()

    lines = body(get(world.bob, f"{page(job)}plan.csv", kind="value_changed")).splitlines()

    assert len(lines) == 2
    assert b"work_title,Cook,Chef" in lines[1]


def test_files_that_are_not_there_are_not_found(world: World) -> None:
    """No results yet, a file that retention has removed, a word that names no file."""
    job = make_job(world.token, JobStatus.QUEUED, source=world.file(b"a", MediaKind.SOURCE, removed_at=NOW))

    for what in ("results", "failed-rows", "source", "plan", "nonsense"):
        assert get(world.bob, f"{page(job)}{what}.csv").status_code == 404


def test_every_guard_has_a_word_of_help() -> None:
    """Whoever decides reads what a reason usually means."""
    assert {guard.code for guard in GUARDS} <= REASON_HELP.keys()
