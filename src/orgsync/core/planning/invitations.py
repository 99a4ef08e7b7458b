"""Who is invited by mail: everybody who gets a license for the first time, once, as many as one job may invite."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import ACTIVE, Directory
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.plan import INVITED, Policy

_LICENSES: Final = ["learner_id", "row_number", "before", "after"]


@dataclass(frozen=True, slots=True)
class Invitations:
    """`people`: `INVITED`, by person; the issues name who would be one too many."""

    people: pl.DataFrame
    issues: pl.DataFrame


def plan_invitations(licenses: pl.DataFrame, merges: pl.DataFrame, directory: Directory, policy: Policy) -> Invitations:
    """Invite whom `licenses` (of `core.planning.licenses`) gives a seat and nobody has ever invited.

    Nor is invited who takes over (`merges`) a record that was. Over the policy's limit the first rows of the file are
    served; who has no row comes last.
    """
    if policy.most_invitations is None:
        return Invitations(pl.DataFrame(schema=INVITED), no_issues())
    gets_seat = (pl.col("after") == ACTIVE) & pl.col("before").ne_missing(pl.lit(ACTIVE))
    granted = licenses.select(_LICENSES).filter(gets_seat.fill_null(value=False))
    absorbed = merges.join(directory.invited, left_on="other_id", right_on="learner_id", how="semi")
    known = pl.concat([directory.invited, absorbed.select("learner_id")])
    new = granted.join(known, on="learner_id", how="anti").select(list(INVITED))
    queue = new.sort("row_number", pl.col("learner_id").abs(), nulls_last=True).unique(
        "learner_id", keep="first", maintain_order=True
    )
    kind, late = kinds.NOT_INVITED, queue.slice(policy.most_invitations)
    told = late.filter(pl.col("row_number").is_not_null())
    message = kind.wording.format(limit=policy.most_invitations)
    return Invitations(queue.head(policy.most_invitations).sort("learner_id"), issue_rows(told, kind, message=message))
