"""Kill parts of the product: at times from a seeded schedule, and when a job is seen in a phase."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from tests.chaos.product import Running

WEIGHTS: Final = {
    "child": 28,
    "backend": 12,
    "backend inside a transaction": 24,
    "uploads": 10,
    "light": 8,
    "web": 8,
    "database": 5,
    "everything": 3,
}
"""How often what is killed, in relation."""
PHASES: Final = ("read", "plan", "apply")
BUSY: Final = """
    SELECT job.phase, job.worker, session.pid, session.xact_start IS NOT NULL AND session.state <> 'idle'
      FROM uploads_uploadjob AS job
      LEFT JOIN pg_stat_activity AS session ON session.application_name = job.worker
     WHERE job.status = 'PROCESSING'
"""
SESSIONS: Final = """
    SELECT pid FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND application_name <> 'chaos' AND pid <> pg_backend_pid()
     ORDER BY pid
"""
END: Final = "SELECT pg_terminate_backend(%s)"
WATCH: Final = 4.0  # seconds to wait for a job to come into the wanted phase
GONE: Final = (psycopg.Error, OSError)


@dataclass
class Killer:
    """Kills one thing at a time and remembers what, and in which phase the running job was."""

    product: Running
    dice: random.Random
    weights: dict[str, int] = field(default_factory=lambda: dict(WEIGHTS))
    kills: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    inside: int = 0
    """Kills that fell into an open transaction of an attempt."""
    _session: "psycopg.Connection[Any] | None" = None

    @property
    def count(self) -> int:
        return sum(self.kills.values())

    def strike(self) -> None:
        """Wait for a moment of the schedule, or for a phase, and kill something."""
        target = self.dice.choices(list(self.weights), list(self.weights.values()))[0]
        if self.dice.random() < 0.7:
            busy = self._wait_for_phase(self.dice.choice((*PHASES, "apply", "apply")))
        else:
            time.sleep(self.dice.uniform(0.02, 0.8))
            busy = self._busy()
        if self._kill(target, busy):
            self.kills[target] += 1
            for phase, _, _, is_inside in busy:
                self.phases[phase or "start"] += 1
                self.inside += bool(is_inside) and target not in ("web", "light")

    def _wait_for_phase(self, phase: str) -> list[tuple[Any, ...]]:
        deadline = time.monotonic() + WATCH
        while time.monotonic() < deadline:
            busy = self._busy()
            if any(line[0] == phase for line in busy):
                # Anywhere within the phase, not always at its beginning.
                time.sleep(self.dice.uniform(0, 0.06))
                return self._busy()
            time.sleep(0.005)
        return self._busy()

    def _busy(self) -> list[tuple[Any, ...]]:
        return self._ask(BUSY)

    def _ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the product's database; nothing is the answer while it is away."""
        try:
            if self._session is None or self._session.closed:
                self._session = self.product.connect()
            return self._session.execute(sql, values).fetchall()
        except GONE:
            self._forget()
            return []

    def relent(self) -> None:
        """Take back what lasts; kills do not."""

    def close(self) -> None:
        """End the killer's own session."""
        self._forget()

    def _forget(self) -> None:
        if self._session is not None:
            with suppress(psycopg.Error):
                self._session.close()
        self._session = None

    def _kill(self, target: str, busy: list[tuple[Any, ...]]) -> bool:
        """Kill one thing; return False when there is none such right now."""
        if target.startswith("backend"):
            return self._end_session(busy, is_inside=target != "backend")
        if target == "everything":
            return self._kill_everything()
        found = self.product.processes(target)
        if not found:
            return False
        return _end(self.dice.choice(sorted(found)))

    def _end_session(self, busy: list[tuple[Any, ...]], *, is_inside: bool) -> bool:
        inside = [pid for _, _, pid, is_open in busy if pid and is_open]
        sessions = inside if is_inside else [pid for (pid,) in self._ask(SESSIONS)]
        return bool(sessions) and bool(self._ask(END, self.dice.choice(sessions)))

    def _kill_everything(self) -> bool:
        """Kill the parent of all; everything below it ends by itself, and a person starts it anew."""
        self._forget()
        self.product.kill_everything()
        return True


def _end(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
