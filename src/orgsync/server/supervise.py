"""Keep a handful of child processes running until somebody asks to stop, then leave nothing behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from orgsync.core.errors import OrgSyncError
from orgsync.server.lifeline import die_with_parent

POLL_INTERVAL = 0.2  # seconds
LONGEST_DELAY = 10.0
STEADY_AFTER = 30.0  # a child that ran this long starts again at once
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody asked to stop before the children were running; like KeyboardInterrupt, nobody's error."""


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running: SIGTERM must make it finish its work and end."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    pass_fds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Foundation:
    """What all children need and who started it also stops: here it is only restarted when it dies."""

    name: str
    is_alive: Callable[[], bool]
    restart: Callable[[], None]


@dataclass(slots=True)
class _Slot:
    """The present process of a child and its history."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    failures: int = 0
    start_again_at: float = 0.0


def delay_before_restart(failures: int) -> float:
    """Return the seconds to wait before the next start, after so many short lives in a row."""
    return 0.0 if failures <= 1 else min(0.5 * 2.0 ** (failures - 2), LONGEST_DELAY)


class Supervisor:
    """Children in their own sessions, so that Ctrl-C reaches only us and we drain them."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        log: Callable[[str], None],
        foundation: Foundation | None = None,
        grace: float = 25.0,
    ) -> None:
        """`grace` is how many seconds the children may take to finish once they are asked to."""
        self._slots = [_Slot(child) for child in children]
        self._log = log
        self._foundation = _Slot(Child(foundation.name, ())) if foundation else None
        self._revive = foundation
        self._grace = grace
        self._stop_requests = 0

    def run(
        self,
        *,
        each_tick: Callable[[], None] | None = None,
        before_drain: Callable[[], None] | None = None,
    ) -> int:
        """
        Run until SIGTERM, SIGINT or SIGHUP; return 0 when all children have ended.

        A second signal ends the draining at once. `each_tick` is called about five times a second;
        what it raises stops everything and is passed on. Must be called in the main thread.
        """
        with _on_stop_signal(self._note_stop):
            try:
                while not self._stop_requests:
                    self._tick()
                    if each_tick is not None:
                        each_tick()
                    time.sleep(POLL_INTERVAL)
            finally:
                if before_drain is not None:
                    before_drain()
                self._drain()
        return 0

    def deaths(self, name: str) -> int:
        """Return how often the child of that name has died."""
        return sum(slot.deaths for slot in self._slots if slot.child.name == name)

    def _note_stop(self) -> None:
        self._stop_requests += 1

    def _tick(self) -> None:
        self._keep_foundation()
        for slot in self._slots:
            if slot.process is not None and slot.process.poll() is not None:
                self._bury(slot, slot.process)
            if slot.process is None and time.monotonic() >= slot.start_again_at:
                self._start(slot)

    def _keep_foundation(self) -> None:
        slot, foundation = self._foundation, self._revive
        if slot is None or foundation is None or foundation.is_alive():
            return
        if time.monotonic() < slot.start_again_at:
            return
        self._note_death(slot, "died")
        try:
            foundation.restart()
        except (OrgSyncError, OSError) as error:
            # It is tried again, later each time: a full disk may be mended meanwhile.
            self._log(f"{slot.child.name} does not start: {error}")
        slot.started_at = time.monotonic()

    def _start(self, slot: _Slot) -> None:
        slot.started_at = time.monotonic()
        slot.process = subprocess.Popen(
            slot.child.argv,
            env=slot.child.env,
            pass_fds=slot.child.pass_fds,
            stdin=subprocess.DEVNULL,
            umask=0o077,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it allocates nothing
        )

    def _bury(self, slot: _Slot, process: subprocess.Popen[bytes]) -> None:
        _kill_group(process)
        slot.process = None
        self._note_death(slot, f"ended with {_outcome(process.returncode)}")

    def _note_death(self, slot: _Slot, how: str) -> None:
        now = time.monotonic()
        slot.deaths += 1
        slot.failures = 1 if now - slot.started_at > STEADY_AFTER else slot.failures + 1
        delay = delay_before_restart(slot.failures)
        slot.start_again_at = now + delay
        self._log(f"{slot.child.name} {how}; starting it again" + (f" in {delay:g} s" if delay else ""))

    def _drain(self) -> None:
        """Ask all children together, wait for all together, then kill whoever is left."""
        processes = [slot.process for slot in self._slots if slot.process is not None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + self._grace
        while any(process.poll() is None for process in processes):
            if self._stop_requests > 1 or time.monotonic() > deadline:
                self._log("Not everything ended in time; killing the rest.")
                break
            time.sleep(POLL_INTERVAL / 4)
        for process in processes:
            _kill_group(process)
            process.wait()


def run_to_end(child: Child) -> int:
    """Run a child once; return its exit code. When we are interrupted it is asked to end first."""
    process = subprocess.Popen(
        child.argv,
        env=child.env,
        stdin=subprocess.DEVNULL,
        umask=0o077,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it allocates nothing
    )
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        _kill_group(process)
        process.wait()
        raise


@contextmanager
def stop_by_exception() -> Iterator[None]:
    """Raise StopRequested in the main thread on a stop signal, so that `with` blocks clean up."""
    with _on_stop_signal(_raise_stop):
        yield


def _raise_stop() -> None:
    raise StopRequested


@contextmanager
def _on_stop_signal(react: Callable[[], None]) -> Iterator[None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        react()

    # A signal that our parent has us ignore, as nohup does with SIGHUP, stays ignored.
    wanted = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in wanted}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and what it started; a child leads its group, and the group may outlive it."""
    # macOS answers EPERM for a group of nothing but zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _outcome(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
