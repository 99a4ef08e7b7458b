"""People › Sync history: who sees what, who decides, and what the pages say."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgsync.core.guards import GUARDS
from orgsync.core.model import JobStatus
from orgsync.core.planfile import write_plan
from orgsync.server.orgs.models import Account, Role
from orgsync.server.uploads import queries
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from orgsync.server.web.templatetags.reasons import REASON_HELP
from tests import upload_world
from tests.factories import make_directory, plan_of
from tests.job_world import NOW, make_admin, make_job, make_organization, make_token

pytestmark = pytest.mark.django_db
LEAVERS = {"code": "leavers", "message": "2 of 3 active people of this feed would leave.", "count": 2, "base": 3}
ADMIN_CHANGE = {"code": "admin_change", "message": "1 admins would change; an owner has to approve.", "count": 1}
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


@pytest.fixture
def world() -> World:
    return World()


def get(account: Account, path: str, **query: Any) -> HttpResponseBase:
    return _client(account).get(path, query)


def text(account: Account, path: str, **query: Any) -> str:
    return _client(account).get(path, query).content.decode()


def decide(account: Account, job: UploadJob, decision: str, **fields: str) -> str:
    """Send a decision as the page's form does; return the page that follows, as text."""
    plan = {"plan": job.plan.public_id} if job.plan else {}
    answer = _client(account).post(f"{page(job)}decide/", {"decision": decision, **plan, **fields}, follow=True)
    job.refresh_from_db()
    return answer.content.decode()


def page(job: UploadJob) -> str:
    return f"{HISTORY}{job.public_id}/"


def body(answer: HttpResponseBase) -> bytes:
    assert answer.streaming
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a streaming response


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def _client(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def linked_jobs(html: str) -> list[int]:
    """Return the jobs that a page links to, each once, in the order of the page."""
    found = re.findall(rf"{HISTORY}(\d+)/\"", html)
    return [int(number) for number in dict.fromkeys(found)]


# --- history -----------------------------------------------------------------------------------------------


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
    client = _client(world.bob)

    def queries_of_a_page() -> int:
        make_job(make_token(world.organization), JobStatus.DONE)
        world.held()
        with CaptureQueriesContext(connection) as captured:
            client.get(HISTORY)
        return len(captured)

    queries_of_a_page()
    first = queries_of_a_page()

    assert [queries_of_a_page() for _ in range(3)] == [first] * 3


# --- isolation ---------------------------------------------------------------------------------------------


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

    answer = _client(world.charlie).post(f"{page(job)}decide/", {"decision": "reject"})
    job.refresh_from_db()

    assert (answer.status_code, job.status) == (404, JobStatus.HELD)


def test_whoever_is_not_signed_in_is_asked_to(world: World) -> None:
    """No page of a job opens without sign-in."""
    assert Client().get(page(world.held())).status_code == 302


# --- deciding ----------------------------------------------------------------------------------------------


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
    answer = _client(world.bob).post(f"{page(job)}decide/", {"decision": "reject"})
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


# --- one job -----------------------------------------------------------------------------------------------


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


# --- plan --------------------------------------------------------------------------------------------------


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


# --- downloads ---------------------------------------------------------------------------------------------


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
