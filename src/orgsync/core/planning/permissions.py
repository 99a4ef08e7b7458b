"""Admin permissions of learners. They count only when the token may give them."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import PERMISSION_NAMES
from orgsync.core.directory import Directory
from orgsync.core.groupnames import parse_group_limit
from orgsync.core.issuerows import file_issues, issue_rows, no_issues, worded
from orgsync.core.issues import FileIssue
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.later import keep_permissions

PERMISSIONS: Final = pl.Schema(
    {
        "learner_id": pl.Int64,
        "permission": pl.String,
        "before": pl.String,
        "after": pl.String,
        "row_number": pl.Int64,
    }
)


@dataclass(frozen=True, slots=True)
class Permissions:
    """`changes`: `PERMISSIONS`, scopes as `yes` or `group:A,group:B`, only where they differ."""

    changes: pl.DataFrame
    issues: pl.DataFrame


def plan_permissions(named: pl.DataFrame, directory: Directory, policy: Policy) -> Permissions:
    """Compare the permission cells of valid rows with what stands."""
    columns = [name for name in PERMISSION_NAMES if name in named.columns]
    nothing = pl.DataFrame(schema=PERMISSIONS)
    if not columns:
        return Permissions(nothing, no_issues())
    if not policy.allows_permissions:
        refused = [FileIssue(kinds.NOT_ALLOWED, kinds.NOT_ALLOWED.wording.format(column=c), c) for c in columns]
        return Permissions(nothing, file_issues(refused))
    changes = pl.concat([nothing, *(_plan_column(name, named, directory) for name in columns)])
    changes, later = keep_permissions(changes, policy)
    if policy.mode is not Mode.ADDITIONS_ONLY:
        return Permissions(changes, later)
    kind, had_one = kinds.SKIPPED_BY_MODE, pl.col("before").is_not_null()
    what = pl.lit("A new value of ") + pl.col("permission")
    skipped = issue_rows(changes.filter(had_one), kind, column=pl.col("permission"), message=worded(kind, what=what))
    return Permissions(changes.filter(~had_one), pl.concat([skipped, later]))


def _plan_column(name: str, named: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    said = named.filter(pl.col(name).is_not_null()).select("learner_id", "row_number", cell=name)
    scopes = {cell: _scope(cell) for cell in said["cell"].unique()}
    cells = pl.DataFrame(
        {"cell": list(scopes), "after": list(scopes.values())}, schema={"cell": pl.String, "after": pl.String}
    )
    current = directory.permissions.filter(pl.col("permission") == name).select("learner_id", before="scope")
    return (
        said.join(cells, on="cell", how="left", maintain_order="left")
        .join(current, on="learner_id", how="left", maintain_order="left")
        .filter(pl.col("before").ne_missing(pl.col("after")))
        .with_columns(permission=pl.lit(name))
        .select(list(PERMISSIONS))
    )


def _scope(cell: str) -> str | None:
    """Return the stored form of a checked cell; None takes the permission away."""
    limit = parse_group_limit(cell)
    if isinstance(limit, list):
        return ",".join(f"group:{name}" for name in sorted(limit))
    return "yes" if limit == "yes" else None
