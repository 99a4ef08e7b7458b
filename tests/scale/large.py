"""Two full files large enough for a job to read on two connections that share one snapshot."""

import random
import time
from typing import Final

from tests.chaos.checks import Aftermath, check_effects, check_endings, check_results, check_revision
from tests.chaos.model import FULL, File, Row
from tests.chaos.sender import Sender
from tests.mailbox import Mailbox
from tests.scale.cluster import ACCOUNT
from tests.scale.fleet import Fleet

PEOPLE: Final = 12_000
PATIENCE: Final = 300.0
CHECKS: Final = (check_endings, check_effects, check_revision, check_results)
ENDED: Final = """
    SELECT count(*) FROM uploads_uploadjob
     WHERE organization_id = %s AND (finished_at IS NOT NULL OR held_at IS NOT NULL)
"""


def send_large_files(fleet: Fleet) -> list[str]:
    """Send everybody, and everybody again with one in a hundred changed; return what is wrong, in words."""
    sender = Sender(fleet, fleet.make_world("Dogwood")[0], random.Random(0))
    for day in (1, 2):
        sender.send(File(FULL, tuple(Row(f"F{who}", _title(who, day), "Cooks") for who in range(PEOPLE))))
        _wait(fleet, int(sender.organization["id"]), day)
    with fleet.connect() as session:
        after = Aftermath(fleet, sender, Mailbox(), session)
        return [f"large files: {wrong}" for check in CHECKS for wrong in check(after)]


def log_statements(fleet: Fleet, *, on: bool) -> None:
    """Have the database write every statement into its log, or no longer."""
    with fleet.cluster.connect(user=ACCOUNT) as session:
        session.execute(f"ALTER SYSTEM SET log_statement = '{'all' if on else 'none'}'")
        session.execute("SELECT pg_reload_conf()")


def shared_snapshots(fleet: Fleet) -> tuple[int, int]:
    """Return how often the database's log says that a snapshot was exported, and taken over."""
    log = (fleet.cluster.folder / "log").read_text(errors="replace")
    return log.count("SELECT pg_export_snapshot()"), log.count("SET TRANSACTION SNAPSHOT")


def _title(who: int, day: int) -> str:
    return f"Cook {day}" if who % 100 == 0 else "Cook"


def _wait(fleet: Fleet, organization: int, jobs: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with fleet.connect() as session:
            if session.execute(ENDED, [organization]).fetchone() == (jobs,):
                return
        time.sleep(0.2)
    raise RuntimeError("the large file does not end")
