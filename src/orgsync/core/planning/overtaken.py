"""A held file that is applied late gives way to what later files of its feed have written since.

`Directory.overtaken` names what they wrote (`OVERTAKEN_SCHEMA`). The cells of the late file that say otherwise count
as not there, each with a warning.
"""

from dataclasses import replace

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import ACTIVE, SCHEDULED, WAITING, Directory
from orgsync.core.issuerows import ISSUE_SCHEMA, issue_rows, no_issues, worded
from orgsync.core.plan import Policy
from orgsync.core.planning.kept import keep_values

_LICENSE = "license:"
_GROUP = "group:"


def give_way(rows: pl.DataFrame, directory: Directory, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take back what the rows say of values and licenses that a later file wrote; return rows and warnings.

    `rows` are those of `keep_values`.
    """
    if directory.overtaken.is_empty():
        return rows, no_issues()
    # The same rules as for what people keep by hand: only who decided differs.
    settled = replace(
        directory, overrides=directory.overtaken, feeds_above=(), claims_above=directory.claims_above.clear()
    )
    rows, kept = keep_values(rows, settled, policy)
    kind = kinds.OVERTAKEN
    values = kept.with_columns(
        severity=pl.lit(kind.severity.value), code=pl.lit(kind.code), message=worded(kind, what=pl.col("column"))
    )
    found = [values.select(list(ISSUE_SCHEMA))]
    for pool_id, key in directory.pools.select("pool_id", "pool_key").iter_rows():
        if (name := f"{_LICENSE}{key}") in rows.columns:
            rows, licenses = _give_way_license(rows, directory, pool_id, name)
            found.append(licenses)
    return rows, pl.concat(found)


def _give_way_license(
    rows: pl.DataFrame, directory: Directory, pool_id: int, name: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    people = directory.overtaken.filter(pl.col("target") == f"{_LICENSE}{pool_id}")["learner_id"]
    is_late = pl.col("learner_id").is_in(people.implode())
    has_one = pl.col("state").is_in([ACTIVE, WAITING, SCHEDULED])
    holders = directory.licenses.filter((pl.col("pool_id") == pool_id) & has_one)["learner_id"]
    holds = pl.col("learner_id").is_in(holders.implode())
    differs = is_late & pl.col(name).is_not_null() & ((pl.col(name) == "active") != holds) & pl.col("is_valid")
    kind, column = kinds.OVERTAKEN, name.removeprefix(_LICENSE)
    issues = issue_rows(rows.filter(differs), kind, column=column, message=kind.wording.format(what="The license"))
    return rows.with_columns(pl.when(~is_late).then(pl.col(name)).alias(name)), issues


def give_way_in_groups(merged: pl.DataFrame, directory: Directory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop what the rows say of memberships that a later file began or ended; return the others and the warnings.

    `merged` has `learner_id`, `group_id`, `row_number`, `before` and `after`.
    """
    late = directory.overtaken.filter(pl.col("target").str.starts_with(_GROUP))
    if late.is_empty():
        return merged, no_issues()
    keys = ["learner_id", "group_id"]
    late = late.select("learner_id", group_id=pl.col("target").str.strip_prefix(_GROUP).cast(pl.Int64)).unique()
    beaten = merged.join(late, on=keys, how="semi").filter(pl.col("before") != pl.col("after"))
    kind = kinds.OVERTAKEN
    issues = issue_rows(beaten, kind, column="groups", message=kind.wording.format(what="A membership"))
    return merged.join(late, on=keys, how="anti", maintain_order="left"), issues
