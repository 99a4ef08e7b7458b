"""Organizations take turns: a large backlog of one keeps nobody else waiting."""

import pytest

from orgsync.server.uploads.tasks import enqueue
from tests.job_world import make_job, make_organization, make_token
from tests.server.queue.queue_world import query, query_nothing

NEXT = "SELECT args ->> 'job_id' FROM procrastinate_fetch_job_v2(ARRAY['uploads'], NULL) WHERE id IS NOT NULL"
DELETE = "DELETE FROM procrastinate_jobs WHERE CAST(args ->> 'job_id' AS int) = %s"


class Line:
    """Jobs of organizations named by a letter, and one worker that takes them."""

    def __init__(self, *names: str) -> None:
        self._tokens = {name: make_token(make_organization(name)) for name in names}
        self._jobs: dict[int, str] = {}

    def queue(self, names: str, *, is_overdue: bool = False) -> None:
        """Queue a job for each letter."""
        for name in names:
            job = make_job(self._tokens[name])
            enqueue(job, is_overdue=is_overdue)
            count = sum(known[0] == name for known in self._jobs.values()) + 1
            self._jobs[job.pk] = f"{name}{count}"

    def take(self, count: int) -> str:
        """Start and end so many jobs, one after the other; return which they were."""
        taken = []
        for _ in range(count):
            ((job_id,),) = query(NEXT)
            taken.append(self._jobs[int(job_id)])
            query_nothing(DELETE, int(job_id))
        return " ".join(taken)

    def start(self) -> int:
        """Start a job, and leave it running; return its id."""
        ((job_id,),) = query(NEXT)
        return int(job_id)


@pytest.fixture
def line(empty_queue: None) -> Line:
    return Line("A", "B", "C")


def test_backlog_keeps_nobody_waiting(line: Line) -> None:
    """Whoever comes after somebody's five jobs waits for one of them, and so on in turn."""
    line.queue("AAAAA")
    line.queue("BCB")

    assert line.take(8) == "A1 B1 C1 A2 B2 A3 A4 A5"


def test_order_within_an_organization_holds(line: Line) -> None:
    """A job that is queued while an earlier one runs, and is tried again, stays behind it."""
    line.queue("AA")
    line.take(1)
    running = line.start()
    line.queue("AB")
    query_nothing("UPDATE procrastinate_jobs SET status = 'todo' WHERE CAST(args ->> 'job_id' AS int) = %s", running)

    assert line.take(3) == "A2 A3 B1"


def test_turns_begin_where_the_others_are(line: Line) -> None:
    """A newcomer is not let in ahead of those who have had many turns already, nor they for ever behind it."""
    line.queue("AAAA")
    line.take(3)
    line.queue("BBBB")
    line.queue("A")

    assert line.take(6) == "A4 B1 B2 A5 B3 B4"


def test_order_holds_beside_a_release_without_turns(line: Line) -> None:
    """It queues everything with 0, before and after what is queued in turn."""
    line.queue("AA")
    query_nothing("UPDATE procrastinate_jobs SET priority = 0")
    line.queue("A")
    line.queue("A")
    query_nothing("UPDATE procrastinate_jobs SET priority = 0 WHERE id = (SELECT max(id) FROM procrastinate_jobs)")

    assert line.take(4) == "A1 A2 A3 A4"


def test_overdue_job_goes_first(line: Line) -> None:
    """What fell out of the queue is out of turn, and counts as nobody's turn."""
    line.queue("AAB")
    line.queue("C", is_overdue=True)
    line.queue("C")

    assert line.take(5) == "C1 A1 B1 C2 A2"
