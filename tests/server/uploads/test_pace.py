"""Slow senders, judged by a clock of the test's own; and a read that is ended in the middle."""

import socket
import threading
from collections.abc import Iterator

import pytest

from orgsync.server.uploads.pace import LARGE_PIECE, PIECE, WINDOW, Pace, Watch


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def send(pace: Pace, clock: Clock, rate: float, seconds: float, *, look_every: float = 0.5) -> bool:
    """Send at a steady rate, looked at now and then as the watch does; return whether it was ever too slow."""
    ends = clock.now + seconds
    is_slow = False
    while clock.now < ends and not is_slow:
        wanted = pace.piece
        pace.wait()
        arrives = clock.now + wanted / rate
        while clock.now < min(arrives, ends) and not is_slow:
            clock.now = min(arrives, ends, clock.now + look_every)
            is_slow = pace.is_too_slow()
        if clock.now >= arrives:
            pace.receive(wanted)
    return is_slow


@pytest.mark.parametrize(
    ("rate", "expected"), [(5, True), (2_000, True), (9_000, True), (10_500, False), (50_000, False), (50e6, False)]
)
def test_ten_kilobytes_a_second_are_enough(rate: float, expected: bool) -> None:
    """The rate over thirty seconds decides, from the first piece on."""
    clock = Clock()

    assert send(Pace(clock), clock, rate, 120) is expected


def test_judgement_waits_for_thirty_seconds() -> None:
    """A sender that stutters for less than that is left alone."""
    clock = Clock()
    pace = Pace(clock)

    assert not send(pace, clock, 5, WINDOW - 1)
    assert send(pace, clock, 5, 2)


@pytest.mark.parametrize("rate", [0.1, 5, 9_000])
def test_early_haste_does_not_pay_for_later_sloth(rate: float) -> None:
    """However much came before, the last thirty seconds count; noticed within three of them."""
    clock = Clock()
    pace = Pace(clock)
    send(pace, clock, 50e6, 10)
    fell_asleep_at = clock.now

    assert send(pace, clock, rate, 90)
    assert clock.now - fell_asleep_at <= 3 * WINDOW


def test_time_that_the_sender_does_not_cause_is_not_counted() -> None:
    """A slow disk of ours is not the sender's fault."""
    clock = Clock()
    pace = Pace(clock)
    pace.wait()
    pace.receive(100)
    clock.now += 3_600

    assert not pace.is_too_slow()


def test_slow_sender_is_asked_for_small_pieces() -> None:
    """So that what has arrived is counted soon."""
    clock = Clock()
    pace = Pace(clock)
    fast = pace.piece
    pace.wait()
    for _ in range(3):
        clock.now += 0.4
        pace.is_too_slow()
    pace.receive(fast)

    assert (fast, pace.piece) == (LARGE_PIECE, PIECE)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_trickling_read_is_ended_and_the_answer_still_goes_out(pair: tuple[socket.socket, socket.socket]) -> None:
    """A sender whose bytes keep coming one by one meets the end of its time; writing is unharmed."""
    ours, theirs = pair
    is_over, stop = threading.Event(), threading.Event()

    def trickle() -> None:
        while not stop.wait(0.01):
            theirs.send(b"x")

    sender = threading.Thread(target=trickle)
    sender.start()
    with pytest.raises(TimeoutError), Watch(ours, is_over.is_set):
        read_on(ours, is_over)
    stop.set()
    sender.join()

    assert ours.gettimeout() is None
    ours.sendall(b"408")
    assert theirs.recv(3) == b"408"


def read_on(connection: socket.socket, is_over: threading.Event) -> None:
    """Read byte after byte; the time is over with the first one."""
    while connection.recv(1):
        is_over.set()


def test_silent_read_is_ended(pair: tuple[socket.socket, socket.socket]) -> None:
    """A sender that says nothing at all is given up after the time for one read."""
    ours, _ = pair

    with pytest.raises(TimeoutError), Watch(ours, lambda: False, silence=0.01):
        ours.recv(1)


def test_nothing_is_watched_without_a_socket() -> None:
    """Under a test client there is no connection to end."""
    with Watch(None, lambda: True):
        pass
