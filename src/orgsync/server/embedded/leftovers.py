"""End what a killed server left behind; only the holder of the data directory's lock may do this."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from orgsync.server.embedded.account import Account
from orgsync.server.embedded.binaries import Binaries
from orgsync.server.embedded.errors import DatabaseFailed

PATIENCE = 30.0  # seconds

# Every process of a server works in its cluster. Asked as its own account, because in a container
# root may not look at another account's processes.
PROCESSES_IN = 'for p in /proc/[0-9]*; do test "$p/cwd" -ef "$1" && echo "${p#/proc/}"; done; true'


def processes_of(cluster: Path, account: Account) -> set[int]:
    """Return the ids of all processes that work in the cluster; always empty where there is no /proc."""
    found = account.run(["/bin/sh", "-c", PROCESSES_IN, "sh", cluster])
    return {int(line) for line in found.stdout.split() if line.isdecimal()}


def end_leftovers(cluster: Path, binaries: Binaries, account: Account, *, log: Callable[[str], None]) -> None:
    """
    Stop a server that outlived its parent, then kill back ends that outlived their server.

    A single busy back end would otherwise keep the next server from starting.
    """
    server = _recorded_server(cluster)
    if server is not None and _is_server(server, cluster, account):
        log(f"Stopping a left-over PostgreSQL (process {server}).")
        account.run([binaries.program("pg_ctl"), "-D", cluster, "-m", "fast", "-w", "stop"])
    kill_leftovers(cluster, account)


def kill_leftovers(cluster: Path, account: Account) -> None:
    """Kill every process that works in the cluster; return when none is left."""
    deadline = time.monotonic() + PATIENCE
    while left := processes_of(cluster, account):
        if time.monotonic() > deadline:
            raise DatabaseFailed("PostgreSQL", f"Processes {sorted(left)} of an earlier run do not end.")
        for process_id in left:
            _kill(process_id)
        time.sleep(0.02)


def _recorded_server(cluster: Path) -> int | None:
    try:
        first_line = (cluster / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0]
    except FileNotFoundError:
        return None
    return int(first_line) if first_line.isdecimal() else None


def _is_server(process_id: int, cluster: Path, account: Account) -> bool:
    """Tell whether the id is still that server's: after a restart of the machine it may be anybody's."""
    if Path("/proc").exists():
        return process_id in processes_of(cluster, account)
    name = subprocess.run(["ps", "-o", "comm=", "-p", str(process_id)], capture_output=True, check=False)
    return b"postgres" in name.stdout


def _kill(process_id: int) -> None:
    try:
        os.kill(process_id, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended by itself, which is what we want
