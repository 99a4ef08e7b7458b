"""Make a cluster and say how PostgreSQL is to run on it."""

import os
import pwd
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from orgsync.server.embedded.account import Account
from orgsync.server.embedded.binaries import Binaries
from orgsync.server.embedded.errors import DatabaseFailed

ROLE = "orgsync"
DATABASE = "orgsync"

# Measured with loads of a million rows: index upkeep dominates, so more memory or less safety
# brings nothing. wal_level minimal needs max_wal_senders 0.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "huge_pages": "off",
    "shared_buffers": "192MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_buffers": "16MB",
    "jit": "off",
    # Disks have no arm any more, and most of a directory lies in memory: a look by key is cheap.
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # Failed statements and the details of an error quote rows, and rows are personal data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def make_cluster(cluster: Path, binaries: Binaries, account: Account) -> None:
    """
    Make an empty cluster, all or nothing.

    A killed initdb goes on writing as an orphan, so each try has a name of its own and only a
    finished one gets the cluster's name. Left-over tries are removed.
    """
    for left_over in cluster.parent.glob(f"{cluster.name}.new.*"):
        shutil.rmtree(left_over, ignore_errors=True)  # its orphaned initdb may still be writing
    draft = cluster.with_name(f"{cluster.name}.new.{os.getpid()}.{time.time_ns()}")
    draft.mkdir(mode=0o700)
    if account.steps_down:
        os.chown(draft, account.uid, account.gid)
    fixed = [f"--username={ROLE}", "--auth=peer", "--encoding=UTF8", "--data-checksums"]
    made = account.run(
        [binaries.program("initdb"), "-D", draft, *fixed, *_locale(int(binaries.major))],
    )
    if made.returncode:
        shutil.rmtree(draft)
        raise DatabaseFailed("initdb", made.stdout.strip())
    draft.rename(cluster)


def _locale(major: int) -> list[str]:
    """Sort by bytes, know the letters of all languages, depend on no library of the machine."""
    if major >= 17:
        system = "C.UTF-8" if sys.platform.startswith("linux") else "C"
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={system}"]
    return ["--locale=C.UTF-8" if sys.platform.startswith("linux") else "--locale=C"]


def write_access_rules(place: Path, account: Account) -> None:
    """
    Let in this user, PostgreSQL's account and root, over the socket and as nobody else.

    The files lie outside the cluster, where PostgreSQL's account cannot change them.
    """
    ourselves = pwd.getpwuid(os.geteuid()).pw_name
    users = dict.fromkeys([ourselves, account.name, "root"])
    readable = 0o644 if account.steps_down else 0o600
    rules = {
        "pg_hba.conf": "local all all peer map=orgsync\n",
        "pg_ident.conf": "".join(f'orgsync "{user}" {ROLE}\n' for user in users),
    }
    for name, text in rules.items():
        draft = place / f"{name}.new"
        draft.unlink(missing_ok=True)
        draft.touch(mode=readable, exist_ok=False)
        draft.chmod(readable)
        draft.write_text(text, encoding="utf-8")
        draft.replace(place / name)


def server_command(
    binaries: Binaries, place: Path, cluster: Path, socket_folder: Path, extra: Mapping[str, str]
) -> list[str]:
    """Return the command line that runs PostgreSQL in the foreground, every setting on it."""
    settings = {
        **SETTINGS,
        "unix_socket_directories": str(socket_folder),
        "hba_file": str(place / "pg_hba.conf"),
        "ident_file": str(place / "pg_ident.conf"),
        **extra,
    }
    command = [str(binaries.program("postgres")), "-D", str(cluster)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command
