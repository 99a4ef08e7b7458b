"""Wait for an upload job, asking often at first and once a minute in the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from orgsync.client.answers import UploadJob
from orgsync.client.errors import StillRunning


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to ask and for how long, in seconds."""

    first: float = 0.25
    longest: float = 60.0
    limit: float = 7200.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait_after(self, passed: float) -> float:
        """Return the next wait: a tenth of the time passed, so that the end is seen at most a tenth too late."""
        return min(max(self.first, passed / 10), self.longest)


GENTLE_FIRST_WAIT = 5.0
"""First wait at servers of others, whose limits nobody knows."""


def watch(ask: Callable[[], UploadJob], pace: Pace, on_answer: Callable[[UploadJob], None]) -> UploadJob:
    """Ask until the job is settled and return it. A status that we do not know means "still running".

    Raise StillRunning when the limit is over; the job goes on without us.
    """
    start = pace.clock()
    while True:
        job = ask()
        on_answer(job)
        if job.is_settled:
            return job
        passed = pace.clock() - start
        if passed >= pace.limit:
            raise StillRunning(job.id, job.status, pace.limit)
        pace.sleep(min(pace.wait_after(passed), pace.limit - passed))
