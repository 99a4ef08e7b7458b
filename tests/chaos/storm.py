"""One storm: start the product, send files, kill things, wait until all is quiet, look at everything."""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psycopg

from orgsync.server.embedded import remove_data_dir
from tests.chaos.checks import Aftermath, find_unknown_mail, find_wrongs
from tests.chaos.killer import Killer
from tests.chaos.product import Product, Running
from tests.chaos.sender import Sender
from tests.mailbox import Mailbox, smtp_server

ORGANIZATIONS: Final = ("Acme", "Birch", "Cedar")
CALM: Final = 300.0  # seconds in which everything must have ended
BACKLOG: Final = 10
WAITING: Final = "SELECT count(*) FROM uploads_uploadjob WHERE organization_id = %s AND status = 'QUEUED'"
UNFINISHED: Final = """
    SELECT (SELECT count(*) FROM uploads_uploadjob WHERE status IN ('CREATED', 'QUEUED', 'PROCESSING')),
           (SELECT count(*) FROM notify_outboxmail WHERE sent_at IS NULL)
"""


@dataclass(frozen=True)
class Report:
    """What a storm did and what it found wrong."""

    kills: dict[str, int]
    phases: dict[str, int]
    inside: int
    endings: dict[str, int]
    mails: int
    doubles: int
    seconds: float
    refused: dict[int, int]
    """How often which status came instead of an acceptance; 0 is no answer at all."""
    wrongs: list[str]


def rage(
    folder: Path, *, kills: int, seed: int, seconds: float, pause: float = 0.5, say: Callable[[str], None] = print
) -> Report:
    """Run one storm of so many kills, or of what fits into the seconds; its folder is removed unless it went wrong."""
    mailbox = Mailbox()
    with ExitStack() as stack:
        port = stack.enter_context(smtp_server(mailbox))
        product = Product(folder / "data", port, free_port())
        product.start()
        stack.callback(product.stop)
        killer = Killer(product, random.Random(seed))
        report = storm_over(product, killer, mailbox, kills=kills, seed=seed, seconds=seconds, pause=pause, say=say)
    if not report.wrongs:
        remove_data_dir(folder / "data")
    return report


def storm_over(
    product: Running,
    killer: Killer,
    mailbox: Mailbox,
    *,
    kills: int,
    seed: int,
    seconds: float,
    pause: float = 0.5,
    say: Callable[[str], None] = print,
    each: Callable[[Sender], None] = lambda _sender: None,
) -> Report:
    """Send to a running product while the killer strikes; wait until all is quiet and compare.

    `each` is told of every sender.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        stack.callback(killer.close)
        senders = [
            Sender(product, organization, random.Random(f"{seed} {organization['name']}"))
            for organization in product.make_world(*ORGANIZATIONS)
        ]
        for sender in senders:
            sender.is_behind = partial(_is_behind, product, int(sender.organization["id"]))
            each(sender)
        _storm(killer, senders, kills=kills, deadline=time.monotonic() + seconds, pause=pause, say=say)
        is_calm = _wait_for_calm(product)
        report = _report(product, killer, senders, mailbox, began)
        if not is_calm:
            report.wrongs.insert(0, f"not everything has ended after {CALM:.0f} seconds")
    return report


def _storm(
    killer: Killer, senders: list[Sender], *, kills: int, deadline: float, pause: float, say: Callable[[str], None]
) -> None:
    """Kill until the number or the time is reached, while every organization gets its files."""
    stop = threading.Event()
    threads = [threading.Thread(target=sender.send_until, args=[stop], kwargs={"pause": pause}) for sender in senders]
    for thread in threads:
        thread.start()
    try:
        while killer.count < kills and (time.monotonic() < deadline or not killer.count):
            before = killer.count
            killer.strike()
            if killer.count // 5 > before // 5:
                say(f"{killer.count} kills, {sum(len(sender.accepted) for sender in senders)} files accepted")
    except BaseException:
        for sender in senders:
            sender.gives_up.set()
        raise
    finally:
        stop.set()
        # An upload that is on its way can end only in a network that is whole.
        killer.relent()
        for thread in threads:
            thread.join()


def _is_behind(product: Running, organization: int) -> bool:
    """Tell whether many of an organization's files wait; a database that is away has nothing to say."""
    try:
        with product.connect() as session:
            ((waiting,),) = session.execute(WAITING, [organization]).fetchall()
    except (psycopg.Error, OSError):
        return False
    return bool(waiting >= BACKLOG)


def _wait_for_calm(product: Running) -> bool:
    deadline = time.monotonic() + CALM
    while time.monotonic() < deadline:
        try:
            with product.connect() as session:
                if session.execute(UNFINISHED).fetchone() == (0, 0):
                    return True
        except (psycopg.Error, OSError):
            pass  # the database may just be starting again
        time.sleep(0.5)
    return False


def _report(product: Running, killer: Killer, senders: list[Sender], mailbox: Mailbox, began: float) -> Report:
    with product.connect() as session:
        wrongs = [wrong for sender in senders for wrong in find_wrongs(Aftermath(product, sender, mailbox, session))]
        wrongs += find_unknown_mail(mailbox, session)
        endings = dict(session.execute("SELECT status, count(*) FROM uploads_uploadjob GROUP BY 1").fetchall())
    verified = product.orgsync("admin", "verify-audit")
    if verified.returncode:
        wrongs.append(f"verify-audit: {verified.stdout}{verified.stderr}")
    unique = len({str(mail["Message-ID"]) for mail in mailbox.messages})
    return Report(
        kills=dict(killer.kills),
        phases=dict(killer.phases),
        inside=killer.inside,
        endings=endings,
        mails=unique,
        doubles=len(mailbox.messages) - unique,
        seconds=time.monotonic() - began,
        refused=dict(sum((sender.refused for sender in senders), Counter())),
        wrongs=wrongs,
    )


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
