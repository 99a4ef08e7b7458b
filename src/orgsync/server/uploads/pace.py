"""Tell a slow sender from a fast one, and stop waiting for the slow."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

LEAST_RATE: Final = 10_000  # bytes a second
WINDOW: Final = 30.0  # seconds of waiting that are judged together
PIECE: Final = 16 * 1024
"""Bytes to ask a slow sender for at once: the most that may have arrived without being counted."""
LARGE_PIECE: Final = 256 * 1024
"""Bytes to ask a fast sender for at once; 10 kB a second bring them well within one window."""
FAST: Final = 0.5  # seconds
LOOK_EVERY: Final = 0.5  # seconds
NO_TIME: Final = 0.001  # seconds


class Pace:
    """Bytes against seconds of waiting for them; time spent on anything else counts for nobody."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at = 0.0
        self._waiting_since: float | None = None
        self._waited = 0.0
        self._count = 0
        self._was_fast = True

    @property
    def piece(self) -> int:
        """How many bytes to ask for next."""
        return LARGE_PIECE if self._was_fast else PIECE

    def wait(self) -> None:
        """Start to wait for bytes."""
        with self._lock:
            self._asked_at = self._waiting_since = self._clock()

    def receive(self, count: int) -> None:
        """Stop waiting: so many bytes came."""
        with self._lock:
            self._add_waiting()
            self._was_fast = self._clock() - self._asked_at < FAST
            self._waiting_since = None
            self._count += count

    def is_too_slow(self) -> bool:
        """Return whether less than 10 kB a second came during 30 seconds of waiting."""
        with self._lock:
            self._add_waiting()
            if self._waited < WINDOW:
                return False
            if self._count + PIECE < LEAST_RATE * WINDOW:
                return True
            self._waited, self._count = 0.0, 0
            return False

    def _add_waiting(self) -> None:
        """Count the time since `wait`, or since it was counted last."""
        if self._waiting_since is None:
            return
        now = self._clock()
        self._waited += now - self._waiting_since
        self._waiting_since = now


class Watch:
    """
    While entered, let no read wait for ever: look twice a second whether reading must end, and end it then.

    Ending is a time-out of the socket: a blocked read returns, encryption stays intact, and the answer can still be
    written. One read may be silent for `silence` seconds. Without a socket (no real server) nothing is watched.
    """

    def __init__(
        self, connection: socket.socket | None, must_end: Callable[[], bool], *, silence: float = WINDOW
    ) -> None:
        self._connection = connection
        self._must_end = must_end
        self._silence = silence
        self._former: float | None = None
        self._is_left = threading.Event()
        self._thread = threading.Thread(target=self._look, name="upload-watch", daemon=True)

    def __enter__(self) -> Self:
        if self._connection is not None:
            self._former = self._connection.gettimeout()
            self._connection.settimeout(self._silence)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_left.set()
        if self._connection is not None:
            self._thread.join()
            self._connection.settimeout(self._former)

    def _look(self) -> None:
        while not self._is_left.wait(LOOK_EVERY):
            if self._must_end() and self._connection is not None:
                # A sender that trickles is between two reads all the time: the next one finds no time left.
                self._connection.settimeout(NO_TIME)
                return
