"""What the exit code of a command says; cron jobs and pipelines may rely on it."""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """Exit codes of every `orgsync` command that sends or checks files."""

    DONE = 0
    ROW_ERRORS = 1
    USAGE = 2
    HELD = 3
    REJECTED = 4
    AUTHENTICATION = 5
    UNREACHABLE = 6
    ACTIVE = 7
    CRASHED = 70
    """A bug of ours. Python's own answer to it would be 1, which means something else here."""
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.DONE: "done",
    ExitCode.ROW_ERRORS: "done, but some rows are in error",
    ExitCode.USAGE: "bad usage or configuration; nothing was sent",
    ExitCode.HELD: "held: a guard wants a person to look",
    ExitCode.REJECTED: "the file was rejected, or its job failed or was cancelled",
    ExitCode.AUTHENTICATION: "the token is not accepted",
    ExitCode.UNREACHABLE: "network or server; the same command goes on where it stopped",
    ExitCode.ACTIVE: "another run is active; nothing was sent",
    ExitCode.CRASHED: "a bug of orgsync; please report it",
    ExitCode.INTERRUPTED: "interrupted, or the question was answered with no",
}
"""The one table of what each code means."""
