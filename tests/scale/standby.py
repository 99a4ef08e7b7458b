"""A primary with a stand-by: the primary is killed under load and the stand-by promoted.

`python -m tests.scale standby`, with `--asynchronous` for what is lost then.
"""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from tests.chaos.checks import JOBS
from tests.chaos.killer import Killer
from tests.chaos.sender import Sender
from tests.chaos.storm import Report, storm_over
from tests.mailbox import Mailbox, smtp_server
from tests.scale.cluster import ACCOUNT, PORT, Cluster
from tests.scale.fleet import Fleet
from tests.scale.hosts import Host, cut, gateway, network

STANDBY: Final = "standby"
HOSTS: Final = ("db", STANDBY, "s3", "web1", "web2", "work1", "work2")
CHILD_KILLS: Final = {"child": 3, "backend inside a transaction": 2, "uploads": 1}
BEHIND: Final = 2.0
"""Seconds for which an asynchronous stand-by is cut off before the primary dies, so that there is something to lose."""


@dataclass
class Failover(Killer):
    """Kills workers, and in the middle of it the primary; the stand-by becomes the primary."""

    weights: dict[str, int] = field(default_factory=lambda: dict(CHILD_KILLS))
    standby: Cluster = field(init=False)
    at: int = 6
    """The strike with which the primary goes."""
    is_cut_before: bool = False
    seconds_away: float = 0.0

    def strike(self) -> None:
        assert isinstance(self.product, Fleet)
        self.product.keep_up()
        if self.count == self.at:
            self._fail_over(self.product)
        super().strike()

    def _fail_over(self, fleet: Fleet) -> None:
        if self.is_cut_before:
            cut(self.standby.host, fleet.cluster.host)
            time.sleep(BEHIND)
        self._forget()
        began = time.monotonic()
        fleet.cluster.kill()
        self.standby.promote()
        fleet.cluster = self.standby
        self.kills["primary"] += 1
        with self.standby.connect() as session:
            session.execute("CREATE TEMPORARY TABLE may_write (id int)")
        self.seconds_away = time.monotonic() - began


def fail_over(
    *, is_synchronous: bool, strikes: int = 14, seed: int = 1, seconds: float = 240, say: Callable[[str], None] = print
) -> tuple[Report, int]:
    """Return what a storm with a failover found, and how many accepted uploads the new primary does not know."""
    mailbox = Mailbox()
    folder = Path(tempfile.mkdtemp(prefix="orgsync-standby-"))
    folder.chmod(0o711)
    senders: list[Sender] = []
    with ExitStack() as stack:
        hosts = stack.enter_context(network(*HOSTS))
        smtp = stack.enter_context(smtp_server(mailbox, host=gateway(hosts)))
        primary = Cluster(hosts["db"], folder / "db")
        primary.make()
        stack.callback(primary.stop)
        standby = Cluster(hosts[STANDBY], folder / STANDBY)
        standby.copy_from(primary, name=STANDBY)
        stack.callback(standby.stop)
        if is_synchronous:
            _wait_for(primary, standby)
        fleet = Fleet(folder, hosts, primary, gateway(hosts), smtp, database_url=_either(hosts["db"], standby.host))
        stack.callback(fleet.stop)
        fleet.start()
        killer = Failover(fleet, random.Random(seed), is_cut_before=not is_synchronous)
        killer.standby = standby
        report = storm_over(
            fleet, killer, mailbox, kills=strikes, seed=seed, seconds=seconds, say=say, each=senders.append
        )
        missing = sum(_missing(standby, sender) for sender in senders)
        say(f"promoted and writable {killer.seconds_away:.1f} s after the kill; {missing} accepted uploads lost")
    return report, missing


def _either(one: Host, other: Host) -> str:
    """Return the address of both, of which the one that may be written to is taken."""
    both = f"{one.address}:{PORT},{other.address}:{PORT}"
    return f"postgresql://orgsync@{both}/orgsync?target_session_attrs=read-write&connect_timeout=3"


def _wait_for(primary: Cluster, standby: Cluster) -> None:
    """Let every commit wait until the stand-by has it on its disk."""
    with primary.connect(user=ACCOUNT, dbname="postgres") as session:
        session.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        session.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 30
        while session.execute("SELECT sync_state FROM pg_stat_replication").fetchone() != ("sync",):
            if time.monotonic() > deadline:
                raise RuntimeError("the stand-by does not follow")
            time.sleep(0.1)
    # It was copied before: as a primary it shall wait for nobody.
    with standby.connect(user=ACCOUNT, dbname="postgres") as session:
        assert session.execute("SHOW synchronous_standby_names").fetchone() == ("",)


def _missing(cluster: Cluster, sender: Sender) -> int:
    """Count the accepted uploads that the database knows nothing of."""
    with psycopg.connect(cluster.url) as session:
        known = {line[8] for line in session.execute(JOBS, [sender.organization["id"]]).fetchall()}
    return len(set(sender.accepted) - known)
