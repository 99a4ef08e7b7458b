"""Run a case through the pure core: read, check, plan, guard, results."""

import io
from dataclasses import asdict

import polars as pl

from orgsync.core import planfile
from orgsync.core.checking import CheckedFile, check_file
from orgsync.core.errors import UnreadableFile
from orgsync.core.guards import EFFECTS, FeedHistory, fill_of, reasons_to_hold
from orgsync.core.guards import Case as Guarded
from orgsync.core.issuerows import rows_with
from orgsync.core.model import Mode, RowPolicy, RowStatus, Severity
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from orgsync.core.results import complete_outcome, write_results
from orgsync.core.summary import summarize, wire_messages
from tests.cases.before import core_directory
from tests.cases.state import applied, state_of
from tests.cases.story import TODAY, Case, Ending, file_messages, plan_lines

_CHANGING = [status.value for status in (RowStatus.CREATED, RowStatus.UPDATED, RowStatus.DEACTIVATED, RowStatus.ERASED)]


def run_core(case: Case) -> Ending:
    """Return the ending of the case without any server."""
    directory = core_directory(case)
    before = state_of(directory, case.before.get("rule_groups", []))
    try:
        keys = directory.pools["pool_key"].to_list()
        file = check_file(
            case.upload, license_keys=keys, date_formats=case.section("organization").get("date_formats", ())
        )
    except UnreadableFile as error:
        return Ending(directory=before, failed=error.code)
    plan = build_plan(file.checked, file.layout, directory, _policy(case))
    issues = pl.concat([file.issues, plan.issues])
    # A row is said to change something exactly when the plan has a line of it.
    changing = plan.outcome.filter(pl.col("status").is_in(_CHANGING))["row_number"]
    assert set(changing) == set(plan.changes["row_number"].drop_nulls())
    if code := _refusal(case, file, issues):
        nothing = plan.outcome.clear()
        outcome = complete_outcome(file.raw, nothing, issues)
        return _ending(file, plan, outcome, issues, plan.leavers.clear(), directory=before, failed=code)
    fill = fill_of(file.checked, file.layout)
    guarded = Guarded(plan, file.layout, issues, directory, _mode(case), _history(case), fill)
    layers = [case.section(name).get("guards") for name in ("organization", "feed")]
    reasons = [*_feed_reasons(case), *reasons_to_hold(guarded, *layers)]
    held = [f"{reason.code}: {reason.message}" for reason in reasons]
    if case.section("upload").get("dry_run"):
        return _ending(file, plan, plan.outcome, issues, plan.leavers, directory=before, held=held)
    if held:
        waits = pl.when(pl.col("status").is_in(_CHANGING)).then(pl.lit("HELD")).otherwise("status")
        leavers = plan.leavers.with_columns(status=pl.lit("HELD"))
        return _ending(
            file, plan, plan.outcome.with_columns(status=waits), issues, leavers, directory=before, held=held
        )
    after = applied(directory, plan.writes, case.before.get("rule_groups", []))
    return _ending(file, plan, plan.outcome, issues, plan.leavers, directory=after)


def _ending(
    file: CheckedFile, plan: Plan, outcome: pl.DataFrame, issues: pl.DataFrame, leavers: pl.DataFrame, **more: object
) -> Ending:
    results, stored = io.BytesIO(), io.BytesIO()
    write_results(file.raw, file.layout, outcome, issues, leavers, results)
    planfile.write_plan(plan, stored)
    has_failed = bool(more.get("failed"))
    counted = outcome if has_failed else plan.outcome
    return Ending(
        plan=[] if has_failed else plan_lines(planfile.read_plan(stored.getvalue())),
        results=results.getvalue(),
        messages=file_messages(wire_messages(issues)),
        counts=asdict(summarize(counted, issues, leavers)),
        **more,  # type: ignore[arg-type]
    )


def _history(case: Case) -> FeedHistory:
    feed = case.section("feed")
    return FeedHistory(
        fields=tuple(feed.get("last_fields", ())),
        rows=feed.get("last_rows"),
        fill=feed.get("last_fill", {}),
        has_applied="last_applied_at" in feed,
        week=pl.DataFrame(case.before.get("week", []), schema=EFFECTS, orient="row"),
    )


def _mode(case: Case) -> Mode:
    asked = [Mode(section["mode"]) for section in (case.section("feed"), case.section("upload")) if "mode" in section]
    return max(asked, key=list(Mode).index, default=Mode.CHANGES)


def _policy(case: Case) -> Policy:
    organization = case.section("organization")
    settings = {name: organization[name] for name in Policy.__slots__ if name in organization}
    if "blank_clears" in settings:
        settings["blank_clears"] = frozenset(settings["blank_clears"])
    invites = organization.get("invites_learners") and "last_applied_at" in case.section("feed")
    settings["most_invitations"] = organization.get("most_invitations", 1_000) if invites else None
    settings["missing_files"] = case.section("feed").get("missing_files", 1)
    allows = "permissions:write" in case.before.get("scopes", [])
    return Policy(mode=_mode(case), today=TODAY, allows_permissions=allows, **settings)


def _refusal(case: Case, file: CheckedFile, issues: pl.DataFrame) -> str:
    upload = case.section("upload")
    is_whole = RowPolicy.ALL_OR_NOTHING in (upload.get("rows"), case.section("feed").get("rows"))
    if file.layout.is_deletion_file:
        return "deletion_not_allowed"
    if upload.get("row_count", file.row_count) != file.row_count:
        return "row_count_mismatch"
    if _mode(case) is Mode.FULL and not file.row_count:
        return "no_rows_full"
    return "rows_in_error" if is_whole and rows_with(issues, Severity.ERROR).len() else ""


def _feed_reasons(case: Case) -> list[object]:
    from orgsync.core.guards import HoldReason

    feed, name = case.section("feed"), "Nightly HR"
    reasons: list[object] = []
    if feed.get("is_paused"):
        reasons.append(HoldReason("feed_paused", f"The feed {name} is paused."))
    if feed.get("holds_next"):
        reasons.append(HoldReason("after_undo", f"A job of {name} was undone; this shows what it would do again."))
    return reasons
