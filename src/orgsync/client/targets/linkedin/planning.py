"""What a file would change at LinkedIn, planned and guarded on this machine before anything leaves it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from orgsync.client.acknowledged.directory import directory_of
from orgsync.client.acknowledged.store import History, Store, feed_history, with_day
from orgsync.client.config import TargetConfig
from orgsync.client.replacing import replacing
from orgsync.client.targets.linkedin.headers import Headers, headers_for, write_part
from orgsync.client.targets.linkedin.parts import Part, split
from orgsync.client.targets.linkedin.preparing import emptied_values, prepare
from orgsync.client.targets.linkedin.telling import what_to_tell
from orgsync.client.targets.linkedin.wishes import wished_people
from orgsync.core.checking import CheckedFile
from orgsync.core.guards import SPARED_IN_FIRST_FILE, Case, HoldReason, Overrides, fill_of, reasons_to_hold
from orgsync.core.model import Mode
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan

HASH_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """A plan against the acknowledged state, with the files that would carry it out."""

    file: CheckedFile
    plan: Plan
    reasons: tuple[HoldReason, ...]
    """Why a person should look at it first."""
    parts: tuple[Part, ...]
    headers: Headers
    emptied: dict[str, list[int]]
    never_known: int
    digest: str
    """Stands for exactly these files and reasons; an approval names it."""
    history: History
    """What is to be remembered once all of it was taken."""

    @property
    def issues(self) -> pl.DataFrame:
        """Everything found: by the check, and by looking at the acknowledged state."""
        return pl.concat([self.file.issues, self.plan.issues])

    @property
    def told(self) -> int:
        """People of whom LinkedIn is told something."""
        return pl.concat([part.rows["learner_id"] for part in self.parts]).n_unique() if self.parts else 0


def plan_for_linkedin(
    file: CheckedFile,
    target: TargetConfig,
    guard: Overrides,
    store: Store,
    *,
    today: date,
    everything: bool = False,
) -> LocalPlan:
    """Compare a checked file with what LinkedIn has accepted; nothing is sent and nothing is remembered."""
    mode = target.mode or Mode.CHANGES
    headers, history = headers_for(target, file.layout), store.history()
    prepared = prepare(file, store.people(), target, headers, today=today)
    directory = directory_of(prepared.people)
    policy = Policy(mode=mode, today=today)
    plan = build_plan(prepared.checked, prepared.layout, directory, policy)
    fill = fill_of(prepared.checked, prepared.layout)
    case = Case(
        plan,
        prepared.layout,
        pl.concat([file.issues, plan.issues]),
        directory,
        mode,
        feed_history(history, today),
        fill,
    )
    reasons = reasons_to_hold(case, guard)
    wished = wished_people(prepared.people, plan, prepared.checked.rows, directory)
    parts = tuple(split(what_to_tell(prepared.people, wished, everything=everything)))
    return LocalPlan(
        file=file,
        plan=plan,
        reasons=reasons,
        parts=parts,
        headers=headers,
        emptied=emptied_values(prepared, plan.outcome),
        never_known=prepared.never_known,
        digest=_digest(parts, headers, reasons),
        history=_after(history, case, prepared.layout.fields, today),
    )


def without_effects(history: History, before: History) -> History:
    """Return the history of a plan that a person approved: its effects are not added to what comes by itself."""
    return replace(history, days=before.days)


def _after(history: History, case: Case, fields: tuple[str, ...], today: date) -> History:
    is_full = case.mode is Mode.FULL
    effects = case.effects
    if case.is_first_file:
        # That everybody is new in a first file says nothing about the days to come.
        effects = effects.filter(~pl.col("code").is_in(list(SPARED_IN_FIRST_FILE)))
    return History(
        fields=fields if is_full else history.fields,
        rows=case.rows if is_full else history.rows,
        fill=dict(case.fill) if is_full else history.fill,
        has_applied=True,
        days=with_day(history, effects, today),
    )


def _digest(parts: tuple[Part, ...], headers: Headers, reasons: tuple[HoldReason, ...]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update("\0".join(headers.of(name) for name in part.fields).encode())
        lists = [name for name in part.fields if part.rows.schema[name] == pl.List(pl.String)]
        rows = part.rows.with_columns(pl.col(name).list.join("\x1f") for name in lists)
        for piece in rows.iter_slices(100_000):
            digest.update(piece.write_csv(include_header=False).encode())
    digest.update(repr([(reason.code, reason.count, reason.base) for reason in reasons]).encode())
    return digest.hexdigest()[:HASH_LENGTH]


def write_parts(plan: LocalPlan, folder: Path) -> list[Path]:
    """Write the files into the folder, each with its rows beside it for the judgement that follows; return them."""
    files = []
    for number, part in enumerate(plan.parts, 1):
        file = folder / f"part-{number}.csv"
        with replacing(file.with_suffix(".parquet")) as rows:
            part.rows.write_parquet(rows)
        write_part(part, plan.headers, file)
        files.append(file)
    return files
