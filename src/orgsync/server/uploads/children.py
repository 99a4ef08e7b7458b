"""The worker's side of the process that does its work: started ahead of time, replaced when it ends.

Loading Python and its libraries takes seconds, so one process serves many jobs, one after the other.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from typing import Final

from orgsync.server.lifeline import die_with_parent
from orgsync.server.queue import process_name
from orgsync.server.uploads.child import LAST_ANSWER

LONGEST_ATTEMPT: Final = 3600.0
"""Seconds after which an attempt counts as stuck: its process is killed, so that other organizations go on."""
ENDED: Final = "ended without an outcome"

MALLOC: Final = "dirty_decay_ms:100,muzzy_decay_ms:0"
"""Has the allocator of Polars give memory back soon after it is free: frames are large and gone at once.

At once would be dearer: a fifth of a job's time went into getting the same pages anew.
"""


class Child:
    """One process. `name` is the name of all its database sessions."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self._process = process
        self._is_leaving = False

    @classmethod
    async def start(cls) -> "Child":
        """Start a process that dies with this one. Must be awaited in the main thread."""
        name = process_name("upload")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orgsync.server.uploads.child"),
            stdin=PIPE,
            stdout=PIPE,
            env=os.environ | {"ORGSYNC_PROCESS": name, "_RJEM_MALLOC_CONF": MALLOC},
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        return cls(name, process)

    @property
    def is_alive(self) -> bool:
        """Whether it takes another job; one that has said its last word does not, though it may not have ended yet."""
        return self._process.returncode is None and not self._is_leaving

    async def run(self, job_id: int, attempt: int, *, request_id: str = "", limit: float = LONGEST_ATTEMPT) -> str:
        """Have one attempt made; return in words how it ended. Only a process that has answered lives on."""
        has_answered = False
        try:
            async with asyncio.timeout(limit):
                has_answered = await self._ask(f"{job_id} {attempt} {request_id}\n")
                return ENDED if has_answered else describe_end(await self._process.wait())
        except TimeoutError:
            return f"was stopped after {limit / 60:g} minutes without an outcome"
        finally:
            if not has_answered:
                await self.kill()

    async def kill(self) -> None:
        """End the process at once, if it has not ended yet."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _ask(self, order: str) -> bool:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order.encode("ascii"))
        try:
            await self._process.stdin.drain()
        except ConnectionError:
            return False  # it has died meanwhile; how, its exit code says
        answer = (await self._process.stdout.readline()).decode("ascii")
        self._is_leaving = answer == LAST_ANSWER
        return bool(answer)


class Children:
    """Keeps one process ready for the next job."""

    def __init__(self) -> None:
        self._ready: list[Child] = []

    async def take(self) -> Child:
        """Return a living process that nobody else uses."""
        while self._ready:
            child = self._ready.pop()
            if child.is_alive:
                return child
        return await Child.start()

    async def give_back(self, child: Child) -> None:
        """Keep the process for the next job; start another one in its place when it has ended."""
        self._ready.append(child if child.is_alive else await Child.start())

    async def prepare(self) -> None:
        """Have a process ready before the first job."""
        await self.give_back(await self.take())

    async def close(self) -> None:
        """End all processes that wait."""
        while self._ready:
            await self._ready.pop().kill()


def describe_end(code: int) -> str:
    """Say what an exit code of a process means."""
    if code == -signal.SIGKILL:
        return "was killed by the system, most likely for lack of memory"
    if code < 0:
        return f"was ended by the signal {signal.Signals(-code).name}"
    return f"ended with the exit code {code}"
