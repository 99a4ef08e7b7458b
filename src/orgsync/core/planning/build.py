"""Build the plan: the stages in order."""

from dataclasses import dataclass

import polars as pl

from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.directory import Directory
from orgsync.core.plan import Plan, Policy, Writes
from orgsync.core.planning.effects import describe
from orgsync.core.planning.licenses import Licenses, plan_licenses
from orgsync.core.planning.managers import Managers, plan_managers
from orgsync.core.planning.match import Matched, match_rows
from orgsync.core.planning.memberships import Memberships, plan_memberships
from orgsync.core.planning.outcome import outcome_of_rows
from orgsync.core.planning.people import People, absent_people, plan_people
from orgsync.core.planning.permissions import Permissions, plan_permissions
from orgsync.core.planning.writes import STATE_COLUMNS, creations, updates, value_changes
from orgsync.core.rows import CheckedRows, FileLayout


@dataclass(frozen=True, slots=True)
class _Stages:
    """What each stage found."""

    matched: Matched
    people: People
    managers: Managers
    absent: pl.DataFrame
    unnamed: pl.DataFrame
    memberships: Memberships
    licenses: Licenses
    permissions: Permissions

    @property
    def issues(self) -> pl.DataFrame:
        parts = (self.matched, self.people, self.managers, self.memberships, self.licenses, self.permissions)
        return pl.concat([part.issues for part in parts])


def build_plan(checked: CheckedRows, layout: FileLayout, directory: Directory, policy: Policy) -> Plan:
    """Compare checked rows with the directory as it is now; building the plan changes nothing.

    Only a full file may make leavers of people whom it does not name. The same rows and the same directory give
    the same plan.
    """
    stages = _run_stages(checked, layout.attribute_fields, directory, policy)
    writes = _writes(stages, directory)
    issues = stages.issues
    moves = (stages.memberships.moves, stages.licenses.changes, stages.permissions.changes)
    moved = pl.concat([changes["row_number"] for changes in moves])
    return Plan(
        changes=_changes(stages, writes, directory),
        outcome=outcome_of_rows(stages.matched, writes, moved, issues),
        leavers=_leavers(stages.absent, directory),
        writes=writes,
        issues=issues,
        unidentified_rows=stages.matched.unidentified_rows,
        revision=directory.revision,
    )


def _run_stages(checked: CheckedRows, fields: tuple[str, ...], directory: Directory, policy: Policy) -> _Stages:
    matched = match_rows(checked, directory, policy)
    people = plan_people(matched, directory, fields, policy)
    managers = plan_managers(people.named, directory, policy)
    absent = absent_people(matched, directory, policy)
    unnamed = _unnamed(absent, managers.linked, directory, fields)
    return _Stages(
        matched=matched,
        people=people,
        managers=managers,
        absent=absent,
        unnamed=unnamed,
        memberships=plan_memberships(managers.named, directory, policy),
        licenses=plan_licenses(_licensees(managers.named, unnamed, directory, fields), directory, policy),
        permissions=plan_permissions(managers.named, directory, policy),
    )


def _unnamed(absent: pl.DataFrame, linked: pl.DataFrame, directory: Directory, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return people whom no valid row names but whom the plan changes, with `x` and `x_before` of every value."""
    leaving = absent.filter("leaves").select("learner_id", leaves=pl.lit(value=True))
    found = leaving.join(linked.rename({"manager_id": "linked_to"}), on="learner_id", how="full", coalesce=True)
    known = directory.learners.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in fields if name not in directory.learners.columns
    )
    columns = (*STATE_COLUMNS, *fields)
    people = found.join(known.select("learner_id", *columns), on="learner_id", how="inner")
    people = people.with_columns(
        pl.lit(None, dtype=pl.Int64).alias("row_number"), *(pl.col(name).alias(f"{name}_before") for name in columns)
    )
    is_linked = pl.col("linked_to").is_not_null()
    return people.with_columns(
        is_active=pl.col("is_active") & pl.col("leaves").is_null(),
        manager_id=pl.coalesce("linked_to", "manager_id"),
        pending_manager_id=pl.when(~is_linked).then(pl.col("pending_manager_id")),
        pending_manager_email=pl.when(~is_linked).then(pl.col("pending_manager_email")),
    )


def _licensees(
    named: pl.DataFrame, unnamed: pl.DataFrame, directory: Directory, fields: tuple[str, ...]
) -> pl.DataFrame:
    """Return everybody whose licenses may move: those named, and those who leave."""
    cells = [name for name in named.columns if name.startswith("license:")]
    starts = directory.learners.select("learner_id", stored_start="start_date")
    people = pl.concat(
        [
            named.select(
                "learner_id", "row_number", "is_active", *cells, *(["start_date"] if "start_date" in fields else [])
            ),
            unnamed.filter(~pl.col("is_active")).select("learner_id", "row_number", "is_active"),
        ],
        how="diagonal",
    ).join(starts, on="learner_id", how="left", maintain_order="left")
    start = pl.col("start_date") if "start_date" in fields else pl.col("stored_start")
    return people.with_columns(start_date=start)


def _writes(stages: _Stages, directory: Directory) -> Writes:
    named, fields = stages.managers.named, stages.people.fields
    changed = updates(named, stages.unnamed, fields)
    return Writes(
        creates=creations(named, fields),
        updates=changed.select("learner_id", "row_number", *STATE_COLUMNS, *fields).sort("learner_id"),
        changes=value_changes(changed, fields),
        memberships=stages.memberships.changes.drop("row_number").sort("learner_id", "group_id"),
        licenses=stages.licenses.changes.drop("row_number").sort("learner_id", "pool_id"),
        permissions=stages.permissions.changes.drop("row_number").sort("learner_id", "permission"),
        claims=_claims(named, stages.absent),
        new_groups=stages.memberships.new_groups,
        new_attributes=tuple(
            name for name in fields if name.startswith(CUSTOM_PREFIX) and name not in directory.custom_attributes
        ),
    )


def _claims(named: pl.DataFrame, absent: pl.DataFrame) -> pl.DataFrame:
    is_claimed = pl.col("is_claimed_here").fill_null(value=False)
    gained = named.filter(~is_claimed).select("learner_id", is_claimed=pl.lit(value=True))
    lost = absent.select("learner_id", is_claimed=pl.lit(value=False))
    return pl.concat([gained, lost]).sort("learner_id")


def _changes(stages: _Stages, writes: Writes, directory: Directory) -> pl.DataFrame:
    rows = {
        "memberships": stages.memberships.moves,
        "licenses": stages.licenses.changes,
        "permissions": stages.permissions.changes,
    }
    return describe(writes, rows, _labels(stages.managers.named, directory), directory)


def _labels(named: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return `learner_id`, `email`, `name` of everybody, as they are; of those to be created, as they shall be."""
    full = pl.concat_str("preferred_first_name", "preferred_last_name", separator=" ", ignore_nulls=True)
    stored = directory.learners.select("learner_id", email="primary_email_address", name=full)
    new = named.filter(pl.col("learner_id") < 0)
    new = new.with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in ("preferred_first_name", "preferred_last_name")
        if name not in new.columns
    )
    return pl.concat([stored, new.select("learner_id", email="primary_email_address", name=full)])


def _leavers(absent: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    people = directory.learners.select("learner_id", "primary_email_address", "unique_user_id")
    return absent.filter("leaves").select("learner_id").join(people, on="learner_id", how="inner")
