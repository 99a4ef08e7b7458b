"""`push` to an orgsync server: look at the file's shape here, send it, watch the job, fetch the results."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orgsync.client.acknowledged.store import Store
from orgsync.client.api import Asked
from orgsync.client.checkedfile import check_for_sending
from orgsync.client.errors import StateUnavailable
from orgsync.client.exits import ExitCode
from orgsync.client.guarding import checked_limits
from orgsync.client.order import Order
from orgsync.client.outcome import Outcome
from orgsync.client.outgoing import measure
from orgsync.client.push import Push, Pushed, send
from orgsync.client.report import job_lines
from orgsync.client.resultsfile import group_results
from orgsync.client.targets.orgsync.shape import digest_of, history_after, reasons_at_home
from orgsync.core.checking import CheckedFile
from orgsync.core.guards import HoldReason
from orgsync.core.model import JobStatus


def plan_only(order: Order) -> Outcome:
    """Let the server say what the file would change: a dry run, which applies nothing."""
    return push(replace(order, is_dry_run=True))


def push(order: Order) -> Outcome:
    """Send the file and see it through. A push that broke off is gone on with when the same command is given again."""
    connection = order.connection
    target = connection.target
    checked = check_for_sending(order.file, target, order.screen)
    if checked.layout.is_deletion_file:
        order.screen.warn("this file asks to erase people; only a token with the scope erase may do that.")
    order.on_step("plan")
    outgoing = measure(order.file, row_count=checked.row_count)
    store = _store(order)
    reasons = _reasons(order, checked, store)
    digest = digest_of(outgoing.sha256, reasons)
    if reasons and order.accepts != digest:
        return _held(checked, reasons, digest)
    if not order.agrees(f"Send {checked.row_count:,} rows to {connection.server}?"):
        return Outcome(ExitCode.INTERRUPTED, ["Nothing was sent."])
    order.on_step("push")
    asked = Asked(target.mode, order.rows or target.rows, order.is_dry_run)
    work = Push(outgoing, connection.server, connection.token, asked, order.is_automatic, order.output)
    with connection.open(order.screen) as api:
        pace = connection.pace(order.timeout)
        pushed = send(work, api, order.screen, pace, lambda pushed: order.on_end(_outcome(pushed, checked, order)))
    order.on_step("results")
    if store and _is_the_new_shape(pushed, is_accepted=bool(reasons)) and not order.is_dry_run:
        store.remember(history_after(checked, target.mode, store.history()))
    return _outcome(pushed, checked, order)


def _is_the_new_shape(pushed: Pushed, *, is_accepted: bool) -> bool:
    """Say whether further files are compared with this one: it was applied, or a person here has accepted its shape."""
    status = pushed.job.status if pushed.job else None
    return status == JobStatus.DONE or (status == JobStatus.HELD and is_accepted)


def _store(order: Order) -> Store | None:
    """Return where the shape of files is remembered; a machine that keeps no state has no such guard."""
    with suppress(StateUnavailable):
        return order.connection.store()
    return None


def _reasons(order: Order, checked: CheckedFile, store: Store | None) -> tuple[HoldReason, ...]:
    connection = order.connection
    guard = checked_limits(connection.guard, connection.config.file if connection.config else Path("orgsync.toml"))
    if store is None or order.is_dry_run:
        return ()
    today = datetime.now(UTC).date()
    return reasons_at_home(checked, connection.target.mode, store.history(), guard, today=today)


def _held(checked: CheckedFile, reasons: tuple[HoldReason, ...], digest: str) -> Outcome:
    lines = [f"HELD {reason.code}: {reason.message}" for reason in reasons]
    lines.append("A guard stopped it before it left this machine. If the file is right, give the command again with")
    lines.append(f"  --accept-plan {digest}")
    facts = {
        "plan": digest,
        "reasons": [{"code": reason.code, "message": reason.message} for reason in reasons],
        "exit_code": ExitCode.HELD,
    }
    return Outcome(ExitCode.HELD, lines, facts, {"rows": checked.row_count})


def _outcome(pushed: Pushed, checked: CheckedFile, order: Order) -> Outcome:
    code = _exit_code(pushed, checked)
    return Outcome(code, _lines(pushed), _facts(pushed, checked, order, code), _counts(pushed, checked))


def _exit_code(pushed: Pushed, checked: CheckedFile) -> ExitCode:
    """Return the job's exit code; where nobody hears of the job, what the local check found."""
    if pushed.job:
        return pushed.job.exit_code
    return ExitCode.ROW_ERRORS if checked.error_count else ExitCode.DONE


def _lines(pushed: Pushed) -> list[str]:
    job = pushed.job
    if job is None:
        return [f"Uploaded as {pushed.media}. The server processes it by itself and mails the results."]
    groups = group_results(pushed.results) if pushed.results and not job.messages else None
    lines = job_lines(job, groups)
    if pushed.results:
        lines.append(f"  Results: {pushed.results}")
    elif job.result_media:
        lines.append(f"  Results: orgsync results {job.id} -o results.csv")
    if job.status == JobStatus.HELD and not job.is_dry_run:
        lines.append(f"  A person decides, in the Account Center or with: orgsync approve {job.id}")
    return lines


def _facts(pushed: Pushed, checked: CheckedFile, order: Order, code: ExitCode) -> dict[str, Any]:
    from orgsync.client import findings  # noqa: PLC0415

    return {
        "server": str(order.connection.server),
        "media": pushed.media,
        "job": dict(pushed.job.raw) if pushed.job else None,
        "job_id": pushed.job.id if pushed.job else None,
        "status": pushed.job.status if pushed.job else None,
        "results": str(pushed.results) if pushed.results else None,
        "check": findings.facts(checked, order.file),
        "exit_code": code,
    }


def _counts(pushed: Pushed, checked: CheckedFile) -> dict[str, int]:
    counts = {"rows": checked.row_count, "rows_in_error": checked.error_count}
    if pushed.job:
        told = pushed.job.counts
        counts |= {
            "updated": told.updated,
            "deleted": told.deleted,
            "unchanged": told.unchanged,
            "refused": told.errors,
        }
    return counts
