"""How long the phases of an attempt take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from orgsync.server.monitoring import tracing
from orgsync.server.uploads.models import UploadJob


@dataclass(slots=True)
class Phases:
    """A stop watch: one phase ends where the next one begins."""

    took: dict[str, float] = field(default_factory=dict)
    """Seconds by phase; of one that came twice, together."""
    _running: str = ""
    _since: float = 0.0
    _span: Any = None

    def begin(self, phase: str) -> None:
        self.end()
        self._running, self._since = phase, time.monotonic()
        self._span = tracing.begin(phase)

    def end(self) -> None:
        if self._running:
            self.took[self._running] = self.took.get(self._running, 0.0) + time.monotonic() - self._since
            tracing.end(self._span)
        self._running = ""


@contextmanager
def timed(job: UploadJob, number: int) -> Iterator[Phases]:
    """Give a stop watch; when the block ends well, write what it shows to the job's row.

    In a statement of its own, after whatever the attempt has committed: a figure that is lost is no harm.
    """
    phases = Phases()
    try:
        yield phases
    finally:
        phases.end()
    took = {f"{phase}_ms": round(1000 * seconds) for phase, seconds in phases.took.items()}
    UploadJob.objects.filter(organization_id=job.organization_id, id=job.pk, attempts=number).update(**took)
