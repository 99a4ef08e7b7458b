"""A sample company in memory: night after night a file is planned, guarded and, when no guard trips, applied."""

import io
from collections import deque
from dataclasses import dataclass, field, replace

import polars as pl

from orgsync.core.checking import check_file
from orgsync.core.directory import POOL_SCHEMA, Directory
from orgsync.core.guards import (
    DAYS,
    EFFECTS,
    SPARED_IN_FIRST_FILE,
    Case,
    FeedHistory,
    HoldReason,
    fill_of,
    reasons_to_hold,
)
from orgsync.core.model import Mode
from orgsync.core.plan import Policy, Writes
from orgsync.core.planning.build import build_plan
from orgsync.core.sample import write_sample
from tests.factories import TODAY

POOLS = pl.DataFrame([(1, "license_english_status", "English", None)], schema=POOL_SCHEMA, orient="row")


def sample_file(people: int, **options: object) -> bytes:
    target = io.BytesIO()
    write_sample(target, people=people, seed=7, **options)  # type: ignore[arg-type]
    return target.getvalue()


@dataclass
class Nights:
    """One feed's full files, one a night."""

    mode: Mode = Mode.FULL
    directory: Directory = field(default_factory=lambda: Directory(pools=POOLS))
    history: FeedHistory = field(default_factory=FeedHistory)
    past: deque[pl.DataFrame] = field(default_factory=lambda: deque(maxlen=DAYS - 1))
    """What counts of each of the last nights; with tonight's they are seven days."""

    def send(self, content: bytes, *, is_approved: bool = False) -> tuple[HoldReason, ...]:
        """Return why the file is held; it is applied when it is not, or when it is approved."""
        case, reasons = self.judge(content)
        if not reasons or is_approved:
            self._apply(case, counts=not is_approved)
        return reasons

    def judge(self, content: bytes) -> tuple[Case, tuple[HoldReason, ...]]:
        file = check_file(content, license_keys=["license_english_status"])
        plan = build_plan(file.checked, file.layout, self.directory, Policy(mode=self.mode, today=TODAY))
        issues = pl.concat([file.issues, plan.issues])
        history = replace(self.history, week=self._week())
        fill = fill_of(file.checked, file.layout)
        case = Case(plan, file.layout, issues, self.directory, self.mode, history, fill)
        return case, reasons_to_hold(case)

    def _week(self) -> pl.DataFrame:
        nights = pl.concat([pl.DataFrame(schema=EFFECTS), *self.past])
        return nights.group_by("code", "target").agg(pl.sum("count"))

    def _apply(self, case: Case, *, counts: bool) -> None:
        spared = [] if self.history.has_applied else list(SPARED_IN_FIRST_FILE)
        kept = case.effects.filter(~pl.col("code").is_in(spared) & ~pl.col("target").str.starts_with("group:"))
        self.past.append(kept if counts else kept.clear())
        self.directory = applied(self.directory, case.plan.writes)
        self.history = FeedHistory(case.layout.fields, case.rows, case.fill, has_applied=True)


def applied(directory: Directory, writes: Writes) -> Directory:
    """Return the directory after the writes; who is created gets the next ids."""
    last = directory.learners["learner_id"].max() or 0
    assert isinstance(last, int)
    creates = writes.creates.sort("row_number").with_row_index("place", offset=last + 1)
    ids = dict(zip(creates["learner_id"], creates["place"].cast(pl.Int64), strict=True))

    def real(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
        return frame.with_columns(pl.col(name).replace(ids) for name in names)

    new = real(creates.drop("place", "row_number"), "learner_id", "manager_id").with_columns(is_claimed_here=True)
    changed = real(writes.updates.drop("row_number"), "manager_id")
    learners = _with_columns_of(directory.learners, changed)
    learners = learners.update(changed, on="learner_id", include_nulls=True)
    learners = pl.concat([learners, new.select(set(new.columns) & set(learners.columns))], how="diagonal")
    learners = learners.with_columns(pl.col("is_admin", "is_protected", "is_claimed_elsewhere").fill_null(value=False))
    claims = real(writes.claims, "learner_id").rename({"is_claimed": "is_claimed_here"})
    group_ids = {old: number for number, old in enumerate(writes.new_groups["group_id"], 1 + directory.groups.height)}
    groups = writes.new_groups.with_columns(pl.col("group_id").replace(group_ids), is_rule=pl.lit(value=False))
    members = real(writes.memberships, "learner_id").with_columns(pl.col("group_id").replace(group_ids))
    licenses = real(writes.licenses, "learner_id")
    return replace(
        directory,
        learners=learners.update(claims, on="learner_id"),
        groups=pl.concat([directory.groups, groups.select(directory.groups.columns)]),
        memberships=_moved(
            directory.memberships, members.filter(pl.col("after") > 0), members, "group_id", reasons="after"
        ),
        licenses=_moved(
            directory.licenses,
            licenses.drop_nulls("after").with_columns(is_by_hand=pl.lit(value=False)),
            licenses,
            "pool_id",
            state="after",
        ),
        custom_attributes=directory.custom_attributes | set(writes.new_attributes),
    )


def _with_columns_of(learners: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in changed.columns if name not in learners.columns]
    return learners.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)


def _moved(stands: pl.DataFrame, new: pl.DataFrame, moved: pl.DataFrame, key: str, **named: str) -> pl.DataFrame:
    rest = stands.join(moved, on=["learner_id", key], how="anti")
    return pl.concat(
        [rest, new.with_columns(**{to: pl.col(name) for to, name in named.items()}).select(stands.columns)]
    )
