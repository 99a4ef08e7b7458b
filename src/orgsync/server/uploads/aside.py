"""Write a job's files while the database takes the plan in: neither waits for the other, and both must have ended."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from orgsync.server.uploads.draft import Draft, without_lines
from orgsync.server.uploads.media import discard
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import Files, Stored, record_files, write_applied_results, write_plan

if TYPE_CHECKING:
    from orgsync.server.uploads.receive import Received

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class FilesAside:
    """Results and plan of a draft that is being applied; used as a context, it leaves no file that no row names."""

    def __init__(self, job: UploadJob, *, now: datetime) -> None:
        self._job = job
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")
        self._other = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside-files")
        self._coming: list[Future[Received]] = []

    def begin(self, draft: Draft) -> None:
        """Begin to write the files of a draft; what was begun for an earlier one is dropped.

        The plan first, and the results without it: its lines are three a person, and gone from memory then.
        """
        self._drop()
        plan = self._thread.submit(write_plan, self._job, draft.plan, now=self._now)
        result = self._thread.submit(write_applied_results, self._job, without_lines(draft), now=self._now)
        self._coming = [result, plan]

    def then(self, work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> Future[_Made]:
        """Begin other work of the same kind once the files are written: both at once would need the memory of both."""
        return self._thread.submit(work, *given, **named)

    def beside(self, work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> Future[_Made]:
        """Begin other work that needs little memory, at once."""
        return self._other.submit(work, *given, **named)

    def record(self) -> Files:
        """Wait until the files are durable and store their rows, in the caller's transaction; raise what failed."""
        return record_files(self._job, Stored(*(coming.result() for coming in self._coming)))

    def _drop(self) -> None:
        for coming in self._coming:
            if not coming.cancel() and coming.exception() is None:
                discard(coming.result())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._drop()
        self._thread.shutdown()
        self._other.shutdown()
