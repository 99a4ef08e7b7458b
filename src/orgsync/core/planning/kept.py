"""What of a person a file may not change: what was set by hand, and what a feed higher in the order speaks for."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import ATTRIBUTE_NAMES, CLEAR_TOKEN, CUSTOM_PREFIX
from orgsync.core.directory import Directory, FeedAbove
from orgsync.core.issuerows import issue_rows, no_issues, worded
from orgsync.core.plan import Policy
from orgsync.core.rows import FileLayout

EMAIL: Final = "primary_email_address"
USER_ID: Final = "unique_user_id"
MANAGER: Final = "manager"
STATUS: Final = "worker_status"
_MANAGER_CELLS: Final = ("manager_unique_user_id", "manager_primary_email_address", "manager_email_key")
_NO_NAME: Final = pl.lit(None, dtype=pl.String)


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one field is kept: which columns of the rows go back to what, and when that is worth a warning."""

    field: str
    replaced: dict[str, pl.Expr]
    is_empty: pl.Expr
    """Whether the person has no value yet; a lower feed may fill it."""
    differs: pl.Expr


def keep_values(rows: pl.DataFrame, directory: Directory, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take back what the rows say of values that are not theirs to change; return the rows, and a warning for each.

    `rows` have `row_number`, `learner_id`, `is_valid`, `target_email_key`, `target_id` and the cells. A value is kept
    when a local override stands on it, or when it is not empty and a higher feed that claims the person speaks for
    it. A higher feed's person does not leave by a lower feed's status. Edits by hand are obeyed.
    """
    if policy.by_hand or (directory.overrides.is_empty() and directory.claims_above.is_empty()):
        return rows, no_issues()
    columns = rows.columns
    fields = [name for name in _fields_of(rows) if name == STATUS or name in _fields_kept(directory)]
    beside = rows.join(_marks(directory, fields), on="learner_id", how="left", maintain_order="left")
    issues = [no_issues()]
    for rule in (_rule(name, rows, policy) for name in fields):
        beside, found = _keep(beside, rule, directory.feeds_above)
        issues.append(found)
    return beside.select(columns), pl.concat(issues)


def fields_spoken(layout: FileLayout) -> set[str]:
    """Return what a feed speaks for whose file looks like this."""
    found = {EMAIL, USER_ID} & set(layout.fields)
    manager = {MANAGER} if any(name in layout.fields for name in _MANAGER_CELLS) else set()
    return {*layout.attribute_fields} | found | manager


def is_status_kept(directory: Directory) -> pl.Expr:
    """Say of learners whether a local override stands on their status: then no file makes leavers of them."""
    return _is_among(directory.overrides.filter(pl.col("target") == STATUS))


def stays_out(wanted: pl.DataFrame, directory: Directory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop the wishes to join a group that a person was taken out of by hand; return the others and the warnings.

    `wanted` has `row_number`, `learner_id`, `group_id`, `group_name`, `is_wanted`.
    """
    denied = directory.overrides.filter(pl.col("target").str.starts_with("group:"))
    if denied.is_empty():
        return wanted, no_issues()
    denied = denied.select("learner_id", group_id=pl.col("target").str.strip_prefix("group:").cast(pl.Int64))
    keys = ["learner_id", "group_id"]
    beaten = wanted.filter("is_wanted").join(denied, on=keys, how="semi", maintain_order="left")
    kind = kinds.KEPT_BY_HAND
    what = pl.format("Absence from the group {}", pl.col("group_name"))
    issues = issue_rows(beaten, kind, column="groups", message=worded(kind, what=what))
    others = wanted.join(denied.with_columns(is_wanted=pl.lit(value=True)), on=[*keys, "is_wanted"], how="anti")
    return others, issues


def _fields_of(rows: pl.DataFrame) -> list[str]:
    """Return the fields that the rows speak of."""
    found = [name for name in rows.columns if name in ATTRIBUTE_NAMES or name.startswith(CUSTOM_PREFIX)]
    return [*found, EMAIL, USER_ID, *([MANAGER] if any(name in rows.columns for name in _MANAGER_CELLS) else [])]


def _fields_kept(directory: Directory) -> set[str]:
    named = {name for feed in directory.feeds_above for name in feed.fields}
    return named | set(directory.overrides["target"].unique())


def _marks(directory: Directory, fields: list[str]) -> pl.DataFrame:
    """Return for each learner the stored values (`stored:x`) and whose word counts (`hand:x`, `above:<feed id>`)."""
    people = directory.learners
    bosses = people.select(manager_id="learner_id", boss_id=USER_ID, boss_key="email_key")
    named = people.select(
        "learner_id",
        "manager_id",
        "pending_manager_id",
        "pending_manager_email",
        pl.col("is_active").alias("was_active"),
        *(_stored(name, people).alias(f"stored:{name}") for name in fields if name != MANAGER),
    ).join(bosses, on="manager_id", how="left", maintain_order="left")
    marks = [_is_among(directory.overrides.filter(pl.col("target") == name)).alias(f"hand:{name}") for name in fields]
    marks += [
        _is_among(directory.claims_above.filter(pl.col("feed_id") == feed.feed_id)).alias(f"above:{feed.feed_id}")
        for feed in directory.feeds_above
    ]
    return named.with_columns(marks).rename({"manager_id": "boss"})


def _stored(name: str, people: pl.DataFrame) -> pl.Expr:
    column = "email_key" if name == EMAIL else name
    return pl.col(column) if column in people.columns else pl.lit(None, dtype=pl.String)


def _is_among(links: pl.DataFrame) -> pl.Expr:
    return pl.col("learner_id").is_in(links["learner_id"].unique().implode())


def _rule(name: str, rows: pl.DataFrame, policy: Policy) -> _Rule:
    if name == MANAGER:
        return _manager_rule(rows)
    stored = pl.col(f"stored:{name}")
    if name in {EMAIL, USER_ID}:
        target = "target_email_key" if name == EMAIL else "target_id"
        differs = pl.col(target).is_not_null() & pl.col(target).ne_missing(stored)
        return _Rule(name, {target: pl.lit(None, dtype=pl.String)}, stored.is_null(), differs)
    cell = pl.col(name)
    blank = stored.is_not_null() if name in policy.blank_clears else pl.lit(value=False)
    clears = (cell == CLEAR_TOKEN) & stored.is_null()
    differs = pl.when(cell.is_null()).then(blank).otherwise(cell.ne_missing(stored) & ~clears)
    # A stored status that says active would bring somebody inactive back.
    back = pl.when(pl.col("was_active") | (stored == "inactive")).then(stored) if name == STATUS else stored
    return _Rule(name, {name: back}, stored.is_null(), differs)


def _manager_rule(rows: pl.DataFrame) -> _Rule:
    cells = [name for name in _MANAGER_CELLS if name in rows.columns]
    said_id = pl.col(_MANAGER_CELLS[0]) if _MANAGER_CELLS[0] in cells else _NO_NAME
    said_key = pl.col(_MANAGER_CELLS[2]) if _MANAGER_CELLS[2] in cells else _NO_NAME
    is_same = (
        (said_id == pl.col("boss_id")).fill_null(value=False)
        | (said_key == pl.col("boss_key")).fill_null(value=False)
        | (said_id == pl.col("pending_manager_id")).fill_null(value=False)
        | (said_key == pl.col("pending_manager_email")).fill_null(value=False)
    )
    is_said = pl.any_horizontal(pl.col(name).is_not_null() for name in cells)
    known = ("boss", "pending_manager_id", "pending_manager_email")
    is_empty = pl.all_horizontal(pl.col(name).is_null() for name in known)
    return _Rule(MANAGER, {name: pl.lit(None, dtype=pl.String) for name in cells}, is_empty, is_said & ~is_same)


def _keep(rows: pl.DataFrame, rule: _Rule, above: tuple[FeedAbove, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put the field of one rule back where it is kept."""
    by_hand = pl.col(f"hand:{rule.field}").fill_null(value=False)
    # Decided before anything is put back: what follows looks at the cells.
    rows = rows.with_columns(_by_hand=by_hand, _owner=_owner(rule, above), _differs=rule.differs.fill_null(value=False))
    is_kept = pl.col("_by_hand") | pl.col("_owner").is_not_null()
    beaten = rows.filter(is_kept & pl.col("_differs") & pl.col("is_valid"))
    hand, owned = kinds.KEPT_BY_HAND, kinds.OWNED_BY_OTHER_FEED
    issues = [
        issue_rows(beaten.filter("_by_hand"), hand, column=rule.field, message=hand.wording.format(what=rule.field)),
        issue_rows(
            beaten.filter(~pl.col("_by_hand")),
            owned,
            column=rule.field,
            message=worded(owned, column=pl.lit(rule.field), feed=pl.col("_owner")),
        ),
    ]
    rows = rows.with_columns(
        pl.when(is_kept).then(value).otherwise(pl.col(name)).alias(name) for name, value in rule.replaced.items()
    )
    return rows.drop("_by_hand", "_owner", "_differs"), pl.concat(issues)


def _owner(rule: _Rule, above: tuple[FeedAbove, ...]) -> pl.Expr:
    """Return the name of the highest feed that claims the person and speaks for the field; null where none does."""
    owners = [_named_if_claiming(feed) for feed in above if rule.field in feed.fields]
    owner = pl.when(~rule.is_empty).then(pl.coalesce(owners)) if owners else _NO_NAME
    if rule.field != STATUS or not above:
        return owner
    leaves = pl.col("was_active") & (pl.col(STATUS) == "inactive")
    anyone = pl.coalesce([_named_if_claiming(feed) for feed in above])
    return pl.coalesce(owner, pl.when(leaves).then(anyone))


def _named_if_claiming(feed: FeedAbove) -> pl.Expr:
    return pl.when(pl.col(f"above:{feed.feed_id}")).then(pl.lit(feed.name))
