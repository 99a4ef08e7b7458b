"""A storm over several hosts: `python -m tests.scale hosts --disturbances 100 --seed 1`."""

import random
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.storm import Report, storm_over
from tests.mailbox import Mailbox, smtp_server
from tests.scale.cluster import Cluster
from tests.scale.disturber import CUTS, Disturber
from tests.scale.fleet import Fleet
from tests.scale.hosts import gateway, network
from tests.scale.large import PEOPLE, log_statements, send_large_files, shared_snapshots
from tests.scale.pooler import Pooler

HOSTS = ("db", "s3", "web1", "web2", "work1", "work2")


def storm(
    *,
    disturbances: int,
    seed: int,
    seconds: float,
    queue_goes: str = "",
    say: Callable[[str], None] = print,
) -> Report:
    """Let one storm rage over six hosts; with `queue_goes` through PgBouncer. What it leaves is kept if it is wrong."""
    mailbox = Mailbox()
    folder = Path(tempfile.mkdtemp(prefix="orgsync-hosts-"))
    folder.chmod(0o711)
    with ExitStack() as stack:
        hosts = stack.enter_context(network(*HOSTS))
        smtp = stack.enter_context(smtp_server(mailbox, host=gateway(hosts)))
        cluster = Cluster(hosts["db"], folder / "db")
        cluster.make()
        stack.callback(cluster.stop)
        pooler = Pooler(cluster, folder / "pooler") if queue_goes else None
        fleet = Fleet(folder, hosts, cluster, gateway(hosts), smtp, pooler, queue_goes)
        stack.callback(fleet.stop)
        fleet.start()
        wrongs = _read_on_two_connections(fleet, say) if pooler else []
        disturber = Disturber(fleet, random.Random(seed))
        report = storm_over(fleet, disturber, mailbox, kills=disturbances, seed=seed, seconds=seconds, say=say)
        report.wrongs.extend(wrongs)
        cuts = sum(count for name, count in report.kills.items() if name in CUTS)
        say(f"cuts {cuts} ({disturber.cut_seconds:.0f} s in all, longest {disturber.longest:.0f} s)")
        say(f"uploads taken by host {[*fleet.proxy.counts.values()]}; attempts {_attempts(fleet)}")
        if pooler:
            say(f"pools {pooler.pools()}")
    say(f"kept: {folder}" if report.wrongs else "nothing wrong")
    return report


def _read_on_two_connections(fleet: Fleet, say: Callable[[str], None]) -> list[str]:
    log_statements(fleet, on=True)
    wrongs = send_large_files(fleet)
    log_statements(fleet, on=False)
    exported, taken = shared_snapshots(fleet)
    say(f"{PEOPLE:,} people twice: {exported} snapshots exported, {taken} taken over; {len(wrongs)} things wrong")
    return wrongs if exported and taken else [*wrongs, "no snapshot was shared"]


def _attempts(fleet: Fleet) -> dict[int, int]:
    """Return how many jobs took how many attempts."""
    with fleet.connect() as session:
        return dict(
            session.execute("SELECT attempts, count(*) FROM uploads_uploadjob GROUP BY 1 ORDER BY 1").fetchall()
        )
