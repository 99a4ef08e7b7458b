"""The guards that need no directory: whether a full file looks like the last one. The server has all the others."""

import hashlib
from dataclasses import replace
from datetime import date

import polars as pl

from orgsync.client.acknowledged.store import History, feed_history
from orgsync.core.checking import CheckedFile
from orgsync.core.directory import Directory
from orgsync.core.guards import Case, HoldReason, Overrides, fill_of, reasons_to_hold
from orgsync.core.issuerows import no_issues
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.build import build_plan
from orgsync.core.rows import CheckedRows


def reasons_at_home(
    file: CheckedFile, mode: Mode | None, history: History, guard: Overrides, *, today: date
) -> tuple[HoldReason, ...]:
    """Return why the file should not leave the house before a person has looked at it."""
    nothing = CheckedRows(file.checked.rows.clear(), no_issues())
    empty = build_plan(nothing, file.layout, Directory(), Policy(today=today))
    rows = file.checked.rows.select("row_number", status=pl.lit(""), learner_id=pl.lit(None, pl.Int64))
    case = Case(
        plan=replace(empty, outcome=rows),
        layout=file.layout,
        issues=file.issues,
        directory=Directory(),
        mode=mode or Mode.CHANGES,
        history=feed_history(history, today),
        fill=fill_of(file.checked, file.layout),
    )
    return reasons_to_hold(case, guard)


def history_after(file: CheckedFile, mode: Mode | None, history: History) -> History:
    """Return what to remember of a file that was taken; only full files are compared."""
    if mode is not Mode.FULL:
        return history
    fill = fill_of(file.checked, file.layout)
    return History(file.layout.fields, file.row_count, fill, has_applied=True, days=history.days)


def digest_of(sha256: str, reasons: tuple[HoldReason, ...]) -> str:
    """Return what stands for exactly this file and these reasons."""
    facts = [sha256, *((reason.code, reason.count, reason.base) for reason in reasons)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
