"""Sync history: who approves, rejects, cancels and undoes jobs."""

import io

import pytest
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.core.planfile import write_plan
from orgsync.server.uploads.models import MediaKind, UploadJob
from tests.factories import make_directory, plan_of
from tests.job_world import NOW, make_job
from tests.server.web.jobs_world import LEAVERS, World, client_of, decide, get, linked_jobs, page, text

pytestmark = pytest.mark.django_db
ADMIN_CHANGE = {"code": "admin_change", "message": "1 admins would change; an owner has to approve.", "count": 1}


@pytest.fixture
def world() -> World:
    return World()


def test_an_admin_approves_the_plan_that_was_shown(world: World) -> None:
    """An approval queues the job again and notes who, when and which plan."""
    job = world.held()

    html = decide(world.dan, job, "approve", is_looked_at="on")

    assert (job.status, job.approved_by, job.approved_plan) == (JobStatus.QUEUED, world.dan, job.plan)
    assert job.approved_at is not None
    assert "dan@example.com" in html


def test_an_admin_applies_the_additions_now(world: World) -> None:
    """The job is approved for its additions alone; the page says what becomes of the rest."""
    job = world.held()
    shown = text(world.dan, page(job))

    html = decide(world.dan, job, "add", is_looked_at="on")

    assert "Apply the additions now" in shown
    assert (job.status, job.takes_nothing, job.approved_plan) == (JobStatus.QUEUED, True, job.plan)
    assert "the rest will wait" in html


def test_additions_ask_for_a_look_too(world: World) -> None:
    """Without the tick nothing happens."""
    job = world.held()

    html = decide(world.alice, job, "add")

    assert job.status == JobStatus.HELD
    assert "Look at the plan first" in html


def test_additions_and_rest_lead_to_each_other(world: World) -> None:
    """The page of one links to the other, and a rest cannot be split again."""
    job = make_job(world.token, JobStatus.DONE, takes_nothing=True)
    rest = world.held(rest_of=job, source=job.source)

    assert rest.public_id in linked_jobs(text(world.bob, page(job)))
    html = text(world.alice, page(rest))

    assert job.public_id in linked_jobs(html)
    assert 'value="approve"' in html
    assert 'value="add"' not in html


def test_two_people_approve_where_the_organization_asks_for_it(world: World) -> None:
    """The first word is shown and leaves the job held; whoever gave it is offered no second one."""
    world.organization.needs_second_person = True
    world.organization.save(update_fields=["needs_second_person"])
    job = world.held()
    before = text(world.dan, page(job))

    first = decide(world.dan, job, "approve", is_looked_at="on")
    after_first = job.status
    again = decide(world.dan, job, "approve", is_looked_at="on")
    other = text(world.alice, page(job))
    decide(world.alice, job, "approve", is_looked_at="on")

    assert "asks for two people" in before
    assert after_first == JobStatus.HELD
    assert "when a second person approves it too" in first
    assert 'value="approve"' not in first
    assert "needs somebody else" in again
    assert "dan@example.com has approved the plan." in other
    assert (job.status, job.first_approved_by, job.approved_by) == (JobStatus.QUEUED, world.dan, world.alice)


def test_what_was_not_approved_stands_on_the_page_of_a_job_that_is_held_again(world: World) -> None:
    """The difference between the two plans, person by person; without an earlier approval there is none."""
    target = io.BytesIO()
    directory = make_directory({"id": 9, "email": "old@example.com"})
    write_plan(plan_of("primary_email_address\nold@example.com\nana@example.com\n", directory), target)
    approved = world.file(target.getvalue(), MediaKind.PLAN)

    again = text(world.bob, page(world.held(approved_plan=approved)))
    first = text(world.bob, page(world.held()))

    assert "Not in the plan that was approved (1)" in again
    assert "old@example.com" in again
    assert "Not in the plan that was approved" not in first


def test_a_job_that_was_held_for_too_long_is_not_approved(world: World) -> None:
    """Its time is over, whether it has been cancelled yet or not."""
    job = world.held(held_at=NOW)

    html = decide(world.alice, job, "approve", is_looked_at="on")

    assert job.status == JobStatus.HELD
    assert "held for too long" in html


def test_an_approval_asks_for_a_second_look(world: World) -> None:
    """Without the tick nothing happens, and the page says so."""
    job = world.held()

    html = decide(world.alice, job, "approve")

    assert job.status == JobStatus.HELD
    assert "Look at the plan first" in html


def test_an_approval_of_another_plan_counts_for_nothing(world: World) -> None:
    """A page that was opened before the job was planned anew cannot approve the new plan."""
    job = world.held()

    html = decide(world.alice, job, "approve", is_looked_at="on", plan=world.plan().public_id)

    assert job.status == JobStatus.HELD
    assert "another plan" in html


def test_an_admin_rejects(world: World) -> None:
    """A rejected job is cancelled; who did it and why is on its page."""
    job = world.held()

    html = decide(world.dan, job, "reject")

    assert (job.status, job.reason_code, job.ended_by) == (JobStatus.CANCELLED, "rejected", world.dan)
    assert "Rejected by dan@example.com." in html


def test_why_it_was_rejected_stays_in_the_history(world: World) -> None:
    """The next admin reads what the one before thought."""
    job = world.held()

    html = decide(world.dan, job, "reject", why="Half of Porto is missing.")

    assert job.reason == "Rejected by dan@example.com: Half of Porto is missing."
    assert "Half of Porto is missing." in html


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_only_an_owner_decides_on_what_touches_admins(world: World, decision: str) -> None:
    """An admin's word does not count there, and the page says whose does."""
    job = world.held(LEAVERS, ADMIN_CHANGE)

    shown = text(world.dan, page(job))
    html = decide(world.dan, job, decision, is_looked_at="on")
    by_admin = job.status
    decide(world.alice, job, decision, is_looked_at="on")

    assert "An owner has to approve this." in shown
    assert 'value="approve"' not in shown
    assert "This needs an owner" in html
    assert by_admin == JobStatus.HELD
    assert job.status != JobStatus.HELD


def test_who_may_only_read_sees_no_button_and_has_no_word(world: World) -> None:
    """Bob sees the reasons and the plan; deciding is refused, form or no form."""
    job = world.held()

    html = text(world.bob, page(job))
    answer = client_of(world.bob).post(f"{page(job)}decide/", {"decision": "reject"})
    job.refresh_from_db()

    assert "An admin has to approve this." in html
    assert "/decide/" not in html
    assert (answer.status_code, job.status) == (403, JobStatus.HELD)


def test_a_get_decides_nothing(world: World) -> None:
    """A link in a mail or a crawler cannot approve."""
    job = world.held()

    answer = get(world.alice, f"{page(job)}decide/", decision="approve", is_looked_at="on")

    assert answer.status_code == 405


def test_a_job_that_has_not_begun_to_apply_is_cancelled(world: World) -> None:
    """Cancelling notes who did it."""
    job = make_job(world.token, JobStatus.PROCESSING, phase="plan", attempts=1)

    decide(world.dan, job, "cancel")

    assert (job.status, job.ended_by) == (JobStatus.CANCELLED, world.dan)


@pytest.mark.parametrize(
    ("status", "phase"), [(JobStatus.PROCESSING, "apply"), (JobStatus.DONE, ""), (JobStatus.HELD, "")]
)
def test_other_jobs_are_not_cancelled(world: World, status: JobStatus, phase: str) -> None:
    """What is being applied or has ended stays; a held job is rejected, by those who may."""
    job = make_job(world.token, status, phase=phase, attempts=1)

    html = decide(world.dan, job, "cancel")

    assert job.status == status
    assert "cannot be cancelled any more" in html
    assert 'value="cancel"' not in html


def test_a_done_job_is_undone_from_its_page(world: World) -> None:
    """The undo is a job of its own, to whose page one is led; a job that is being undone offers no second one."""
    done = make_job(world.token, JobStatus.DONE, finished_at=timezone.now())

    shown = text(world.dan, page(done))
    html = decide(world.dan, done, "undo")
    undo = UploadJob.objects.get(undoes=done)

    assert 'value="undo"' in shown
    assert (undo.kind, undo.requested_by) == ("undo", world.dan)
    assert page(done) in html
    assert 'value="undo"' not in text(world.dan, page(done))
    assert 'value="undo"' not in text(world.bob, page(done))


def test_a_held_job_cannot_be_undone(world: World) -> None:
    """Nothing of it was applied; a forged form learns that."""
    job = world.held()

    assert "was not applied" in decide(world.dan, job, "undo")


def test_a_word_that_is_no_decision_changes_nothing(world: World) -> None:
    """The form knows three words."""
    job = world.held()

    assert "That is no decision." in decide(world.alice, job, "applaud")
    assert job.status == JobStatus.HELD
