"""A lock on a file that the operating system gives back when its holder dies."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from orgsync.client.errors import AnotherPushActive, AnotherRunActive, ClientError

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def only_push(path: Path) -> AbstractContextManager[None]:
    """Hold the lock at `path` while the block runs; raise AnotherPushActive at once when somebody else does."""
    return _alone(path, AnotherPushActive)


def only_run(path: Path) -> AbstractContextManager[None]:
    """Hold the lock of a target's state; raise AnotherRunActive at once when somebody else does."""
    return _alone(path, AnotherRunActive)


@contextmanager
def _alone(path: Path, refusal: type[ClientError]) -> Iterator[None]:
    """Hold the lock while the block runs.

    The file stays behind: were it removed, a third process could lock a new one beside the second's.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _take(descriptor)
        except OSError as error:
            raise refusal from error
        yield
    finally:
        os.close(descriptor)
