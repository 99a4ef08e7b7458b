"""Who is meant by each row: `existing_email_address`, then the unique user id, then the e-mail address."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import Directory
from orgsync.core.frames import beside, repeated
from orgsync.core.issuerows import issue_rows, no_issues, worded
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.handrows import dropped_id, judge_by_hand
from orgsync.core.planning.kept import keep_values
from orgsync.core.planning.mergerows import refuse_merges, without_merged
from orgsync.core.planning.moves import resolve_moves
from orgsync.core.planning.overtaken import give_way
from orgsync.core.planning.returns import comes_back, final_end_date
from orgsync.core.rows import CheckedRows

IDENTITY_FIELDS: Final = {
    "existing_email_key": pl.String(),
    "primary_email_key": pl.String(),
    "primary_email_address": pl.String(),
    "unique_user_id": pl.String(),
    "new_unique_user_id": pl.String(),
    "other_email_key": pl.String(),
    "other_user_id": pl.String(),
    "has_scientific_id": pl.Boolean(),
}
_FOUND: Final = ("by_old", "by_id", "by_new_id", "by_mail", "by_other_mail", "by_other_id")


@dataclass(frozen=True, slots=True)
class Matched:
    """Every data row with the person it means.

    `rows` keeps all columns of the checked rows and adds `learner_id` (negative: the row creates a person; null:
    nobody), `is_valid` (narrowed), `is_duplicate` (equal to an earlier row), `target_email_key` and `target_id`
    (String; what the person's keys shall be, null when the row does not say).
    """

    rows: pl.DataFrame
    issues: pl.DataFrame
    present: pl.Series
    """Ids of all learners whom any row names by any key, rows in error included."""
    unidentified_rows: tuple[int, ...]


def match_rows(checked: CheckedRows, directory: Directory, policy: Policy) -> Matched:
    """Find the learner of each row, in the order that the CSV reference gives."""
    rows = _with_identity(checked.rows)
    looked_up = _look_up(rows, directory)
    judged = judge_by_hand(looked_up, directory) if policy.by_hand else _judge(looked_up, directory, policy)
    judged, kept = keep_values(judged, directory, policy)
    judged, overtaken = give_way(judged, directory, policy)
    judged = _refuse_returns(judged, directory, policy)
    issues = [kept, overtaken, _issues_of(judged), _scientific_ids(judged), _lost_zeros(judged)]
    judged = judged.with_columns(is_valid=pl.col("is_valid") & pl.col("error").is_null())

    refused = refuse_merges(judged, directory) if policy.by_hand else no_issues()
    is_refused = pl.col("row_number").is_in(refused["row_number"].implode())
    judged = judged.with_columns(is_valid=pl.col("is_valid") & ~is_refused)
    issues.append(refused)
    judged, repeated = _mark_repeats(judged, checked.rows.columns)
    free = without_merged(judged, directory) if policy.by_hand else directory
    failed = _fail_repeats(judged, resolve_moves(_moving(judged, directory, policy), free))
    fails = pl.col("row_number").is_in(failed["row_number"].implode())
    issues += [repeated.filter(~fails), failed]
    judged = judged.with_columns(is_valid=pl.col("is_valid") & ~fails)
    return Matched(
        rows=judged.select(
            *rows.columns[: len(checked.rows.columns)], "is_duplicate", "learner_id", "target_email_key", "target_id"
        ),
        issues=pl.concat(issues) if issues else no_issues(),
        present=_present(judged),
        unidentified_rows=tuple(
            judged.filter(~pl.col("is_valid") & _names_nobody())["row_number"].sort().to_list(),
        ),
    )


def _with_identity(rows: pl.DataFrame) -> pl.DataFrame:
    missing = {name: kind for name, kind in IDENTITY_FIELDS.items() if name not in rows.columns}
    return rows.with_columns(**{name: pl.lit(None, dtype=kind) for name, kind in missing.items()}).with_columns(
        pl.col("has_scientific_id").fill_null(value=False)
    )


def _look_up(rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Add `by_old`, `by_id`, `by_new_id`, `by_mail` (learner ids) and what is stored of `by_old` and `by_mail`."""
    people = directory.learners.select("learner_id", "email_key", "unique_user_id", "is_active")
    by_mail = people.select("email_key", "learner_id").drop_nulls()
    by_id = people.select("unique_user_id", "learner_id").drop_nulls()
    for left, right, key, name in (
        ("existing_email_key", by_mail, "email_key", "by_old"),
        ("unique_user_id", by_id, "unique_user_id", "by_id"),
        ("new_unique_user_id", by_id, "unique_user_id", "by_new_id"),
        ("primary_email_key", by_mail, "email_key", "by_mail"),
        ("other_email_key", by_mail, "email_key", "by_other_mail"),
        ("other_user_id", by_id, "unique_user_id", "by_other_id"),
    ):
        rows = beside(rows, right.rename({key: left, "learner_id": name}), left)
    holder = people.select(
        by_mail=pl.col("learner_id"), holder_id=pl.col("unique_user_id"), holder_is_active=pl.col("is_active")
    )
    old_holder = people.select(by_old=pl.col("learner_id"), old_holder_id=pl.col("unique_user_id"))
    return beside(beside(rows, old_holder, "by_old"), holder, "by_mail")


def _judge(rows: pl.DataFrame, directory: Directory, policy: Policy) -> pl.DataFrame:
    """Add `learner_id`, `error` (code), `target_email_key`, `target_id`; see the module's text for the order."""
    is_change = pl.col("existing_email_key").is_not_null()
    row_id = pl.col("unique_user_id")
    known = pl.coalesce("by_id", "by_new_id")
    is_done = known.is_not_null() & (known == pl.col("by_mail"))
    renamed = pl.when(is_done).then(known).otherwise(pl.coalesce("by_old", known, "by_mail"))
    # Whoever is found by an address, old or new, must not have another id.
    found_id = pl.when(is_change & pl.col("by_old").is_not_null()).then("old_holder_id").otherwise("holder_id")
    lost_zeros = ((found_id.str.strip_chars_start("0") == row_id) & (found_id != row_id)).fill_null(value=False)
    fits = row_id.is_null() | found_id.is_null() | pl.col("has_scientific_id") | lost_zeros
    plain = pl.when(known.is_not_null()).then(known).when(fits).then(pl.col("by_mail"))
    rows = rows.with_columns(
        is_change=is_change,
        lost_zeros=lost_zeros & known.is_null(),
        known=known,
        person=pl.when(is_change).then(renamed).otherwise(plain),
    )
    rows = rows.with_columns(leaves_domain=_leaves_domain(rows, directory))
    is_new = pl.col("person").is_null()
    stored = pl.col("holder_id")
    error = (
        pl.when(is_change & is_new)
        .then(pl.lit(kinds.UNKNOWN_EXISTING_EMAIL.code))
        .when(is_change & known.is_not_null() & (known != pl.col("person")))
        .then(pl.lit(kinds.DUPLICATE_PROFILE.code))
        .when(is_change & known.is_null() & ~fits)
        .then(pl.lit(kinds.ID_MISMATCH.code))
        .when("leaves_domain")
        .then(pl.lit(kinds.DOMAIN_ONLY.code))
        .when(is_new & pl.col("by_mail").is_not_null() & ~pl.col("holder_is_active") & stored.is_not_null())
        .then(pl.lit(kinds.POSSIBLE_REHIRE.code))
        .when(is_new & pl.col("primary_email_key").is_null())
        .then(pl.lit(kinds.NEW_WITHOUT_EMAIL.code))
        .when(is_new & pl.col("has_scientific_id"))
        .then(pl.lit(kinds.SCIENTIFIC_ID.code))
    )
    keeps_id = (pl.col("has_scientific_id") & pl.col("by_id").is_null()) | pl.col("lost_zeros")
    return rows.with_columns(
        error=error,
        learner_id=pl.coalesce("person", -pl.col("row_number")),
        target_email_key=pl.col("primary_email_key"),
        target_id=pl.when(pl.col("person").is_in(list(policy.drops_ids)))
        .then(dropped_id(pl.col("person")))
        .otherwise(pl.coalesce("new_unique_user_id", pl.when(~keeps_id).then(row_id))),
    )


def _refuse_returns(rows: pl.DataFrame, directory: Directory, policy: Policy) -> pl.DataFrame:
    """Put rows in error that would bring somebody back, where the organization does not let a file do that."""
    if policy.reactivates_returners:
        return rows
    stored = directory.learners.select("learner_id", "is_active", stored_status="worker_status", ended="end_date")
    cells = {"says": _cell(rows, "worker_status"), "end_date_cell": _cell(rows, "end_date")}
    told = beside(rows.select("learner_id", **cells), stored, "learner_id")
    says, was_active, status = pl.col("says"), pl.col("is_active"), pl.col("stored_status")
    ended, ends = pl.col("ended"), final_end_date(pl.col("end_date_cell"), pl.col("ended"), policy)
    refused = told.select(
        refused=comes_back(
            says=says, was_active=was_active, stored_status=status, ended=ended, ends=ends, policy=policy
        )
    )
    code = pl.when(refused.to_series()).then(pl.lit(kinds.REACTIVATION_HELD.code))
    return rows.with_columns(error=pl.coalesce("error", code))


def _cell(rows: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in rows.columns else pl.lit(None, dtype=pl.String)


def _moving(judged: pl.DataFrame, directory: Directory, policy: Policy) -> pl.DataFrame:
    """Return the rows with the keys that will really move: a file that only adds moves no key that is stored."""
    if policy.mode is not Mode.ADDITIONS_ONLY:
        return judged
    stored = directory.learners.select("learner_id", stored_id="unique_user_id")
    is_new = pl.col("learner_id") < 0
    return beside(judged, stored, "learner_id").with_columns(
        target_email_key=pl.when(is_new).then("target_email_key"),
        target_id=pl.when(pl.col("stored_id").is_null()).then("target_id"),
    )


def _leaves_domain(rows: pl.DataFrame, directory: Directory) -> pl.Series:
    """Say where `domain_name_change` is TRUE and more than the part behind @ would change."""
    if "domain_name_change" not in rows.columns:
        return pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    stored = directory.learners.select(person="learner_id", stored_key="email_key")
    local = pl.col("primary_email_key").str.split("@").list.first()
    is_other = local != pl.col("stored_key").str.split("@").list.first()
    marked = (pl.col("domain_name_change") == "true") & is_other
    return beside(rows, stored, "person").select(marked.fill_null(value=False)).to_series()


def _issues_of(judged: pl.DataFrame) -> pl.DataFrame:
    """Turn the `error` codes of rows that are otherwise valid into issues."""
    failed = judged.filter(pl.col("is_valid") & pl.col("error").is_not_null())
    codes = set(failed["error"].unique())
    found = [
        issue_rows(failed.filter(pl.col("error") == code), kind, message=kind.wording.format(column="unique_user_id"))
        for code, kind in kinds.KINDS_BY_CODE.items()
        if code in codes
    ]
    return pl.concat(found) if found else no_issues()


def _scientific_ids(judged: pl.DataFrame) -> pl.DataFrame:
    known = judged.filter(pl.col("is_valid") & pl.col("has_scientific_id") & (pl.col("learner_id") > 0))
    return issue_rows(
        known,
        kinds.SCIENTIFIC_ID_KNOWN,
        column="unique_user_id",
        message=kinds.SCIENTIFIC_ID_KNOWN.wording.format(column="unique_user_id"),
    )


def _lost_zeros(judged: pl.DataFrame) -> pl.DataFrame:
    return issue_rows(
        judged.filter(pl.col("is_valid") & pl.col("lost_zeros") & (pl.col("learner_id") > 0)),
        kinds.LEADING_ZEROS_LOST,
        column="unique_user_id",
        message=kinds.LEADING_ZEROS_LOST.wording.format(column="unique_user_id"),
    )


def _mark_repeats(judged: pl.DataFrame, cells: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the first valid row of each person; equal repeats are duplicates of `first_row`, others are in error.

    Two rows that create somebody mean the same person when they share the address or the id.
    """
    valid = judged.filter("is_valid").select("row_number", "learner_id", "target_email_key", "target_id")
    valid = valid.filter(_may_repeat(valid))
    first = pl.col("row_number").first()
    is_new = pl.col("learner_id") < 0
    same_id = pl.when(pl.col("target_id").is_not_null()).then(first.over("target_id", is_new))
    firsts = valid.with_columns(
        pl.when(is_new)
        .then(pl.min_horizontal(first.over("target_email_key", is_new), same_id))
        .otherwise(first.over("learner_id"))
        .alias("first_row")
    ).filter(pl.col("first_row") < pl.col("row_number"))
    if firsts.is_empty():
        nothing = pl.lit(None, dtype=pl.Int64)
        return judged.with_columns(is_duplicate=pl.lit(value=False), first_row=nothing), no_issues()

    repeats = firsts.select("row_number", "first_row")
    shown = [name for name in cells if name not in {"row_number", "is_valid"}]
    pairs = repeats.join(judged.select("row_number", *shown), on="row_number").join(
        judged.select(pl.col("row_number").alias("first_row"), *shown), on="first_row", suffix="_first"
    )
    equal = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_first")) for name in shown)
    pairs = pairs.select("row_number", "first_row", is_equal=equal)
    issues = [
        issue_rows(
            pairs.filter(chosen),
            kind,
            message=worded(kind, row=pl.col("first_row").cast(pl.String)),
        )
        for kind, chosen in ((kinds.DUPLICATE_ROW, pl.col("is_equal")), (kinds.CONFLICTING_ROW, ~pl.col("is_equal")))
    ]
    judged = judged.join(pairs, on="row_number", how="left", maintain_order="left").with_columns(
        is_duplicate=pl.col("is_equal").fill_null(value=False),
        is_valid=pl.col("is_valid") & pl.col("is_equal").fill_null(value=True),
    )
    return judged.drop("is_equal"), pl.concat(issues)


def _fail_repeats(judged: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Add to `failed` the rows that equal one of its rows: what they repeat was not applied."""
    equal = judged.filter("is_duplicate").select("row_number", "first_row")
    repeated = failed.rename({"row_number": "first_row"}).join(equal, on="first_row", how="inner")
    return pl.concat([failed, repeated.select(failed.columns)])


def _may_repeat(rows: pl.DataFrame) -> pl.Series:
    """Leave only rows that share a key with another one: the windows that follow are dear for a million rows."""
    return repeated(rows["learner_id"]) | repeated(rows["target_email_key"]) | repeated(rows["target_id"])


def _names_nobody() -> pl.Expr:
    return pl.all_horizontal(pl.col(name).is_null() for name in _FOUND)


def _present(judged: pl.DataFrame) -> pl.Series:
    named = [judged[name] for name in _FOUND]
    return pl.concat(named).drop_nulls().unique().alias("learner_id")
