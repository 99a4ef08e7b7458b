"""What has to be known of a machine to read its figures; never its name."""

import os
import platform
import subprocess
from importlib.metadata import version
from typing import TypedDict

from orgsync.server.embedded.binaries import find_binaries

PACKAGES = ("orgsync", "polars", "django", "psycopg", "procrastinate", "gunicorn")


class Facts(TypedDict):
    """`load_before` is the machine's load average before the run: above 0 it was busy with something else, too."""

    cpus: int
    memory_bytes: int
    system: str
    architecture: str
    load_before: float
    versions: dict[str, str]
    commit: str


def machine_facts() -> Facts:
    """Return the facts of this machine and of what runs on it."""
    versions = {"python": platform.python_version(), "postgresql": next(find_binaries()).version}
    return Facts(
        cpus=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=platform.system(),
        architecture=platform.machine(),
        load_before=round(os.getloadavg()[0], 2),
        versions=versions | {name: version(name) for name in PACKAGES},
        commit=_commit(),
    )


def _commit() -> str:
    """Return the short hash of the checkout, empty outside of one."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
