"""One attempt at one job, as the pipeline hands it from stage to stage."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from orgsync.server.uploads import transitions
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.phases import Phases


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt and its times."""

    job: UploadJob
    number: int
    began_at: datetime
    """When it began: the time of everything that it changes."""
    clock: Callable[[], datetime]
    """Says when it ends."""
    phases: Phases
    is_attended: bool = False
    """Whether somebody waits for the answer and sees it: then no mail tells of a failure."""

    def report(self, phase: str, *, total: int = 0, done: int = 0) -> None:
        """Show the phase that begins; raise LostAttempt when the job moved on.

        Not to be called inside a transaction: nobody would see it before its end.
        """
        if connection.in_atomic_block:
            raise RuntimeError("Progress inside a transaction would show only when it is over.")
        self.phases.begin(phase)
        transitions.report_progress(self.job, self.number, phase=phase, done=done, total=total, now=self.clock())
