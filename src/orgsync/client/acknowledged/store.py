"""The folder of one target: what it accepted, what was on the way, and how its files have looked so far.

It holds personal data, so its files have mode 600. Each file is written beside the old one and takes its place whole:
a kill at any moment leaves the state before or the state after.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from orgsync.client.replacing import replacing
from orgsync.client.statefolder import state_folder, target_name

if TYPE_CHECKING:
    import polars as pl

    from orgsync.core.guards import FeedHistory

PEOPLE_FILE: Final = "acknowledged.parquet"
HISTORY_FILE: Final = "history.json"
WAITING: Final = "waiting"
SENDING: Final = "sending"
RUN: Final = "run"


@dataclass(frozen=True, slots=True)
class History:
    """How the files of a target have looked: counts and names of columns, no person's data."""

    fields: tuple[str, ...] = ()
    rows: int | None = None
    fill: Mapping[str, float] = field(default_factory=dict)
    has_applied: bool = False
    days: Mapping[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    """By ISO date, the effects that were applied: guard, target, count."""


class Store:
    """What is remembered of one target between two runs. Write to it only while its lock is held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def run_lock(self) -> Path:
        return self.folder / "run.lock"

    @property
    def waiting(self) -> Path:
        """Folder of rows that were sent in automatic mode and whose results come by mail."""
        return self.folder / WAITING

    def people(self) -> "pl.DataFrame":
        """Return whom the target has accepted."""
        import polars as pl  # noqa: PLC0415

        from orgsync.client.acknowledged.people import nobody  # noqa: PLC0415

        file = self.folder / PEOPLE_FILE
        return pl.read_parquet(file) if file.exists() else nobody()

    def advance(self, accepted: "pl.DataFrame") -> None:
        """Note that the target accepted these rows (as `people.advance` takes them)."""
        from orgsync.client.acknowledged.people import advance  # noqa: PLC0415

        if not accepted.is_empty():
            people = advance(self.people(), accepted)
            with replacing(self.folder / PEOPLE_FILE) as target:
                people.write_parquet(target)
                _to_disk(target)

    def history(self) -> History:
        """Return how the target's files have looked; an empty history before the first one."""
        try:
            facts = json.loads((self.folder / HISTORY_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return History()
        return History(**facts | {"fields": tuple(facts["fields"])})

    def remember(self, history: History) -> None:
        with replacing(self.folder / HISTORY_FILE) as target:
            target.write(json.dumps(asdict(history)).encode())
            _to_disk(target)

    def forget(self) -> list[str]:
        """Remove everything that is remembered but the locks; return the names of what was there."""
        kept = {self.lock, self.run_lock}
        found = sorted(path for path in self.folder.rglob("*") if path.is_file() and path not in kept)
        for path in found:
            path.unlink()
        for path in sorted((path for path in self.folder.rglob("*") if path.is_dir()), reverse=True):
            path.rmdir()
        return [str(path.relative_to(self.folder)) for path in found]


def open_store(server: str, name: str) -> Store:
    """Return the store of a target, in a folder of its own that only we may read.

    Raise StateUnavailable where nothing can be kept.
    """
    folder = state_folder() / target_name(server, name)
    folder.mkdir(mode=0o700, exist_ok=True)
    return Store(folder)


def feed_history(history: History, today: date) -> "FeedHistory":
    """Return the history as guards take it: with the effects of the last days added up."""
    import polars as pl  # noqa: PLC0415

    from orgsync.core.guards import DAYS, EFFECTS, FeedHistory  # noqa: PLC0415

    since = (today - timedelta(days=DAYS)).isoformat()
    lines = [line for day, effects in history.days.items() if day > since for line in effects]
    week = pl.DataFrame(lines, schema=EFFECTS, orient="row").group_by("code", "target").agg(pl.sum("count"))
    return FeedHistory(history.fields, history.rows, history.fill, has_applied=history.has_applied, week=week)


def with_day(history: History, effects: "pl.DataFrame", today: date) -> dict[str, Any]:
    """Return `days` with the effects of a file added to today's, and without days that no guard looks at."""
    from orgsync.core.guards import DAYS  # noqa: PLC0415

    since = (today - timedelta(days=DAYS)).isoformat()
    days = {day: list(lines) for day, lines in history.days.items() if day > since}
    days.setdefault(today.isoformat(), []).extend(effects.rows())
    return days


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
