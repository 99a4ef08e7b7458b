"""Who joins and leaves which group by this file. A person is in while one reason stands."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import CLEAR_TOKEN, GROUP_PREFIX
from orgsync.core.directory import REASON_FILE, REASON_HAND, REASON_RULE, REASON_SCIM, Directory
from orgsync.core.groupnames import group_names
from orgsync.core.issuerows import issue_rows, no_issues, worded
from orgsync.core.model import Mode
from orgsync.core.normalize import fold_key
from orgsync.core.plan import Policy
from orgsync.core.planning.kept import stays_out
from orgsync.core.planning.later import left_for_later
from orgsync.core.planning.overtaken import give_way_in_groups

LIST_FIELDS: Final = ("groups", "add_to_groups", "remove_from_groups")
MEMBERSHIPS: Final = pl.Schema(
    {"learner_id": pl.Int64, "group_id": pl.Int64, "before": pl.Int16, "after": pl.Int16, "row_number": pl.Int64}
)
NEW_GROUPS: Final = pl.Schema({"group_id": pl.Int64, "group_name": pl.String, "group_key": pl.String})
_EVERY_REASON: Final = REASON_FILE | REASON_HAND | REASON_RULE | REASON_SCIM
_WISHES: Final = pl.Schema(
    {
        "row_number": pl.Int64,
        "learner_id": pl.Int64,
        "group_name": pl.String,
        "group_key": pl.String,
        "is_wanted": pl.Boolean,
        "rank": pl.Int8,  # set < add < remove, the order inside a row
    }
)


@dataclass(frozen=True, slots=True)
class Memberships:
    """`changes`: `MEMBERSHIPS`, only where before and after differ; `new_groups`: `NEW_GROUPS`."""

    changes: pl.DataFrame
    new_groups: pl.DataFrame
    issues: pl.DataFrame

    @property
    def moves(self) -> pl.DataFrame:
        """The changes by which somebody joins or leaves; to gain or lose one of several reasons is no event."""
        return self.changes.filter((pl.col("before") == 0) != (pl.col("after") == 0))


def plan_memberships(named: pl.DataFrame, directory: Directory, policy: Policy) -> Memberships:
    """Work out the memberships of everybody named by a valid row (`row_number`, `learner_id` and the cells)."""
    wishes = _wishes(named)
    sets_list = _sets_list(named)
    if wishes.is_empty() and sets_list.is_empty():
        return Memberships(pl.DataFrame(schema=MEMBERSHIPS), pl.DataFrame(schema=NEW_GROUPS), no_issues())
    known, new = _groups(wishes, directory)
    wanted = _last_wish(wishes.join(known, on="group_key", how="left", maintain_order="left"))
    # People may put somebody into a rule group or keep them out of it; files have no say there.
    is_closed = pl.col("is_rule") & pl.lit(not policy.by_hand)
    by_rule, wanted = wanted.filter(is_closed), wanted.filter(~is_closed)
    wanted, denied = (wanted, no_issues()) if policy.by_hand else stays_out(wanted, directory)
    merged, late = give_way_in_groups(_merge(wanted, sets_list, directory, policy), directory)
    issues = [
        *(_rule_groups(by_rule), denied, late),
        *(_kept_by_hand(merged, policy), _skipped(merged, policy), _later(merged, policy)),
    ]
    changes = merged.filter(pl.col("before") != pl.col("after"))
    if policy.mode is Mode.ADDITIONS_ONLY or policy.takes_nothing:
        changes = changes.filter("is_wanted")
    used = new.join(wanted.filter("is_wanted").select("group_key"), on="group_key", how="semi", maintain_order="left")
    return Memberships(changes.select(list(MEMBERSHIPS)), used, pl.concat(issues))


def _wishes(named: pl.DataFrame) -> pl.DataFrame:
    found = [pl.DataFrame(schema=_WISHES)]
    for rank, name in enumerate(LIST_FIELDS):
        if name in named.columns:
            parsed = group_names(named[name].filter(named[name] != CLEAR_TOKEN)).rename({"cell": name})
            lines = named.select("row_number", "learner_id", name).join(parsed, on=name, how="inner")
            found.append(_as_wishes(lines.drop(name), is_wanted=pl.lit(rank < 2), rank=rank))
    for name in named.columns:
        if name.startswith(GROUP_PREFIX):
            shown = name[len(GROUP_PREFIX) :].strip()
            lines = named.filter(pl.col(name).is_in(["yes", "no"])).select(
                "row_number",
                "learner_id",
                group_name=pl.lit(shown),
                group_key=pl.lit(fold_key(shown)),
                is_wanted=pl.col(name) == "yes",
            )
            found.append(_as_wishes(lines, is_wanted=pl.col("is_wanted"), rank=1))
    return pl.concat(found)


def _as_wishes(lines: pl.DataFrame, *, is_wanted: pl.Expr, rank: int) -> pl.DataFrame:
    return lines.with_columns(is_wanted=is_wanted, rank=pl.lit(rank, dtype=pl.Int8)).select(list(_WISHES))


def _sets_list(named: pl.DataFrame) -> pl.DataFrame:
    """Return who has a `groups` cell, and with it a list that replaces the file memberships so far."""
    if "groups" not in named.columns:
        return pl.DataFrame(schema={"learner_id": pl.Int64, "row_number": pl.Int64})
    return named.filter(pl.col("groups").is_not_null()).select("learner_id", "row_number")


def _groups(wishes: pl.DataFrame, directory: Directory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `group_key` → `group_id`, `is_rule` for all groups, and the new ones in order of appearance."""
    new = (
        wishes.sort("row_number", maintain_order=True)
        .unique("group_key", keep="first", maintain_order=True)
        .join(directory.groups, on="group_key", how="anti", maintain_order="left")
        .select("group_name", "group_key")
        .with_row_index("group_id", offset=1)
        .select(group_id=-pl.col("group_id").cast(pl.Int64), group_name="group_name", group_key="group_key")
    )
    known = directory.groups.select("group_key", "group_id", "is_rule")
    return pl.concat([known, new.select("group_key", "group_id", is_rule=pl.lit(value=False))]), new


def _last_wish(wishes: pl.DataFrame) -> pl.DataFrame:
    """Of several words on one group in one row the last counts: set, then add, then remove."""
    if wishes["rank"].n_unique() <= 1:
        return wishes
    return wishes.sort("rank", maintain_order=True).unique(["learner_id", "group_id"], keep="last", maintain_order=True)


def _merge(wanted: pl.DataFrame, sets_list: pl.DataFrame, directory: Directory, policy: Policy) -> pl.DataFrame:
    """Put wishes beside what stands: `learner_id`, `group_id`, `before`, `after`, `row_number`, `is_wanted`.

    `is_named` is false where a list takes a group away by not naming it.
    """
    current = directory.memberships
    said = wanted.select("learner_id", "group_id", "row_number", "is_wanted").join(
        current, on=["learner_id", "group_id"], how="left", maintain_order="left"
    )
    said = said.with_columns(is_named=pl.lit(value=True))
    rules = directory.groups.filter("is_rule").select("group_id")
    unsaid = (
        current.join(sets_list, on="learner_id", how="inner")
        .join(wanted, on=["learner_id", "group_id"], how="anti")
        .join(rules, on="group_id", how="anti")
        .select("learner_id", "group_id", "row_number", is_wanted=pl.lit(value=False), reasons="reasons")
        .with_columns(is_named=pl.lit(value=False))
    )
    before = pl.col("reasons").fill_null(0).cast(pl.Int64)
    takes_hand = REASON_HAND if policy.reads_groups_literally else 0
    gives = REASON_HAND if policy.by_hand else REASON_SCIM if policy.by_scim else REASON_FILE
    takes = _EVERY_REASON if policy.by_hand else gives | takes_hand
    without = before - (before & takes)
    after = pl.when("is_wanted").then(before | gives).otherwise(without)
    return pl.concat([said, unsaid]).with_columns(before=before.cast(pl.Int16), after=after.cast(pl.Int16))


def _rule_groups(by_rule: pl.DataFrame) -> pl.DataFrame:
    kind = kinds.RULE_GROUP
    return issue_rows(
        by_rule,
        kind,
        column="groups",
        message=worded(kind, group=pl.col("group_name")),
    )


def _kept_by_hand(merged: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Warn where a row takes a group away in which the person was put by hand.

    A list warns once, when it takes its own reason away: it does not name what it leaves alone every night.
    """
    if policy.reads_groups_literally or policy.by_hand:
        return no_issues()
    kind = kinds.KEPT_BY_HAND
    moves = (pl.col("before") != pl.col("after")) & pl.lit(policy.mode is not Mode.ADDITIONS_ONLY)
    stays = pl.col("is_named") & (pl.col("before") == pl.col("after"))
    kept = merged.filter(~pl.col("is_wanted") & (pl.col("after") > 0) & (moves | stays))
    return issue_rows(kept, kind, column="groups", message=kind.wording.format(what="A membership"))


def _later(merged: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    if not policy.takes_nothing or policy.mode is Mode.ADDITIONS_ONLY:
        return no_issues()
    left = merged.filter(~pl.col("is_wanted") & (pl.col("before") != pl.col("after")))
    return left_for_later(left, pl.lit("Leaving a group"), column="groups")


def _skipped(merged: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    if policy.mode is not Mode.ADDITIONS_ONLY:
        return no_issues()
    kind = kinds.SKIPPED_BY_MODE
    taken = merged.filter(~pl.col("is_wanted") & (pl.col("before") != pl.col("after")))
    return issue_rows(taken, kind, column="groups", message=kind.wording.format(what="Leaving a group"))
