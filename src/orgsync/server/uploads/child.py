"""The process that does the work of one worker: `python -m orgsync.server.uploads.child`.

For every line `<job id> <attempt> [<request id>]` on standard input it processes that attempt and answers with one
line. It ends when its worker does, when it has stayed too large (its last answer says so), and by any error: then there
is no answer, and the worker looks at the job's row to see whether there is an outcome.
"""

import gc
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

import django
import structlog
from django.db import connections
from django.utils import timezone

from orgsync.server.env import log_settings
from orgsync.server.monitoring import logs, tracing
from orgsync.server.monitoring.starting import start
from orgsync.server.uploads.storage import STORAGE_ERRORS, storage

ANSWER: Final = "ended\n"
LAST_ANSWER: Final = "ended, and so do I\n"
LARGEST: Final = 500_000_000
"""Bytes of memory that are not given back after an attempt, from which on the process makes room for a fresh one."""
GIVEN_BACK_SECONDS: Final = 0.5
"""For how long that is waited for: the allocator gives back a tenth of a second later (`children.MALLOC`)."""
LOOK_SECONDS: Final = 0.05
FIRST_TO_GO: Final = "800"
YIELDING: Final = 5
"""How much nicer than the rest: pages and answers go before a file, and the database before what prepares its rows."""
STORAGE_SECONDS: Final = 2.0
"""Between two looks whether storage is back."""
OUT_OF_MEMORY_SCORE: Final = Path("/proc/self/oom_score_adj")
MEMORY: Final = Path("/proc/self/statm")

log = logging.getLogger(__name__)


def main() -> int:
    """Serve until standard input ends."""
    # Ctrl-C is for the worker, which drains.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(YIELDING)
    if OUT_OF_MEMORY_SCORE.exists():
        # When memory runs out the system shall end this process, not the worker or the database.
        OUT_OF_MEMORY_SCORE.write_text(FIRST_TO_GO, encoding="ascii")
    # Only answers may go where the worker listens; whatever else is printed joins the log.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    sys.excepthook = report
    logs.configure(log_settings())
    django.setup()
    start("upload")
    _serve(sys.stdin, answers)
    return 0


def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log where an error came from, but not its text: the database quotes rows, and rows are people."""
    log.error("The attempt failed.", exc_info=(kind, error, trace))


def await_storage() -> None:
    """Return when storage can be written to: the next attempt is not to be used up before it is back.

    There is no end to it but the worker's patience with an attempt.
    """
    while True:
        try:
            storage().check()
        except (*STORAGE_ERRORS, OSError) as error:
            log.warning("Waiting for storage: %s", type(error).__name__)
            time.sleep(STORAGE_SECONDS)
        else:
            return


def memory_held() -> int:
    """Return the memory that this process keeps, in bytes; where the system does not tell, the most it ever had."""
    if MEMORY.exists():
        return int(MEMORY.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def stays_large() -> bool:
    """Return whether the process keeps more than `LARGEST`, after a moment in which what is free can be given back."""
    if memory_held() <= LARGEST:
        return False
    gc.collect()
    deadline = time.monotonic() + GIVEN_BACK_SECONDS
    while memory_held() > LARGEST:
        if time.monotonic() > deadline:
            return True
        time.sleep(LOOK_SECONDS)
    return False


def _serve(orders: Iterable[str], answers: TextIO) -> None:
    # Models can be imported only once Django is set up.
    from orgsync.server.uploads.pipeline import process  # noqa: PLC0415
    from orgsync.server.uploads.transitions import LostAttempt  # noqa: PLC0415

    for order in orders:
        job_id, attempt, *cause = order.split()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=int(job_id), attempt=int(attempt))
        if cause:
            structlog.contextvars.bind_contextvars(request_id=cause[0])
        try:
            with tracing.span("upload job", {"orgsync.job": int(job_id), "orgsync.attempt": int(attempt)}):
                process(int(job_id), int(attempt), now=timezone.now())
        except LostAttempt as lost:
            log.warning("%s", lost)
        except STORAGE_ERRORS:
            connections.close_all()
            await_storage()
            raise
        connections.close_all()
        is_last = stays_large()
        answers.write(LAST_ANSWER if is_last else ANSWER)
        answers.flush()
        if is_last:
            return


if __name__ == "__main__":
    sys.exit(main())
