"""Children are kept running, drained together, and never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from process_world import is_running, until

from orgsync.server.supervise import (
    Child,
    Foundation,
    StopRequested,
    Supervisor,
    delay_before_restart,
    run_to_end,
    stop_by_exception,
)

Program = Callable[..., subprocess.Popen[str]]

# Note the process id; end politely when asked to, and note that too.
POLITE = """
import os, pathlib, signal, sys
folder = pathlib.Path(sys.argv[1])
def finish(*_):
    (folder / f"drained-{os.getpid()}").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
(folder / f"up-{os.getpid()}").touch()
while True:
    signal.pause()
"""

DEAF = """
import os, pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
helper = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
(pathlib.Path(sys.argv[1]) / f"up-{helper.pid}").touch()
(pathlib.Path(sys.argv[1]) / f"up-{os.getpid()}").touch()
while True:
    signal.pause()
"""

# Tests that run under nohup ignore SIGHUP, and so would their children.
SUPERVISE = """
import signal, sys
from orgsync.server.supervise import Child, Supervisor
signal.signal(signal.SIGHUP, signal.SIG_DFL)
folder, grace, *programs = sys.argv[1:]
children = [Child(f"c{n}", (sys.executable, "-c", code, folder)) for n, code in enumerate(programs)]
sys.exit(Supervisor(children, log=print, grace=float(grace)).run())
"""


def noted(folder: Path, what: str) -> set[int]:
    return {int(path.name.rpartition("-")[2]) for path in folder.glob(f"{what}-*")}


def supervise(program: Program, folder: Path, *codes: str, grace: float = 30) -> subprocess.Popen[str]:
    return program(SUPERVISE, folder, grace, *codes)


@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stop_signal_drains_all_children(program: Program, tmp_path: Path, wish: signal.Signals) -> None:
    """
    Every child is asked to end, gets the time to, and the exit code is 0.
    """
    parent = supervise(program, tmp_path, POLITE, POLITE)
    assert until(lambda: len(noted(tmp_path, "up")) == 2)

    parent.send_signal(wish)

    assert parent.wait() == 0
    assert noted(tmp_path, "drained") == noted(tmp_path, "up")


def test_killed_child_is_started_again(program: Program, tmp_path: Path) -> None:
    """
    A child that dies comes back with a new process; its neighbour is left alone.
    """
    parent = supervise(program, tmp_path, POLITE, POLITE)
    assert until(lambda: len(noted(tmp_path, "up")) == 2)
    victim, neighbour = sorted(noted(tmp_path, "up"))

    os.kill(victim, signal.SIGKILL)

    assert until(lambda: len(noted(tmp_path, "up")) == 3)
    assert is_running(neighbour)
    parent.terminate()
    assert parent.wait() == 0


def test_deaf_child_is_killed_with_its_own_children(program: Program, tmp_path: Path) -> None:
    """
    What does not end in the time given is killed, and so is what it started.
    """
    parent = supervise(program, tmp_path, DEAF, grace=0.2)
    assert until(lambda: len(noted(tmp_path, "up")) == 2)

    parent.terminate()

    assert parent.wait() == 0
    assert until(lambda: not any(is_running(process_id) for process_id in noted(tmp_path, "up")))


def test_second_signal_ends_the_draining_at_once(program: Program, tmp_path: Path) -> None:
    """
    Nobody who asks twice has to wait for the whole time given.
    """
    parent = supervise(program, tmp_path, DEAF, grace=3600)
    assert until(lambda: len(noted(tmp_path, "up")) == 2)

    # Two signals that arrive together may count as one, so the second is another one.
    parent.terminate()
    parent.send_signal(signal.SIGINT)

    assert parent.wait(timeout=60) == 0


def test_parent_killed_hard_takes_its_children_along(program: Program, tmp_path: Path) -> None:
    """
    Even a parent that could not say goodbye leaves no child: each is asked to end.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux: other systems cannot tie a child to its parent")
    parent = supervise(program, tmp_path, POLITE, POLITE)
    assert until(lambda: len(noted(tmp_path, "up")) == 2)

    parent.kill()

    assert until(lambda: len(noted(tmp_path, "drained")) == 2)


def test_remains_of_a_dead_child_are_removed(program: Program, tmp_path: Path) -> None:
    """
    When a child dies, processes it started do not work on beside its successor.
    """
    supervise(program, tmp_path, DEAF)
    assert until(lambda: len(noted(tmp_path, "up")) == 2)
    helper, child = sorted(noted(tmp_path, "up"), key=os.getpgid)
    leader = os.getpgid(helper)
    helper = helper if helper != leader else child

    os.kill(leader, signal.SIGKILL)

    assert until(lambda: not is_running(helper))


def test_waits_grow_with_every_short_life() -> None:
    """
    The first restart is at once, later ones wait longer, up to a limit.
    """
    delays = [delay_before_restart(failures) for failures in range(1, 12)]

    assert delays[0] == 0
    assert delays == sorted(delays)
    assert delays[1] > 0
    assert delays[-1] == delays[-2] == 10


class StopHere(Exception):
    """Ends a supervisor that a test runs in its own process."""


def test_foundation_that_died_is_restarted_before_anything_else() -> None:
    """
    What all children need comes back first, and a failed try is made again.
    """
    events: list[str] = []

    def restart() -> None:
        events.append("try")
        if len(events) < 2:
            raise OSError("disk full")

    def look() -> None:
        if len(events) == 2:
            raise StopHere

    foundation = Foundation("PostgreSQL", is_alive=lambda: len(events) == 2, restart=restart)
    lines: list[str] = []

    with pytest.raises(StopHere):
        Supervisor([], log=lines.append, foundation=foundation).run(each_tick=look)

    assert events == ["try", "try"]
    assert "PostgreSQL does not start: disk full" in lines


def test_error_while_running_drains_the_children(tmp_path: Path) -> None:
    """
    When the supervisor itself must give up it leaves no child running.
    """
    child = Child("polite", (sys.executable, "-c", POLITE, str(tmp_path)))

    def look() -> None:
        if noted(tmp_path, "up"):
            raise StopHere

    with pytest.raises(StopHere):
        Supervisor([child], log=lambda _: None).run(each_tick=look)

    assert noted(tmp_path, "drained") == noted(tmp_path, "up")


def test_death_is_counted_and_told() -> None:
    """
    The log says which child ended and how.
    """
    lines: list[str] = []
    supervisor = Supervisor([Child("brief", (sys.executable, "-c", "raise SystemExit(3)"))], log=lines.append)

    def look() -> None:
        if supervisor.deaths("brief") == 2:
            raise StopHere

    with pytest.raises(StopHere):
        supervisor.run(each_tick=look)

    assert lines[0] == "brief ended with exit code 3; starting it again"


def test_stop_during_a_single_run_ends_it(tmp_path: Path) -> None:
    """
    A stop signal before everything is up ends what is running and unwinds.
    """
    code = f"import os, signal; os.kill({os.getpid()}, signal.SIGTERM)\n{POLITE}"

    with pytest.raises(StopRequested), stop_by_exception():
        run_to_end(Child("single", (sys.executable, "-c", code, str(tmp_path))))

    assert not any(is_running(process_id) for process_id in noted(tmp_path, "up"))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
