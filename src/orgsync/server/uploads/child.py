"""The child process of one attempt: `python -m orgsync.server.uploads.child <job id> <attempt>`.

How it ends is only for the log: the worker looks at the job's row to see whether there is an outcome.
"""

import logging
import signal
import sys
from pathlib import Path

import django
from django.utils import timezone

FIRST_TO_GO = "800"
OUT_OF_MEMORY_SCORE = Path("/proc/self/oom_score_adj")

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Process one attempt of one job; return 0 also when the job was taken away meanwhile."""
    job_id, attempt = map(int, arguments)
    # Ctrl-C is for the worker, which drains.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if OUT_OF_MEMORY_SCORE.exists():
        # When memory runs out the system shall end this process, not the worker or the database.
        OUT_OF_MEMORY_SCORE.write_text(FIRST_TO_GO, encoding="ascii")
    django.setup()
    return _process(job_id, attempt)


def _process(job_id: int, attempt: int) -> int:
    # Models can be imported only once Django is set up.
    from orgsync.server.uploads.pipeline import process  # noqa: PLC0415
    from orgsync.server.uploads.transitions import LostAttempt  # noqa: PLC0415

    try:
        process(job_id, attempt, now=timezone.now())
    except LostAttempt as lost:
        log.info("%s", lost)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
