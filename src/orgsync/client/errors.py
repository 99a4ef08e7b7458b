"""What can go wrong between the client and a server; each exception knows its exit code and holds no token."""

from pathlib import Path
from typing import ClassVar

from orgsync.client.exits import ExitCode
from orgsync.core.errors import OrgSyncError


class ClientError(OrgSyncError):
    """Base of the client's own exceptions."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class BadUsage(ClientError):
    """The command cannot mean what it says; nothing was sent."""


class BadConfig(BadUsage):
    """A configuration file says something that cannot be meant; nothing was sent."""

    def __init__(self, file: Path, table: str, key: str, problem: str) -> None:
        self.file = file
        self.table = table
        self.key = key
        self.problem = problem
        place = f"[{table}] {key}".strip() if table else key
        super().__init__(f"{file}: {place} {problem}.".replace(":  ", ": "))


class StateUnavailable(ClientError):
    """There is no folder in which the client could remember anything between two runs."""


class RefusedHere(ClientError):
    """Our own check found that no server of ours would take the file; nothing was sent."""

    exit_code = ExitCode.REJECTED

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} Nothing was sent.")


class AnotherPushActive(ClientError):
    """A push to the same server with the same token is under way on this machine."""

    exit_code = ExitCode.ACTIVE

    def __init__(self) -> None:
        super().__init__("Another push to this server with this token is active on this machine; nothing was sent.")


class AnotherRunActive(ClientError):
    """Another command is using the state of the same target on this machine."""

    exit_code = ExitCode.ACTIVE

    def __init__(self) -> None:
        super().__init__("Another run for this target is active on this machine; nothing was sent.")


class RefusedAnswer(ClientError):
    """The server answered with an error; base of the exceptions below.

    `status` is the HTTP status, `code` and `service_error_code` stand in the body (None when they do not), and
    `request_id` helps the server's operator to find the request.
    """

    exit_code = ExitCode.UNREACHABLE
    advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        service_error_code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        self.message = message
        self.status = status
        self.code = code
        self.service_error_code = service_error_code
        self.request_id = request_id
        facts = ", ".join(str(fact) for fact in (status, code, service_error_code) if fact is not None)
        trace = f" Request {request_id}." if request_id else ""
        super().__init__(f"{message} ({facts}).{trace} {self.advice}".strip())


class AuthenticationFailed(RefusedAnswer):
    """The server does not take the token (401), or the token may not do this (403)."""

    exit_code = ExitCode.AUTHENTICATION
    advice = "Check the token, its scopes and its expiry, or make a new one in the Account Center."
    REVOKED: ClassVar[int] = 65601

    @property
    def may_be_too_fresh(self) -> bool:
        """Whether the token could be a new one that has not reached every machine of the server yet."""
        return self.service_error_code == self.REVOKED


class RejectedRequest(RefusedAnswer):
    """The server refuses what was sent (400, 411, 413, 415, 422 and the like); sending it again is of no use."""

    exit_code = ExitCode.REJECTED


class NotFound(RefusedAnswer):
    """The server knows no such job or media (404), or it belongs to somebody else."""

    exit_code = ExitCode.USAGE


class ServerUnavailable(ClientError):
    """The server could not be reached, is overloaded or has failed (429, 5xx, time-out, broken connection).

    `retry_after` is the number of seconds that the server asked to wait, or None. `is_lasting` means that another
    try would end the same way.
    """

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, message: str, *, retry_after: float | None = None, is_lasting: bool = False) -> None:
        self.retry_after = retry_after
        self.is_lasting = is_lasting
        super().__init__(message)


class UnexpectedAnswer(ClientError):
    """What answered does not speak the protocol: a proxy's page, a redirect, a body that cannot be read."""

    exit_code = ExitCode.UNREACHABLE


class StillRunning(ClientError):
    """The job was not finished within the time limit; it goes on without us."""

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, job_id: str, status: str, limit: float) -> None:
        self.job_id = job_id
        self.status = status
        super().__init__(
            f"Job {job_id} is still {status} after {limit:,.0f} s. It goes on; look again with: orgsync watch {job_id}"
        )
