"""Which changes of address and id can happen: a target is free when its holder gives it up in the same file.

Swaps and chains work; a row that fails frees nothing, so whoever counted on it fails too, until nothing changes.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import Directory
from orgsync.core.frames import beside, repeated
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.issues import IssueKind

_WISH: Final = ("row_number", "learner_id", "is_change", "known", "unique_user_id", "target_email_key", "target_id")


def resolve_moves(rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return an error for each valid row whose wanted address or id stays with somebody else.

    `rows`: `row_number`, `learner_id`, `is_valid`, `is_duplicate`, `is_change`, `known`, `unique_user_id`,
    `target_email_key`, `target_id`.
    """
    people = directory.learners.select("learner_id", "email_key", stored_id=pl.col("unique_user_id"))
    wanting = (
        rows.select("is_valid", "is_duplicate", *_WISH)
        .filter(pl.col("is_valid") & ~pl.col("is_duplicate"))
        .select(_WISH)
    )
    wanting = beside(wanting, people, "learner_id")
    mails = _wants(wanting, "target_email_key", "email_key", people)
    ids = _wants(wanting, "target_id", "stored_id", people)
    losers = {**_losers(mails, kinds.EMAIL_TAKEN), **_losers(ids, kinds.ID_TAKEN)}
    failed = _propagate(losers, mails, ids)
    return _as_issues(rows, failed)


def _wants(rows: pl.DataFrame, target: str, stored: str, people: pl.DataFrame) -> pl.DataFrame:
    """Return who wants a key that is not theirs: `row_number`, `learner_id`, `target`, `holder`, `owns_one`."""
    holders = people.select(pl.col(stored).alias(target), holder=pl.col("learner_id")).drop_nulls()
    wanting = rows.filter(pl.col(target).is_not_null() & pl.col(target).ne_missing(pl.col(stored)))
    return beside(wanting, holders, target).select(
        "row_number",
        "learner_id",
        pl.col(target).alias("target"),
        "holder",
        owns_one=pl.col(stored).is_not_null(),
        refusal=_refusal() if target == "target_email_key" else pl.lit(kinds.ID_TAKEN.code),
    )


def _refusal() -> pl.Expr:
    """Name what is wrong when the address's holder has no row that gives it up."""
    return (
        pl.when(pl.col("is_change"))
        .then(pl.lit(kinds.EMAIL_TAKEN.code))
        .when(pl.col("learner_id") < 0)
        .then(pl.lit(kinds.ID_MISMATCH.code))
        .otherwise(pl.lit(kinds.DUPLICATE_PROFILE.code))
    )


def _losers(wants: pl.DataFrame, kind: IssueKind) -> dict[int, str]:
    """Of several rows that want the same key the first gets it."""
    # Windows are dear, and hardly any key is wanted twice.
    wanted = wants.select("row_number", "target").filter(repeated(wants["target"]))
    later = wanted.filter(pl.col("row_number") != pl.col("row_number").min().over("target"))
    return dict.fromkeys(later["row_number"].to_list(), kind.code)


def _propagate(failed: dict[int, str], mails: pl.DataFrame, ids: pl.DataFrame) -> dict[int, str]:
    """Follow failures along "needs what the other row frees"; linear in the number of contested keys."""
    waiting: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for wants, kind in ((mails, kinds.EMAIL_TAKEN), (ids, kinds.ID_TAKEN)):
        frees = dict(wants.filter("owns_one").select("learner_id", "row_number").iter_rows())
        contested = wants.filter(pl.col("holder").is_not_null())
        for row, holder, refusal in contested.select("row_number", "holder", "refusal").iter_rows():
            if holder in frees:
                waiting[frees[holder]].append((row, kind.code))
            else:
                failed.setdefault(row, refusal)
    return _spread(failed, waiting)


def _spread(failed: dict[int, str], waiting: dict[int, list[tuple[int, str]]]) -> dict[int, str]:
    stack = list(failed)
    while stack:
        for row, code in waiting.get(stack.pop(), ()):
            if row not in failed:
                failed[row] = code
                stack.append(row)
    return failed


def _as_issues(rows: pl.DataFrame, failed: dict[int, str]) -> pl.DataFrame:
    by_code: dict[str, list[int]] = defaultdict(list)
    for row, code in failed.items():
        by_code[code].append(row)
    found = [_issue(rows, numbers, kinds.KINDS_BY_CODE[code]) for code, numbers in sorted(by_code.items())]
    return pl.concat(found) if found else no_issues()


def _issue(rows: pl.DataFrame, numbers: Iterable[int], kind: IssueKind) -> pl.DataFrame:
    named = pl.DataFrame({"row_number": sorted(numbers)}, schema={"row_number": rows.schema["row_number"]})
    return issue_rows(named, kind, message=kind.wording)
