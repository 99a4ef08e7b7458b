"""Which account PostgreSQL runs as. It refuses root, so root steps down; anybody else stays who they are."""

import os
import pwd
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orgsync.server.embedded.errors import DataDirectoryNotOurs, UnknownAccount
from orgsync.server.env import ConfigurationError, env_text

USER_SETTING = "ORGSYNC_POSTGRES_USER"
SHARED_ACCOUNT = "nobody"

# Print the first folder, from the root on, that may not be passed; the paths arrive as arguments.
FIRST_CLOSED = 'for path; do test -x "$path" || { printf %s "$path"; exit 1; }; done'


@dataclass(frozen=True, slots=True)
class Account:
    """The account that PostgreSQL runs as; `steps_down` when we are root and it is not."""

    name: str
    uid: int
    gid: int
    steps_down: bool

    def process_arguments(self) -> dict[str, Any]:
        """Return what `subprocess` needs to run a program as this account, with nothing of ours left."""
        bare: dict[str, Any] = {
            "cwd": "/",
            "umask": 0o077,
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        }
        if not self.steps_down:
            return bare
        # Without an explicit empty list root's own groups would stay.
        return bare | {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(self, arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program as this account to its end; return its output, both streams in one."""
        return subprocess.run(
            [str(argument) for argument in arguments],
            **self.process_arguments(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )

    def first_closed(self, path: Path) -> Path | None:
        """Return the first of the path and its parents that the account may not pass, or None."""
        way = [*reversed(path.parents), path]
        found = self.run(["/bin/sh", "-c", FIRST_CLOSED, "sh", *way])
        return Path(found.stdout) if found.returncode else None


def choose_account(cluster: Path, *, log: Callable[[str], None]) -> Account:
    """
    Return the account for this cluster, which may not exist yet.

    The owner of existing data is never changed. Raises UnknownAccount, DataDirectoryNotOurs or
    ConfigurationError.
    """
    owner = cluster.stat().st_uid if cluster.is_dir() else None
    if os.geteuid() != 0:
        return _ourselves(cluster, owner)
    entry = _account_for_root(owner)
    if entry.pw_uid == 0:
        raise UnknownAccount("root", f"PostgreSQL refuses it. Set {USER_SETTING} to an ordinary account.")
    if entry.pw_name == SHARED_ACCOUNT:
        log(
            f"PostgreSQL runs as {SHARED_ACCOUNT}, an account that other programs may share; "
            "an account of its own is safer: useradd --system orgsync"
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, steps_down=True)


def name_of(uid: int) -> str:
    """Return the account's name, or its number where the machine has no name for it."""
    entry = _entry(uid)
    return f"user {uid}" if entry is None else entry.pw_name


def _ourselves(cluster: Path, owner: int | None) -> Account:
    uid = os.geteuid()
    if owner not in {None, uid}:
        raise DataDirectoryNotOurs(cluster, name_of(cluster.stat().st_uid))
    entry = _entry(uid)
    if entry is None:
        raise UnknownAccount(f"user {uid}", "the machine has no name for it. Add it to /etc/passwd.")
    return Account(entry.pw_name, uid, os.getegid(), steps_down=False)


def _account_for_root(owner: int | None) -> pwd.struct_passwd:
    if owner is not None:
        entry = _entry(owner)
        if entry is None:
            raise UnknownAccount(f"user {owner}", "it owns the data, but the machine has no name for it.")
        return entry
    if wanted := env_text(USER_SETTING):
        entry = _entry(wanted)
        if entry is None:
            raise ConfigurationError(USER_SETTING, f"there is no account {wanted!r}; name one that exists.")
        return entry
    for name in ("orgsync", "postgres", SHARED_ACCOUNT):
        if entry := _entry(name):
            return entry
    raise UnknownAccount("root", "PostgreSQL refuses it. Make an account: useradd --system orgsync")


def _entry(account: str | int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(account) if isinstance(account, int) else pwd.getpwnam(account)
    except KeyError:
        return None
