"""The steps of a run, in order, each noted in the journal when it is done."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from orgsync.client.acknowledged.store import RUN, Store
from orgsync.client.config import Config
from orgsync.client.connection import Connection
from orgsync.client.errors import BadUsage, ClientError
from orgsync.client.exits import ExitCode
from orgsync.client.expiry import token_expiry
from orgsync.client.lock import only_run
from orgsync.client.nightly.journal import HELD, MAPPED, PULLED, PUSHED, RunJournal, Stand
from orgsync.client.nightly.log import RunLog, RunScreen, without_addresses
from orgsync.client.nightly.metrics import Measured, write_metrics
from orgsync.client.nightly.summary import expiry_warning, summary_lines
from orgsync.client.order import Order
from orgsync.client.outcome import Outcome
from orgsync.client.replacing import replacing
from orgsync.client.targets.choosing import forget_push, push_order
from orgsync.core.errors import OrgSyncError

_LAST = "last-success"
_ORDER = ("", PULLED, MAPPED, HELD, PUSHED)


def run_once(connection: Connection, config: Config, *, accepts: str | None = None) -> tuple[ExitCode, list[str]]:
    """Take people from the source to the target; return the exit code and the summary.

    A run that was killed is gone on with, whatever it was doing, and does nothing twice. Raise AnotherRunActive when
    one is under way. Everything else that goes wrong is in the summary, the log and the metrics too, and is raised.
    """
    store = connection.store()
    with only_run(store.run_lock):
        return _Night(connection, config, store, accepts).run()


@dataclass
class _Night:
    connection: Connection
    config: Config
    store: Store
    accepts: str | None
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        target = self.config.target
        self.target = target.name or target.server
        self.log = RunLog(self.config.run.log, self.target)
        self.screen = RunScreen(self.log)
        self.journal = RunJournal(self.store.folder / RUN)
        self.measured = Measured(self.target, time.time())
        self._step = ("", time.monotonic())

    def run(self) -> tuple[ExitCode, list[str]]:
        stand, goes_on = self.journal.open(
            _digest(self.config), goes_on_for=self.config.run.goes_on_for, accepts=self.accepts is not None
        )
        self.log.run = stand.run
        self.log.event("started", goes_on=goes_on, reached=stand.reached)
        try:
            self._watch_token()
            outcome = self._all_steps(stand)
        except BaseException as problem:
            self._finish(_code_of(problem), [str(problem) or type(problem).__name__])
            raise
        return outcome.exit_code, self._finish(outcome.exit_code, outcome.lines)

    def _all_steps(self, stand: Stand) -> Outcome:
        """Do what the journal does not say is done."""
        stand = self._unless(stand, PULLED, self._pull)
        stand = self._unless(stand, MAPPED, self._map)
        if stand.reached != PUSHED:
            outcome = self._push(stand)
        else:
            outcome = Outcome(**(stand.outcome or {}) | {"exit_code": ExitCode((stand.outcome or {})["exit_code"])})
            forget_push(self.connection)
        self.measured.counts = outcome.counts
        if outcome.exit_code == ExitCode.HELD and not self.connection.target.is_linkedin and "job" in outcome.facts:
            self.journal.close()  # the server holds it; there is nothing to accept here
        elif outcome.exit_code == ExitCode.HELD:
            self.journal.reached(stand, HELD)
        else:
            self.journal.close()
        return outcome

    def _unless(self, stand: Stand, step: str, work: Callable[[], None]) -> Stand:
        if _ORDER.index(stand.reached) >= _ORDER.index(step):
            return stand
        work()
        return self.journal.reached(stand, step)

    def _pull(self) -> None:
        from orgsync.client.sources import open_source  # noqa: PLC0415

        self._begin("pull")
        if not self.config.source:
            raise BadUsage(f"{self.config.file} has no [source]; a run does not know where people come from.")
        source = open_source(self.config.source, base=self.config.file.parent)
        with replacing(self.journal.pulled) as target:
            pulled = source.pull(target)
        self.log.event("pulled", rows=pulled.rows, columns=list(pulled.columns))
        self.warnings += pulled.notes

    def _map(self) -> None:
        from orgsync.client.mapping import load_mapping  # noqa: PLC0415

        self._begin("map")
        mapping = load_mapping(self.config.mapping, base=self.config.file.parent)
        with replacing(self.journal.mapped) as target:
            mapped = mapping.apply(self.journal.pulled, target)
        self.log.event(
            "mapped", rows=mapped.rows_out, left_out=mapped.rows_left_out, rows_in_error=mapped.rows_in_error
        )
        if mapped.rows_in_error:
            self.warnings.append(f"The mapping could not be followed in {mapped.rows_in_error:,} rows: orgsync map")

    def _push(self, stand: Stand) -> Outcome:
        self._begin("check")

        def note(outcome: Outcome) -> None:
            lines = [without_addresses(line) for line in outcome.lines]
            self.journal.reached(stand, PUSHED, asdict(replace(outcome, facts={}, lines=lines)))

        order = Order(
            file=self.journal.mapped,
            connection=self.connection,
            screen=self.screen,
            timeout=self.config.target.timeout,
            is_automatic=self.config.target.is_automatic,
            accepts=self.accepts,
            output=None if self.config.target.is_automatic else self.config.run.results,
            on_step=self._begin,
            on_end=note,
        )
        return push_order(order)

    def _begin(self, step: str) -> None:
        """End the step under way and begin the next one."""
        name, since = self._step
        if name:
            seconds = time.monotonic() - since
            self.measured.stages[name] = self.measured.stages.get(name, 0.0) + seconds
            self.log.event("step", step=name, seconds=round(seconds, 3))
        self._step = (step, time.monotonic())

    def _watch_token(self) -> None:
        self.measured.token_expires = token_expiry(self.connection)
        warning = expiry_warning(
            self.measured.token_expires, today=datetime.now(UTC).date(), days=self.config.target.warn_days
        )
        if warning:
            self.screen.warn(warning)
            self.warnings.append(warning)

    def _finish(self, code: ExitCode, said: list[str]) -> list[str]:
        """Leave summary, metrics and the last line of the log; return the summary."""
        self._begin("")
        measured, run = self.measured, self.config.run
        measured.ended, measured.exit_code = time.time(), code
        measured.succeeded = self._last_success(code)
        lines = summary_lines(
            target=self.target,
            run=self.log.run,
            started=measured.started,
            ended=measured.ended,
            code=code,
            steps=measured.stages,
            said=said,
            warnings=self.warnings,
        )
        self.log.event("ended", exit_code=code, counts=dict(measured.counts))
        if run.metrics:
            write_metrics(measured, run.metrics)
        if run.summary:
            with replacing(run.summary) as target:
                target.write("\n".join([*lines, ""]).encode())
        return lines

    def _last_success(self, code: ExitCode) -> float | None:
        file = self.store.folder / _LAST
        if code in {ExitCode.DONE, ExitCode.ROW_ERRORS}:
            with replacing(file) as target:
                target.write(f"{self.measured.ended:.3f}".encode())
        return float(file.read_text()) if file.exists() else None


def _digest(config: Config) -> str:
    facts = [dict(config.source), dict(config.mapping), asdict(config.target)]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _code_of(problem: BaseException) -> ExitCode:
    if isinstance(problem, ClientError):
        return problem.exit_code
    if isinstance(problem, OrgSyncError):
        return ExitCode.REJECTED
    return ExitCode.INTERRUPTED if isinstance(problem, KeyboardInterrupt) else ExitCode.CRASHED
