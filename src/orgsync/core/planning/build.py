"""Build the plan: the stages in order."""

from dataclasses import dataclass, replace

import polars as pl

from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.directory import Directory
from orgsync.core.model import RowStatus
from orgsync.core.plan import OVERRIDES, Plan, Policy, Writes
from orgsync.core.planning.assignments import NUMBERED, plan_assignments
from orgsync.core.planning.byhand import decide_licenses, plan_overrides, settle_by_hand, without_ids_given_up
from orgsync.core.planning.effects import describe
from orgsync.core.planning.invitations import Invitations, plan_invitations
from orgsync.core.planning.licenses import Licenses, plan_licenses
from orgsync.core.planning.managers import Managers, plan_managers
from orgsync.core.planning.match import Matched, match_rows
from orgsync.core.planning.memberships import Memberships, plan_memberships
from orgsync.core.planning.mergerows import merges_in
from orgsync.core.planning.merging import merge_licenses, merge_memberships, merge_overrides, merge_reports
from orgsync.core.planning.missing import count_missing
from orgsync.core.planning.outcome import outcome_of_rows
from orgsync.core.planning.people import People, absent_people, plan_people
from orgsync.core.planning.permissions import Permissions, plan_permissions
from orgsync.core.planning.rulegroups import plan_rule_groups
from orgsync.core.planning.writes import STATE_COLUMNS, creations, updates, value_changes
from orgsync.core.rows import CheckedRows, FileLayout


@dataclass(frozen=True, slots=True)
class _Stages:
    """What each stage found."""

    matched: Matched
    people: People
    managers: Managers
    absent: pl.DataFrame
    missed: pl.DataFrame
    unnamed: pl.DataFrame
    memberships: Memberships
    licenses: Licenses
    assigned: pl.DataFrame
    """`LEARNER_ASSIGNMENTS` with `row_number`."""
    invitations: Invitations
    permissions: Permissions
    overrides: pl.DataFrame
    policy: Policy
    merges: pl.DataFrame

    @property
    def issues(self) -> pl.DataFrame:
        parts = (self.matched, self.people, self.managers, self.memberships, self.licenses, self.permissions)
        return pl.concat([*(part.issues for part in parts), self.invitations.issues])


def build_plan(checked: CheckedRows, layout: FileLayout, directory: Directory, policy: Policy) -> Plan:
    """Compare checked rows with the directory as it is now; building the plan changes nothing.

    Only a full file may make leavers of people whom it does not name. The same rows and the same directory give
    the same plan.
    """
    stages = _run_stages(checked, layout.attribute_fields, directory, policy)
    stages, writes = _with_rule_groups(stages, _writes(stages, directory), directory, policy)
    stages, writes, later = _with_assignments(stages, writes, directory, policy)
    issues = pl.concat([stages.issues, later])
    moves = (stages.memberships.moves, stages.licenses.changes, stages.permissions.changes, stages.overrides)
    moved = pl.concat([changes["row_number"] for changes in (*moves, stages.assigned, writes.removed)])
    return Plan(
        changes=_changes(stages, writes, directory),
        outcome=_with_settled(outcome_of_rows(stages.matched, writes, moved, issues), checked.settled),
        leavers=_leavers(stages.absent, directory),
        writes=writes,
        issues=issues,
        unidentified_rows=stages.matched.unidentified_rows,
        revision=directory.revision,
    )


def _with_settled(outcome: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """Add the rows that needed no plan, in file order."""
    if settled.is_empty():
        return outcome
    unchanged = settled.select("row_number", "learner_id", status=pl.lit(RowStatus.UNCHANGED.value))
    return pl.concat([outcome, unchanged.select(outcome.columns)]).sort("row_number")


def _with_rule_groups(stages: _Stages, writes: Writes, directory: Directory, policy: Policy) -> tuple[_Stages, Writes]:
    """Add what rules make of everything else; last, because rules look at people as they shall be."""
    found = plan_rule_groups(writes, stages.managers.named, directory, policy)
    issues = pl.concat([stages.memberships.issues, found.issues])
    memberships = Memberships(found.changes, found.writes.new_groups, issues)
    return replace(stages, memberships=memberships), found.writes


def _with_assignments(
    stages: _Stages, writes: Writes, directory: Directory, policy: Policy
) -> tuple[_Stages, Writes, pl.DataFrame]:
    """Add what is assigned by all of that; the issues are those of this stage alone."""
    kept = dict(stages.merges.select("other_id", "learner_id").iter_rows())
    found = plan_assignments(writes, stages.managers.named, directory, policy, kept=kept)
    return replace(stages, assigned=found.changes), found.writes, found.issues


def _run_stages(checked: CheckedRows, fields: tuple[str, ...], directory: Directory, policy: Policy) -> _Stages:
    matched = match_rows(checked, directory, policy)
    present = pl.concat([matched.present, checked.settled["learner_id"]]).unique()
    matched = replace(matched, present=present)
    people = plan_people(matched, directory, fields, policy)
    matched = replace(matched, rows=matched.rows.select("row_number", "learner_id", "is_valid", "is_duplicate"))
    if policy.by_hand:
        people = settle_by_hand(people)
        fields = people.fields
    elif policy.drops_ids:
        people = without_ids_given_up(people)
    managers = plan_managers(people.named, directory, policy)
    merges = merges_in(people.named) if policy.by_hand else merges_in(pl.DataFrame())
    managers = merge_reports(managers, merges, directory)
    missing = absent_people(matched, directory, policy)
    # Where nothing may be taken, whom the file is silent on stays, but gets nothing more.
    absent, later = (missing.clear(), missing) if policy.takes_nothing else (missing, missing.clear())
    unnamed = _unnamed(absent, managers.linked, directory, fields)
    memberships = plan_memberships(managers.named, directory, policy)
    licenses = plan_licenses(_licensees(managers.named, unnamed, later, directory, fields), directory, policy)
    overrides = pl.DataFrame(schema=OVERRIDES)
    if policy.by_hand:
        licenses = merge_licenses(decide_licenses(licenses, managers.named, directory), merges, directory)
        overrides = merge_overrides(plan_overrides(managers.named, memberships, directory), merges, directory)
        memberships = merge_memberships(memberships, merges, directory)
    return _Stages(
        matched=matched,
        people=people,
        managers=managers,
        absent=absent,
        missed=count_missing(matched.present, directory, policy),
        unnamed=unnamed,
        memberships=memberships,
        licenses=licenses,
        assigned=pl.DataFrame(schema=NUMBERED),
        invitations=plan_invitations(licenses.changes, merges, directory, policy),
        permissions=plan_permissions(managers.named, directory, policy),
        overrides=overrides,
        policy=policy,
        merges=merges,
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
    named: pl.DataFrame, unnamed: pl.DataFrame, later: pl.DataFrame, directory: Directory, fields: tuple[str, ...]
) -> pl.DataFrame:
    """Return everybody whose licenses may move: those named, those who leave, and those who leave `later`."""
    cells = [name for name in named.columns if name.startswith("license:")]
    starts = directory.learners.select("learner_id", stored_start="start_date")
    people = pl.concat(
        [
            named.select(
                *("learner_id", "row_number", "is_active", "leaves_later", *cells),
                *(["start_date"] if "start_date" in fields else []),
            ),
            unnamed.filter(~pl.col("is_active")).select(
                "learner_id", "row_number", "is_active", leaves_later=pl.lit(value=False)
            ),
            later.filter("leaves").select(
                "learner_id",
                row_number=pl.lit(None, dtype=pl.Int64),
                is_active=pl.lit(value=True),
                leaves_later=pl.lit(value=True),
            ),
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
        claims=_claims(named, stages.absent, stages.policy),
        overrides=stages.overrides,
        removed=stages.merges.select("row_number", learner_id="other_id"),
        moved_claims=stages.merges.select("other_id", learner_id=pl.when("claims").then("learner_id")),
        missed=stages.missed,
        invited=stages.invitations.people,
        new_groups=stages.memberships.new_groups,
        new_attributes=tuple(
            name for name in fields if name.startswith(CUSTOM_PREFIX) and name not in directory.custom_attributes
        ),
    )


def _claims(named: pl.DataFrame, absent: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return the claims that the feed gains and loses; edits by people are no feed's word."""
    is_claimed = pl.col("is_claimed_here").fill_null(value=False)
    is_given_up = pl.col("learner_id").is_in(list(policy.gives_up))
    gained = named.filter(~is_claimed & ~is_given_up).select("learner_id", is_claimed=pl.lit(value=True))
    given_up = named.filter(is_claimed & is_given_up).select("learner_id", is_claimed=pl.lit(value=False))
    lost = absent.select("learner_id", is_claimed=pl.lit(value=False))
    return pl.concat([gained, given_up, lost]).sort("learner_id").filter(pl.lit(not policy.by_hand))


def _changes(stages: _Stages, writes: Writes, directory: Directory) -> pl.DataFrame:
    rows = {
        "memberships": stages.memberships.moves,
        "licenses": stages.licenses.changes,
        "permissions": stages.permissions.changes,
        "assignments": stages.assigned,
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
