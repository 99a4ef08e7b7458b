"""What the exit code of a command says; cron jobs and pipelines may rely on it."""

from enum import IntEnum


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
