"""Read what a plan asks of everybody on a connection of its own, while the file is still being taken apart.

The plan's own transaction takes over the snapshot of this one, so that both see the directory of one moment.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final, Self

import polars as pl
from django.db import connection

from orgsync.server.directory.everybody import CountedBefore, CountedDirectory, countable
from orgsync.server.directory.headcounts import best_counts
from orgsync.server.directory.needs import read_claims
from orgsync.server.directory.snapshot import consistent_read

_EXPORT: Final = "SELECT pg_export_snapshot()"


class ReadAhead:
    """The feed's claims and counts of everybody, on their way; used as a context, within which the plan is made."""

    def __init__(self, organization_id: int, feed_id: int, fields: Sequence[str]) -> None:
        """Begin; `fields` are those of which counts will most likely be asked."""
        names = countable(fields)
        # One thread, which is one connection: what it reads, it reads one after the other, in one transaction.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        self._look = ExitStack()
        self._snapshot = self._thread.submit(self._begin)
        self._claims = self._thread.submit(read_claims, organization_id, feed_id)
        best = self._thread.submit(best_counts, organization_id, feed_id)
        self._counts = [
            self._thread.submit(lambda: best.result().people(names)),
            self._thread.submit(lambda: best.result().licenses()),
            self._thread.submit(lambda: best.result().memberships()),
        ]
        results = [coming.result for coming in self._counts]
        self.counted = CountedBefore(CountedDirectory(organization_id, feed_id), names, *results)

    def snapshot(self) -> str:
        """Return the name of the snapshot, for `consistent_read`."""
        return self._snapshot.result()

    def claims(self) -> pl.DataFrame:
        """Wait for what `needs.read_claims` returns."""
        return self._claims.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What nobody has asked for is not begun any more.
        for coming in self._counts:
            coming.cancel()
        self._thread.submit(self._end)
        self._thread.shutdown()

    def _begin(self) -> str:
        self._look.enter_context(consistent_read())
        with connection.cursor() as cursor:
            cursor.execute(_EXPORT)
            name: str = cursor.fetchone()[0]
            return name

    def _end(self) -> None:
        self._look.close()
        connection.close()
