"""How far an attempt is, for pages and tracking calls."""

from django.db import connection
from django.utils import timezone

from orgsync.server.uploads import transitions
from orgsync.server.uploads.models import UploadJob


class Progress:
    """Reports phases of one attempt; each report is committed at once and raises LostAttempt like any write."""

    def __init__(self, job: UploadJob, attempt: int) -> None:
        self.job = job
        self.attempt = attempt
        self.total = 0

    def phase(self, name: str, done: int = 0) -> None:
        """Say which phase begins. Not to be called inside a transaction: nobody would see it before its end."""
        if connection.in_atomic_block:
            raise RuntimeError("Progress inside a transaction would show only when it is over.")
        transitions.report_progress(self.job, self.attempt, phase=name, done=done, total=self.total, now=timezone.now())
