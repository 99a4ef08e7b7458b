"""A company whose jobs run one a day, and what can be said of its directory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from orgsync.core.model import JobStatus
from orgsync.server.directory.integrity import find_faults
from orgsync.server.directory.models import Learner
from orgsync.server.uploads import transitions
from orgsync.server.uploads.decisions import approve_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.pipeline import process
from orgsync.server.uploads.undoing import start_undo
from tests.server.pipeline.pipeline_world import MONDAY, World


@dataclass
class Story:
    """A world in which every job has a day of its own."""

    world: World
    days: int = field(default=0)

    @property
    def now(self) -> datetime:
        return MONDAY + timedelta(days=self.days)

    def run(self, job: UploadJob) -> UploadJob:
        """Let a day pass, run the job, and approve it when it is held; return it as it is then."""
        self.days += 1
        job = self.attempt(job)
        if job.status == JobStatus.HELD:
            approve_job(job, by=self.world.owner, now=self.now)
            job = self.attempt(self.world.stored(job))
        assert job.status == JobStatus.DONE, (job.status, job.reason, job.hold_reasons)
        assert find_faults(self.world.id) == {}
        return job

    def attempt(self, job: UploadJob) -> UploadJob:
        now = self.now
        number = transitions.start(job.pk, worker="test", now=now)
        assert number is not None
        process(job.pk, number, now=now, clock=lambda: now)
        return self.world.stored(job)

    def send(self, text: str, **asked: Any) -> UploadJob:
        return self.run(self.world.upload(text, **asked))

    def queue_undo(self, job: UploadJob, chosen: Sequence[int] = ()) -> UploadJob:
        return start_undo(job, by=self.world.owner, now=self.now, chosen=chosen)

    def undo(self, job: UploadJob, chosen: Sequence[int] = ()) -> UploadJob:
        return self.run(self.queue_undo(job, chosen))

    def person(self, email: str) -> Learner:
        return Learner.objects.get(**self.world.mine, primary_email_address=email)

    @property
    def license_holders(self) -> dict[str, str]:
        """Who holds or waits for a license of the one pool, by the part of their address before @."""
        (pool,) = self.world.state["pools"].values()
        return {email.split("@")[0]: state for email, state in pool["holders"].items()}

    @property
    def people(self) -> list[str]:
        people = self.world.state.get("learners", [])
        return [person["email"].split("@")[0] for person in people]
