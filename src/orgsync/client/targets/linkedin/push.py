"""`push` to LinkedIn: plan and guard here, send the difference, note what was accepted."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from orgsync.client.acknowledged.store import Store
from orgsync.client.api import Api
from orgsync.client.checkedfile import check_for_sending
from orgsync.client.exits import ExitCode
from orgsync.client.guarding import checked_limits
from orgsync.client.lock import only_run
from orgsync.client.order import Order
from orgsync.client.outcome import Outcome
from orgsync.client.outgoing import measure
from orgsync.client.targets.linkedin.planning import LocalPlan, plan_for_linkedin, without_effects
from orgsync.client.targets.linkedin.sending import (
    Carrier,
    Manifest,
    Sending,
    SentPart,
    exit_code_of,
    identity_of_sending,
)
from orgsync.client.targets.linkedin.words import counts_of, plan_facts, plan_lines, sent_counts, sent_lines


def plan_only(order: Order) -> Outcome:
    """Say what the file would change; exit code 3 where a guard would stop it. Nothing is sent or remembered."""
    store = order.connection.store()
    return _planned(_plan(order, store))


def push(order: Order) -> Outcome:
    """Send what the file changes. A push that broke off is gone on with when the same command is given again.

    Raise AnotherRunActive when the target's state is in use.
    """
    store = order.connection.store()
    with only_run(store.lock):
        return _Push(order, store).run()


class _Push:
    """The steps of one push, with the target's lock held."""

    def __init__(self, order: Order, store: Store) -> None:
        self.order = order
        self.sending = Sending(store)

    def run(self) -> Outcome:
        order = self.order
        identity = identity_of_sending(
            measure(order.file).sha256,
            order.connection,
            everything=order.sends_everything,
            is_automatic=order.is_automatic,
        )
        unfinished = None if order.is_dry_run else self.sending.unfinished()
        if unfinished and self._goes_on(unfinished, identity):
            order.screen.say("Going on with a push of this file that broke off.")
            return self._carry(unfinished, {})
        if unfinished:
            self._settle(unfinished)
        self.order.on_step("plan")
        plan = _plan(order, self.sending.store)
        if order.is_dry_run or (plan.reasons and order.accepts != plan.digest):
            return _planned(plan, is_asked=order.is_dry_run)
        return self._send(plan, identity)

    def _goes_on(self, unfinished: Manifest, identity: str) -> bool:
        config = self.order.connection.config
        limit = config.run.goes_on_for if config else 12 * 3600.0
        return unfinished.identity == identity and 0 <= time.time() - unfinished.started < limit

    def _settle(self, unfinished: Manifest) -> None:
        self.order.screen.say("An earlier push broke off; hearing first what became of it.")
        with self.order.connection.open(self.order.screen) as api:
            self._carrier(unfinished, api).settle()
        self.sending.clear()

    def _carrier(self, manifest: Manifest, api: Api) -> Carrier:
        order = self.order
        pace = order.connection.pace(order.timeout)
        return Carrier(self.sending, manifest, order.connection, api, order.screen, pace)

    def _send(self, plan: LocalPlan, identity: str) -> Outcome:
        order = self.order
        for line in plan_lines(plan):
            order.screen.say(line)
        if not plan.parts:
            self.sending.store.remember(plan.history)
            return Outcome(
                _file_code(plan), ["Nothing to send: LinkedIn has all of it."], plan_facts(plan), counts_of(plan)
            )
        if not order.agrees(f"Tell LinkedIn of {plan.told:,} people in {len(plan.parts)} files?"):
            return Outcome(ExitCode.INTERRUPTED, ["Nothing was sent."])
        _ = order.connection.token  # a missing one is noticed before anything is written
        history = without_effects(plan.history, self.sending.store.history()) if plan.reasons else plan.history
        words = plan_lines(plan)
        manifest = self.sending.begin(
            plan, identity, is_automatic=order.is_automatic, history=history, words=words, exit_code=_file_code(plan)
        )
        return self._carry(manifest, counts_of(plan))

    def _carry(self, manifest: Manifest, counts: dict[str, int]) -> Outcome:
        self.order.on_step("push")
        with self.order.connection.open(self.order.screen) as api:
            parts = self._carrier(manifest, api).carry()
        self.order.on_step("results")
        outcome = _outcome(manifest, parts, counts)
        self._hand_out(parts)
        self.order.on_end(outcome)
        self.sending.clear()
        return outcome

    def _hand_out(self, parts: list[SentPart]) -> None:
        """Copy the results to where they were asked for: of the second file on with its number in the name."""
        output = self.order.output
        for number, part in enumerate(parts, 1):
            if output and part.results and Path(part.results).exists():
                place = output if number == 1 else output.with_stem(f"{output.stem}-{number}")
                shutil.copyfile(part.results, place)
                place.chmod(0o600)


def _plan(order: Order, store: Store) -> LocalPlan:
    connection = order.connection
    checked = check_for_sending(order.file, connection.target, order.screen)
    guard = checked_limits(connection.guard, connection.config.file if connection.config else Path("orgsync.toml"))
    today = datetime.now(UTC).date()
    return plan_for_linkedin(checked, connection.target, guard, store, today=today, everything=order.sends_everything)


def _file_code(plan: LocalPlan) -> ExitCode:
    return ExitCode.ROW_ERRORS if counts_of(plan)["rows_in_error"] else ExitCode.DONE


def _planned(plan: LocalPlan, *, is_asked: bool = True) -> Outcome:
    lines = plan_lines(plan)
    if plan.reasons:
        lines.append(
            "A guard stopped it; nothing was sent. Look at the plan. If it is right, give the command again with"
        )
        lines.append(f"  --accept-plan {plan.digest}")
    elif is_asked:
        lines.append("Nothing was sent.")
    code = ExitCode.HELD if plan.reasons else _file_code(plan)
    return Outcome(code, lines, plan_facts(plan) | {"exit_code": code}, counts_of(plan))


def _outcome(manifest: Manifest, parts: list[SentPart], counts: dict[str, int]) -> Outcome:
    code = max(exit_code_of(parts), ExitCode(manifest.exit_code))
    facts = {
        "plan": manifest.digest,
        "files": [
            {"job": part.job, "media": part.media, "status": part.status, "rows": part.rows, "accepted": part.accepted}
            for part in parts
        ],
        "exit_code": code,
    }
    lines = sent_lines(parts, manifest.parts)
    return Outcome(code, lines, facts, counts | sent_counts(parts))
