"""Two versions of the code on one database, under load: `python -m tests.scale upgrade --from <commit>`.

The old version works; the database is migrated beneath it; the new one joins; the old one leaves.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos.killer import Killer
from tests.chaos.storm import Report, storm_over
from tests.mailbox import Mailbox, smtp_server
from tests.scale.cluster import Cluster
from tests.scale.fleet import WEB_PORT, Fleet
from tests.scale.hosts import local_hosts

OLD: Final = ("web1", "work1")
NEW: Final = ("web2", "work2")
BESIDE: Final = 15.0
"""Seconds for which each stage lasts."""
TOP: Final = Path(__file__).parents[2]
MIGRATIONS: Final = "SELECT count(*) FROM django_migrations"
DONE: Final = "SELECT count(*) FROM uploads_uploadjob WHERE status = 'DONE'"


@dataclass
class Roll(Killer):
    """Kills nothing: each strike is the next step of the upgrade."""

    folder: Path = field(init=False)
    told: list[str] = field(default_factory=list)

    def strike(self) -> None:
        fleet = self.product
        assert isinstance(fleet, Fleet)
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("old alone", lambda: None),
            ("migrated beneath the old", lambda: _migrate(fleet)),
            ("new beside old", lambda: _join(fleet)),
            ("new alone", lambda: [fleet.stop_host(name) for name in OLD]),
        ]
        name, step = steps[self.count]
        step()
        before = self._ask(DONE)[0][0]
        time.sleep(BESIDE)
        done = self._ask(DONE)[0][0] - before
        self.told.append(f"{name}: {self._ask(MIGRATIONS)[0][0]} migrations, {done} jobs done in {BESIDE:.0f} s")
        self.kills[name] += 1


@contextmanager
def checkout(commit: str) -> Any:
    """Give a work tree of another commit of this repository."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-old-")) / "code"
    git = ["git", "-C", str(TOP), "worktree"]
    subprocess.run([*git, "add", "--detach", str(folder), commit], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True, capture_output=True)


def upgrade(commit: str, *, seed: int = 1, say: Callable[[str], None] = print) -> tuple[Report, int]:
    """Return what the storm without kills found, and how many errors the processes have logged."""
    mailbox = Mailbox()
    folder = Path(tempfile.mkdtemp(prefix="orgsync-upgrade-"))
    folder.chmod(0o711)
    with ExitStack() as stack:
        old = stack.enter_context(checkout(commit))
        hosts = local_hosts("db", *OLD, *NEW)
        smtp = stack.enter_context(smtp_server(mailbox))
        cluster = Cluster(hosts.pop("db"), folder / "db")
        cluster.make()
        stack.callback(cluster.stop)
        shared = {"ORGSYNC_DATA_DIR": str(folder / "shared")}
        first = {name: hosts[name] for name in OLD}
        fleet = Fleet(folder, first, cluster, smtp_port=smtp, extra=shared, source=old)
        stack.callback(fleet.stop)
        fleet.start()
        roll = Roll(fleet, random.Random(seed))
        fleet.joining = {name: hosts[name] for name in NEW}
        report = storm_over(fleet, roll, mailbox, kills=4, seed=seed, seconds=600, say=say)
        errors = sum(fleet.log(name).count("Traceback") for name in (*OLD, *NEW))
    for line in roll.told:
        say(line)
    say(f"{errors} errors logged, answers that were no acceptance: {report.refused}")
    return report, errors


def _migrate(fleet: Fleet) -> None:
    """Bring the database to the new version, with everything running."""
    fleet.source = None
    done = fleet.orgsync("admin", "migrate")
    assert done.returncode == 0, done.stderr


def _join(fleet: Fleet) -> None:
    fleet.hosts = fleet.hosts | fleet.joining
    fleet.keep_up()
    for name in NEW:
        if name.startswith("web"):
            fleet.wait_for(fleet.hosts[name])
            fleet.proxy.add((fleet.hosts[name].address, WEB_PORT))
