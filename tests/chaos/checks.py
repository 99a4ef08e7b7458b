"""What must hold when the dust has settled. Each check returns what is wrong, in words; nothing is good."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

from tests.chaos.model import File, Model
from tests.chaos.product import Running
from tests.chaos.sender import Sender
from tests.mailbox import Mailbox

ENDED: Final = ("DONE", "HELD", "FAILED", "CANCELLED")
JOBS: Final = """
    SELECT job.id, job.public_id, job.status, job.reason_code, job.reason, job.revision, job.attempts, job.hold_reasons,
           source.public_id, result.public_id, job.total_count
      FROM uploads_uploadjob AS job
      JOIN uploads_media AS source ON source.id = job.source_id
      LEFT JOIN uploads_media AS result ON result.id = job.result_id
     WHERE job.organization_id = %s
     ORDER BY job.id
"""
PEOPLE: Final = """
    SELECT learner.unique_user_id, learner.work_title, learner.is_active,
           (SELECT string_agg(DISTINCT found.name, ',') FROM directory_membership AS member
              JOIN directory_group AS found ON found.id = member.group_id
             WHERE member.organization_id = learner.organization_id AND member.learner_id = learner.id),
           EXISTS (SELECT FROM directory_licenseassignment AS license
                    WHERE license.organization_id = learner.organization_id AND license.learner_id = learner.id
                      AND license.state = 'active')
      FROM directory_learner AS learner
     WHERE learner.organization_id = %s
"""
OUTBOX: Final = "SELECT job_id, kind, recipient, message_id, sent_at FROM notify_outboxmail WHERE organization_id = %s"
AUDITED: Final = """
    SELECT action, ids ->> 'job', count(*) FROM audit_auditentry
     WHERE organization_id = %s AND action LIKE 'job_%%' GROUP BY 1, 2
"""
LEFT_OVER: Final = "SELECT count(*) FROM procrastinate_jobs WHERE task_name IN ('process_upload', 'send_mail')"


@dataclass(frozen=True)
class Job:
    id: int
    public_id: int
    status: str
    reason_code: str
    reason: str
    revision: int | None
    attempts: int
    hold_reasons: list[Any]
    source: str
    result: str | None
    total: int


@dataclass
class Aftermath:
    """One organization after everything: what was sent to it, and what the database says."""

    product: Running
    sender: Sender
    mailbox: Mailbox
    session: Any

    @property
    def id(self) -> int:
        return int(self.sender.organization["id"])

    def jobs(self) -> list[Job]:
        return [Job(*line) for line in self.session.execute(JOBS, [self.id]).fetchall()]

    def file_of(self, job: Job) -> File:
        return self.sender.accepted[job.source]


def find_wrongs(aftermath: Aftermath) -> Iterator[str]:
    """Yield everything that is wrong with one organization."""
    name = aftermath.sender.organization["name"]
    for check in CHECKS:
        for wrong in check(aftermath):
            yield f"{name}: {wrong}"


def check_endings(after: Aftermath) -> Iterator[str]:
    """Every accepted upload has one job, and that has ended, with a reason where it was not applied."""
    jobs = after.jobs()
    counts = Counter(job.source for job in jobs)
    if set(counts) != set(after.sender.accepted) or set(counts.values()) - {1}:
        yield f"{len(after.sender.accepted)} accepted uploads, but {len(jobs)} jobs of {len(counts)} files"
    for job in jobs:
        is_explained = job.status == "DONE" or bool(job.hold_reasons if job.status == "HELD" else job.reason)
        if job.status not in ENDED or not is_explained:
            yield f"job {job.id} ended as {job.status} ({job.reason_code}) without a reason"
        if job.status == "CANCELLED" and job.reason_code != "superseded":
            yield f"job {job.id} was cancelled: {job.reason_code}"
        if job.status == "FAILED" and job.reason_code != "attempts_exhausted":
            yield f"job {job.id} failed: {job.reason_code} {job.reason}"
    yield from after.sender.odd_answers


def check_effects(after: Aftermath) -> Iterator[str]:
    """The directory is what the model makes of the applied files, in the order in which they were accepted."""
    model = Model()
    place = {public_id: number for number, public_id in enumerate(after.sender.accepted)}
    done = [job for job in after.jobs() if job.status == "DONE"]
    for job in sorted(done, key=lambda job: place[job.source]):
        model.apply(after.file_of(job))
    found = {who: values for who, *values in after.session.execute(PEOPLE, [after.id]).fetchall()}
    stored = {
        who: (title, is_active, (group or "") if is_active else "", is_licensed)
        for who, (title, is_active, group, is_licensed) in found.items()
    }
    wanted = model.state()
    for who in sorted(stored.keys() | wanted.keys()):
        if stored.get(who) != wanted.get(who):
            yield f"{who} is {stored.get(who)}, not {wanted.get(who)}"


def check_revision(after: Aftermath) -> Iterator[str]:
    """Each applied job has raised the revision once, in order; nothing else has."""
    revisions = [job.revision for job in after.jobs() if job.status == "DONE"]
    start = int(after.sender.organization["revision"])
    ((now,),) = after.session.execute("SELECT revision FROM orgs_organization WHERE id = %s", [after.id]).fetchall()
    if revisions != list(range(start + 1, start + 1 + len(revisions))) or now != start + len(revisions):
        yield f"revision {now} after {start}, but the applied jobs say {revisions}"


def check_results(after: Aftermath) -> Iterator[str]:
    """The results file of every job that got as far as rows has one line for each of them, with a status."""
    for job in after.jobs():
        if job.status == "FAILED" and job.result is None:
            continue
        if job.result is None:
            yield f"job {job.id} ({job.status}) has no results"
            continue
        lines = list(csv.DictReader(io.StringIO(_download(after, job), newline="")))
        named = [line["unique_user_id"] for line in lines if line.get("Code") != "NOT_IN_FILE"]
        expected = [row.unique_user_id for row in after.file_of(job).rows]
        if named[: len(expected)] != expected or not all(line["Status"] for line in lines):
            yield f"job {job.id}: {len(lines)} lines of results for {len(expected)} rows"


def check_mail(after: Aftermath) -> Iterator[str]:
    """One mail for each job, kind and recipient: sent, arrived, and twice only under the same Message-ID."""
    sent = after.session.execute(OUTBOX, [after.id]).fetchall()
    arrived = Counter(str(mail["Message-ID"]) for mail in after.mailbox.messages)
    by_job = defaultdict(list)
    for job_id, kind, recipient, message_id, sent_at in sent:
        by_job[job_id].append((kind, recipient))
        if sent_at is None or not arrived[message_id]:
            yield f"mail {kind} of job {job_id} was not sent or did not arrive"
    for job in after.jobs():
        told = [kind.split("-")[0] for kind, _ in by_job[job.id]]
        wanted = {"DONE": ["done"], "HELD": ["held"], "FAILED": ["failed"]}.get(
            job.status, ["held"] if job.result else []
        )
        if told != wanted:
            yield f"job {job.id} ({job.status}) has the mails {told}"


def check_audit(after: Aftermath) -> Iterator[str]:
    """Each job is in the log as accepted once and as ended once, as it ended."""
    counts = {(action, job): count for action, job, count in after.session.execute(AUDITED, [after.id]).fetchall()}
    ends = {"DONE": "job_applied", "HELD": "job_held", "FAILED": "job_failed", "CANCELLED": "job_cancelled"}
    for job in after.jobs():
        for action in ("job_accepted", *([ends[job.status]] if job.status in ends else [])):
            if counts.get((action, str(job.public_id))) != 1:
                yield f"job {job.id}: {action} is {counts.get((action, str(job.public_id)), 0)} times in the log"
        if job.status != "DONE" and (("job_applied", str(job.public_id))) in counts:
            yield f"job {job.id} ({job.status}) is in the log as applied"


def find_unknown_mail(mailbox: Mailbox, session: Any) -> Iterator[str]:
    """Nothing arrives that the outbox does not know."""
    known = {message_id for (message_id,) in session.execute("SELECT message_id FROM notify_outboxmail").fetchall()}
    for mail in mailbox.messages:
        if str(mail["Message-ID"]) not in known:
            yield f"an unknown mail arrived: {mail['Subject']}"


def _download(after: Aftermath, job: Job) -> str:
    connection = HTTPConnection("127.0.0.1", after.product.port, timeout=30)
    token = after.sender.organization["tokens"][after.file_of(job).mode]
    path = f"/media/upload?media_type=enterprise_csv_upload&id=urn:li:media:{job.result}"
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8-sig")
        return text if answer.status == 200 else ""
    finally:
        connection.close()


CHECKS: Final[tuple[Callable[[Aftermath], Iterator[str]], ...]] = (
    check_endings,
    check_effects,
    check_revision,
    check_results,
    check_mail,
    check_audit,
)
