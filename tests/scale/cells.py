"""Two cells behind a router: one installation and one PostgreSQL each. `python -m tests.scale cells`.

Organizations live in one cell; a cell whose database dies takes nothing but its own with it; an organization moves.
"""

import random
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psycopg

from scripts.move_organization import give_ids, move, remove
from tests.chaos.checks import Aftermath, check_audit, check_effects, check_endings, check_results, check_revision
from tests.chaos.sender import Sender
from tests.mailbox import Mailbox
from tests.scale.cluster import ACCOUNT, Cluster
from tests.scale.fleet import WEB_PORT, Fleet
from tests.scale.hosts import local_hosts
from tests.scale.router import Router

CHECKS: Final = (check_endings, check_effects, check_revision, check_results, check_audit)
UNFINISHED: Final = "SELECT count(*) FROM uploads_uploadjob WHERE status IN ('CREATED', 'QUEUED', 'PROCESSING')"


class NamedSender(Sender):
    """Sends to the name of its organization, as a client with its own base URL does."""

    def headers(self, file: Any, key: str) -> dict[str, str]:
        return super().headers(file, key) | {"Host": name_of(self.organization["name"])}


def name_of(organization: str) -> str:
    return f"{organization.lower()}.orgsync.example.com"


def try_cells(*, seed: int = 1, say: Callable[[str], None] = print) -> list[str]:
    """Return everything that went wrong, in words."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-cells-"))
    folder.chmod(0o711)
    with ExitStack() as stack:
        one, two = (_cell(stack, folder, number) for number in (1, 2))
        owners = {"Acme": one, "Birch": one, "Cedar": two}
        addresses = {cell: (cell.hosts["web"].address, WEB_PORT) for cell in (one, two)}
        router = stack.enter_context(Router({name_of(name): addresses[cell] for name, cell in owners.items()}))
        made = {name: cell.make_world(name)[0] for name, cell in owners.items()}
        senders = {name: NamedSender(router, world, random.Random(f"{seed} {name}")) for name, world in made.items()}
        _send_all(senders.values(), 10)
        say(_outage(one, senders))
        for cell in (one, two):
            _wait(cell)
        wrongs = [wrong for name in owners for wrong in _wrongs(senders[name], owners[name])]
        say(_move(router, "Acme", one, two, addresses[two]))
        _send_all([senders["Acme"]], 10)
        _wait(two)
        wrongs += [f"after the move, {wrong}" for wrong in _wrongs(senders["Acme"], two)]
        wrongs += [f"after the move, {wrong}" for wrong in _wrongs(senders["Birch"], one)]
        wrongs += _verify(one) + _verify(two)
    return wrongs


def _cell(stack: ExitStack, folder: Path, number: int) -> Fleet:
    """Start one installation; both share the folder of files, as cells share a bucket."""
    place = folder / f"cell{number}"
    place.mkdir()
    place.chmod(0o711)
    hosts = local_hosts("db", "web", "work", group=number)
    cluster = Cluster(hosts.pop("db"), place / "db")
    cluster.make()
    stack.callback(cluster.stop)
    fleet = Fleet(place, hosts, cluster, extra={"ORGSYNC_DATA_DIR": str(folder / "shared")})
    stack.callback(fleet.stop)
    fleet.start()
    with cluster.connect(user=ACCOUNT) as session:
        give_ids(session, number)
    return fleet


def _send_all(senders: Any, seconds: float) -> None:
    """Let each send for so long."""
    stop = threading.Event()
    threads = [threading.Thread(target=sender.send_until, args=[stop], kwargs={"pause": 0.5}) for sender in senders]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()


def _outage(one: Fleet, senders: dict[str, NamedSender]) -> str:
    """Kill the first cell's database for a while; the second cell's organization sends on."""
    one.cluster.kill()
    before = len(senders["Cedar"].accepted), sum(senders["Cedar"].refused.values())
    _send_all([senders["Cedar"]], 8)
    accepted = len(senders["Cedar"].accepted) - before[0]
    refused = sum(senders["Cedar"].refused.values()) - before[1]
    one.cluster.start()
    return f"database of cell 1 away: cell 2 accepted {accepted} files and refused {refused}"


def _move(router: Router, name: str, one: Fleet, two: Fleet, address: tuple[str, int]) -> str:
    """Take an organization out of the router, copy it, let the router find it in the other cell."""
    began = time.monotonic()
    router.cells.pop(name_of(name))
    with one.cluster.connect(user=ACCOUNT) as source, two.cluster.connect(user=ACCOUNT) as target:
        counts = move(source, target, name)
        router.cells[name_of(name)] = address
        seconds = time.monotonic() - began
        remove(source, name)
    return f"{name} moved: {sum(counts.values())} rows of {sum(map(bool, counts.values()))} tables in {seconds:.1f} s"


def _wait(cell: Fleet) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            with cell.connect() as session:
                if session.execute(UNFINISHED).fetchone() == (0,):
                    return
        except psycopg.Error:
            pass  # it is just starting again
        time.sleep(0.3)
    raise RuntimeError("jobs do not end")


def _wrongs(sender: Sender, cell: Fleet) -> list[str]:
    with cell.connect() as session:
        after = Aftermath(cell, sender, Mailbox(), session)
        return [f"{sender.organization['name']}: {wrong}" for check in CHECKS for wrong in check(after)]


def _verify(cell: Fleet) -> list[str]:
    done = cell.orgsync("admin", "verify-audit")
    return [f"verify-audit: {done.stdout}{done.stderr}"] if done.returncode else []
