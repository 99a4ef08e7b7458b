"""Which rows say that two records are one person: who goes, who stays, and which of these rows cannot be."""

from dataclasses import replace

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import Directory
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.planning.handrows import ABSORBS, TAKES

CLAIMS, GROUPS, POOLS = "claims", "memberships", "licenses"
WHAT = (GROUPS, POOLS, CLAIMS)
"""What the record that stays may take over, beside the values that the edit names."""


def merges_in(rows: pl.DataFrame) -> pl.DataFrame:
    """Return who goes: `row_number`, `learner_id` (who stays), `other_id`, and a Boolean for each of `WHAT`."""
    if ABSORBS not in rows.columns:
        shape = {"row_number": pl.Int64, "learner_id": pl.Int64, "other_id": pl.Int64}
        return pl.DataFrame(schema={**shape, **dict.fromkeys(WHAT, pl.Boolean())})
    takes = pl.col(TAKES).fill_null("").str.split(" ")
    return rows.filter(pl.col(ABSORBS).is_not_null()).select(
        "row_number",
        "learner_id",
        other_id=pl.col(ABSORBS).cast(pl.Int64),
        **{what: takes.list.contains(what) for what in WHAT},
    )


def refuse_merges(rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return an error for each row whose other record cannot go: it is not there, is an admin's, or is edited too."""
    merges = merges_in(rows)
    if merges.is_empty():
        return no_issues()
    known = directory.learners.select(other_id="learner_id", is_admin="is_admin")
    beside = merges.join(known, on="other_id", how="left", maintain_order="left")
    is_edited = pl.col("other_id").is_in(rows["learner_id"].implode()) | pl.col("other_id").is_duplicated()
    refused = beside.filter(pl.col("is_admin").fill_null(value=True) | is_edited)
    kind = kinds.MERGE_REFUSED
    return issue_rows(refused, kind, column=ABSORBS, message=kind.wording)


def without_merged(rows: pl.DataFrame, directory: Directory) -> Directory:
    """Return the directory without those who go: their keys are free."""
    merges = merges_in(rows)
    if merges.is_empty():
        return directory
    return replace(directory, learners=without_others(directory.learners, merges))


def without_others(people: pl.DataFrame, merges: pl.DataFrame) -> pl.DataFrame:
    """Return the people without those who go."""
    return people.join(merges.select(learner_id="other_id"), on="learner_id", how="anti", maintain_order="left")
