"""Results that came by mail, as automatic mode sends them: they too advance what is known to be accepted."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orgsync.client.acknowledged.store import Store
from orgsync.client.replacing import replacing
from orgsync.client.targets.linkedin.judging import Judgement, judge


@dataclass(frozen=True, slots=True)
class Brought:
    """What a results file said of the rows that waited for it."""

    accepted: int
    waiting: int
    """Rows that wait on: the file does not name them, or does not say that they were taken."""
    judgement: Judgement


def bring_results(file: Path, store: Store) -> Brought | None:
    """Judge what was sent in automatic mode by a results file; None when nothing waits.

    Rows that were accepted are noted and wait no longer. The same file brought twice does no harm.
    """
    files = sorted(store.waiting.glob("*.parquet"))
    if not files:
        return None
    # Of a person who waits in several files the newest row is the one that the target has seen last.
    waiting = {path: pl.read_parquet(path) for path in files}
    accepted, left, last = 0, 0, Judgement(frozenset(), 0)
    for path, rows in waiting.items():
        last = judge(file, rows)
        taken = rows.filter(pl.col("learner_id").is_in(list(last.accepted)))
        store.advance(taken)
        rest = rows.join(taken.select("learner_id"), on="learner_id", how="anti")
        accepted, left = accepted + taken.height, left + rest.height
        _keep(path, rest)
    return Brought(accepted, left, last)


def _keep(path: Path, rest: pl.DataFrame) -> None:
    if rest.is_empty():
        path.unlink()
        return
    with replacing(path) as target:
        rest.write_parquet(target)
