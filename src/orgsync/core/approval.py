"""An approval names one plan. A later plan goes ahead under it only when it does nothing more; all as sets."""

from typing import Final

import polars as pl

from orgsync.core.plan import REMOVALS, ChangeKind

_KEYS: Final = ["kind", "learner_id", "target"]
_IDENTITY: Final = (
    ChangeKind.EMAIL_CHANGED,
    ChangeKind.ID_CHANGED,
    ChangeKind.REACTIVATED,
    ChangeKind.PERMISSION_CHANGED,
)
_LOST_WITHOUT_SUCCESSOR: Final = (ChangeKind.MANAGER_CHANGED, ChangeKind.PERMISSION_CHANGED)
"""Kinds that take something away where nothing comes in its place."""
_ALIKE: Final = {
    ChangeKind.LICENSE_WAITING.value: ChangeKind.LICENSE_GRANTED.value,
    ChangeKind.LICENSE_SCHEDULED.value: ChangeKind.LICENSE_GRANTED.value,
    ChangeKind.VALUE_CHANGED.value: ChangeKind.VALUE_SET.value,
}
"""Whoever was shown the one has been shown the other: seats that the removals free are not free without them."""


def exceeds_approval(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return the removals in `changes` that `approved` does not hold, person by person and kind by kind.

    Both are `PLAN_SCHEMA`. Never merely as many: an equal number of other people exceeds the approval.
    """
    return changes.filter(_is_removal()).join(
        approved.filter(_is_removal()), on=_KEYS, how="anti", nulls_equal=True, maintain_order="left"
    )


def exceeds_additions(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return what a plan of "additions now" does beyond the additions of `approved`; every removal is beyond them.

    Both are `PLAN_SCHEMA`; `approved` is the whole plan that was shown. Who keeps for now what a rule asks for may
    join its group, and get what is assigned to it.
    """
    # An invitation only follows from a license, and that is looked at.
    is_judged = ~_is_removal() & (pl.col("kind") != ChangeKind.INVITED.value)
    shown, found = (_as_shown(lines.filter(is_judged)) for lines in (approved, changes))
    unseen = found.join(shown, on=["alike", *_KEYS[1:]], how="anti", nulls_equal=True, maintain_order="left")
    keeps = pl.col("learner_id").is_in(removals_of(approved)["learner_id"].drop_nulls().unique().implode())
    joins = pl.col("kind").is_in([ChangeKind.GROUP_JOINED.value, ChangeKind.ASSIGNMENT_OPENED.value])
    joins_meanwhile = joins & keeps.fill_null(value=False)
    return pl.concat([unseen.filter(~joins_meanwhile).drop("alike"), removals_of(changes)])


def exceeds_identity_approval(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return the changes of address, id, return and permissions that `approved` does not hold with the same value.

    Both are `PLAN_SCHEMA`. Asked where admins are concerned: there an approval covers what was seen and nothing else.
    """
    is_identity = pl.col("kind").is_in([kind.value for kind in _IDENTITY])
    return changes.filter(is_identity).join(
        approved.filter(is_identity), on=[*_KEYS, "after"], how="anti", nulls_equal=True
    )


def removals_of(changes: pl.DataFrame) -> pl.DataFrame:
    """Return the lines (`PLAN_SCHEMA`) that take something away."""
    return changes.filter(_is_removal())


def lines_beyond(changes: pl.DataFrame, approved: pl.DataFrame) -> pl.DataFrame:
    """Return every line of `changes` that `approved` lacks (kind, person and target), in the order of a plan.

    Both are `PLAN_SCHEMA`; this is what a person looks at before a plan is approved once more.
    """
    return changes.join(approved, on=_KEYS, how="anti", nulls_equal=True, maintain_order="left")


def _as_shown(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.with_columns(alike=pl.col("kind").replace(_ALIKE))


def _is_removal() -> pl.Expr:
    is_lost = pl.col("kind").is_in([kind.value for kind in _LOST_WITHOUT_SUCCESSOR]) & pl.col("after").is_null()
    return pl.col("kind").is_in([kind.value for kind in REMOVALS]) | is_lost
