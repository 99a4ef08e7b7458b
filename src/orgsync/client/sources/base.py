"""What every source is to its caller: something that writes a CSV and says what it wrote."""

from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Protocol

from orgsync.client.errors import BadUsage, ClientError
from orgsync.client.exits import ExitCode


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull has written."""

    rows: int
    columns: tuple[str, ...]
    origin: str
    """Where the rows come from, fit to print: it holds no secret."""
    notes: tuple[str, ...] = ()
    """What a person should know about this pull, one sentence each."""


class Source(Protocol):
    """Where employees come from; opening it asks nobody, pulling does."""

    def pull(self, target: BinaryIO) -> Pulled:
        """Write all rows to `target` as CSV: UTF-8, one header row, every value as text without loss.

        Raise a ClientError when not all of it could be read; what `target` holds then means nothing.
        """


class SourceUnavailable(ClientError):
    """The source could not be reached, or broke off; another try may help."""

    exit_code: ClassVar[ExitCode] = ExitCode.UNREACHABLE


class Trouble(SourceUnavailable):
    """An answer after which another try may help; `retry_after` is how many seconds the service asks to wait."""

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        self.retry_after = wait
        super().__init__(message)


class SourceRefused(ClientError):
    """The source does not let us in."""

    exit_code: ClassVar[ExitCode] = ExitCode.AUTHENTICATION


class UnusableSource(ClientError):
    """The source answered with something that no rows can be made of."""

    exit_code: ClassVar[ExitCode] = ExitCode.REJECTED


class NothingThere(BadUsage):
    """No file, table or sheet is where the configuration says."""
