"""Tie a child process to this one: when we die, even by SIGKILL, the system signals the child."""

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from signal import Signals

PR_SET_PDEATHSIG = 1


def die_with_parent(signal: Signals) -> Callable[[], None] | None:
    """
    Return a `preexec_fn` that has the child signalled when this process ends.

    Only Linux can do it; elsewhere the answer is None. Linux watches the thread that started the
    child, not the process, so this must be called, and the child started, in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("A child that dies with its parent must be started in the main thread.")
    if not sys.platform.startswith("linux"):
        return None
    # Everything that allocates or imports happens here, before the fork.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
        # The parent may have died before the request: then no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return tie
