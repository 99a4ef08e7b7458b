"""Write a job's files while the database takes the plan in: neither waits for the other, and both must have ended."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import ParamSpec, Self, TypeVar

from orgsync.server.uploads.draft import Draft
from orgsync.server.uploads.media import discard
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.reporting import Files, Stored, record_files, write_files

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class FilesAside:
    """Results and plan of a draft that is being applied; used as a context, it leaves no file that no row names."""

    def __init__(self, job: UploadJob, *, now: datetime) -> None:
        self._job = job
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")
        self._coming: Future[Stored] | None = None

    def begin(self, draft: Draft) -> None:
        """Begin to write the files of a draft; what was begun for an earlier one is dropped."""
        self._drop()
        self._coming = self._thread.submit(write_files, self._job, draft, is_held=False, now=self._now)

    def then(self, work: Callable[_Given, _Made], *given: _Given.args, **named: _Given.kwargs) -> Future[_Made]:
        """Begin other work of the same kind once the files are written: both at once would need the memory of both."""
        return self._thread.submit(work, *given, **named)

    def record(self) -> Files:
        """Wait until the files are durable and store their rows, in the caller's transaction; raise what failed."""
        assert self._coming is not None
        return record_files(self._job, self._coming.result())

    def _drop(self) -> None:
        if self._coming is None or self._coming.cancel() or self._coming.exception() is not None:
            return
        for received in self._coming.result():
            discard(received)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._drop()
        self._thread.shutdown()
