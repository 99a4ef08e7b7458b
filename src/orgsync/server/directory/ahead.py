"""Read what a plan asks of everybody on a connection of its own, while the file is still being taken apart.

The plan's own transaction takes over the snapshot of this one, so that both see the directory of one moment.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

import polars as pl
from django.db import connection

from orgsync.core.columns import ATTRIBUTE_NAMES, CUSTOM_PREFIX
from orgsync.core.directory import FILLED, PEOPLE_KEYS
from orgsync.server.directory.everybody import CountedDirectory
from orgsync.server.directory.needs import read_claims
from orgsync.server.directory.snapshot import consistent_read

_EXPORT: Final = "SELECT pg_export_snapshot()"


class ReadAhead:
    """The feed's claims and counts of everybody, on their way; used as a context, within which the plan is made."""

    def __init__(self, organization_id: int, feed_id: int, fields: Sequence[str]) -> None:
        """Begin; `fields` are those of which counts will most likely be asked."""
        names = [name for name in fields if name in ATTRIBUTE_NAMES or name.startswith(CUSTOM_PREFIX)]
        counted = CountedDirectory(organization_id, feed_id)
        # One thread, which is one connection: what it reads, it reads one after the other, in one transaction.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        self._look = ExitStack()
        self._snapshot = self._thread.submit(self._begin)
        self._claims = self._thread.submit(read_claims, organization_id, feed_id)
        self.counted = CountedAhead(
            counted,
            names,
            people_ahead=self._thread.submit(counted.people, names),
            licenses_ahead=self._thread.submit(counted.licenses),
            memberships_ahead=self._thread.submit(counted.memberships),
        )

    def snapshot(self) -> str:
        """Return the name of the snapshot, for `consistent_read`."""
        return self._snapshot.result()

    def claims(self) -> pl.DataFrame:
        """Wait for what `needs.read_claims` returns."""
        return self._claims.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.counted.cancel()
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


@dataclass(frozen=True, slots=True)
class CountedAhead:
    """`core.directory.Everybody`, most of which was counted before anybody asked."""

    counted: CountedDirectory
    names: Sequence[str]
    people_ahead: Future[pl.DataFrame]
    licenses_ahead: Future[pl.DataFrame]
    memberships_ahead: Future[pl.DataFrame]

    def people(self, names: Sequence[str]) -> pl.DataFrame:
        if not set(names) <= set(self.names):
            return self.counted.people(names)
        return self.people_ahead.result().select(*PEOPLE_KEYS, "count", *(f"{FILLED}{name}" for name in names))

    def licenses(self) -> pl.DataFrame:
        return self.licenses_ahead.result()

    def memberships(self) -> pl.DataFrame:
        return self.memberships_ahead.result()

    def assignments(self) -> pl.DataFrame:
        return self.counted.assignments()

    def values(self, name: str) -> pl.DataFrame:
        return self.counted.values(name)

    def cancel(self) -> None:
        """Do not begin any more what nobody has asked for."""
        for coming in (self.people_ahead, self.licenses_ahead, self.memberships_ahead):
            coming.cancel()
