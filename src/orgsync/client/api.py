"""The wire as typed calls. The only module, with `problems`, that knows which HTTP library is used."""

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, TypeVar
from urllib.parse import quote

import httpx2
import stamina

from orgsync.client.answers import UploadJob, clean_urn, read_job
from orgsync.client.credentials import Token
from orgsync.client.errors import AuthenticationFailed, BadUsage, ServerUnavailable, UnexpectedAnswer
from orgsync.client.outgoing import CountingFile, OutgoingFile
from orgsync.client.problems import json_object, problem_in, problem_on_the_way
from orgsync.core.model import Mode, RowPolicy

MEDIA_PATH: Final = "/media/upload"
JOBS_PATH: Final = "/v2/enterpriseUploadJobs"
OURS: Final = "/api/v1"
MEDIA_TYPE: Final = "enterprise_csv_upload"

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Retrying:
    """How often and how patiently a call is tried again; times in seconds."""

    attempts: int = 6
    wait_initial: float = 1.0
    wait_max: float = 30.0
    wait_jitter: float = 1.0
    longest_retry_after: float = 300.0
    """A server that asks for a longer wait than this is given up at once."""
    fresh_token_wait: float = 20.0
    """Wait before the one further try of a token that is called revoked, as brand-new ones are for a while."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the sender asks for beyond the feed's settings; None leaves a choice to the feed."""

    mode: Mode | None = None
    rows: RowPolicy | None = None
    is_dry_run: bool = False

    def parameters(self) -> dict[str, str]:
        """Return the query parameters, in a fixed order."""
        chosen = {"mode": self.mode, "rows": self.rows, "dry_run": "true" if self.is_dry_run else None}
        return {name: str(value) for name, value in chosen.items() if value is not None}


class Api:
    """A connection to one server with one token. Every call may raise the exceptions of `orgsync.client.errors`.

    Calls are tried again after 429, 5xx, time-outs and broken connections. Proxies and certificates are found as
    httpx2 finds them (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`), unless `ca` names the only authority to trust.
    Without `sends_extras` an upload has no header that only a server of ours knows.
    """

    def __init__(
        self,
        address: str,
        token: Token,
        *,
        ca: Path | None = None,
        retrying: Retrying | None = None,
        sends_extras: bool = True,
    ) -> None:
        self._sends_extras = sends_extras
        self._retrying = retrying or Retrying()
        self._has_waited_for_token = False
        self._client = httpx2.Client(
            base_url=address,
            headers={
                "Authorization": f"Bearer {token.reveal()}",
                "User-Agent": f"orgsync/{version('orgsync')}",
                "Accept-Encoding": "identity",  # so that a broken-off download goes on at a byte that we know
            },
            timeout=httpx2.Timeout(120.0, connect=15.0),
            verify=trust(ca),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def upload(
        self,
        file: OutgoingFile,
        asked: Asked,
        *,
        is_automatic: bool,
        key: str,
        on_position: Callable[[int], None],
    ) -> str:
        """Send the file, streamed and with its length, and return the URN of its media.

        With the same `key` a repeated call gives the same media, so that a try may be repeated when nobody knows
        whether the last one arrived. `on_position` gets the bytes sent so far and starts anew with each try.
        """
        headers = {"X-Content-SHA256": file.sha256, "Idempotency-Key": key} if self._sends_extras else {}
        if self._sends_extras and file.row_count is not None:
            headers["X-Row-Count"] = str(file.row_count)
        parameters = {"media_type": MEDIA_TYPE, "auto_notify": str(is_automatic).lower(), **asked.parameters()}

        def send() -> httpx2.Response:
            with CountingFile(file.path, on_position) as content:
                form = {"file": (file.path.name, content, "text/csv")}
                return self._client.post(MEDIA_PATH, params=parameters, headers=headers, files=form)

        return self._urn(self._call(send))

    def process(self, media: str, asked: Asked) -> str:
        """Ask for the media to be processed and return the job's id; asking again gives the same job."""
        parameters = {"action": "processFile", **asked.parameters()}
        response = self._call(lambda: self._client.post(JOBS_PATH, params=parameters, json={"mediaUrn": media}))
        value = json_object(response).get("value")
        if not isinstance(value, (str, int)) or not str(value).strip():
            raise UnexpectedAnswer("The server accepted the file and gave no job id.")
        return str(value).strip()

    def job(self, job_id: str) -> UploadJob:
        """Return the upload job as it stands."""
        path = f"{JOBS_PATH}/{quote(job_id, safe='')}"
        return read_job(job_id, json_object(self._call(lambda: self._client.get(path))))

    def about_token(self) -> dict[str, Any]:
        """Return what an orgsync server says of the token: name, feed, scopes, expiry."""
        return json_object(self._call(lambda: self._client.get(f"{OURS}/token")))

    def decide(self, job_id: str, word: str, body: dict[str, object]) -> dict[str, Any]:
        """Approve, reject or undo a job of an orgsync server; the answer is the job's JSON.

        When an answer was lost on the way, the next try may hear that the job is no longer held.
        """
        path = f"{OURS}/jobs/{quote(job_id, safe='')}/{word}"
        return json_object(self._call(lambda: self._client.post(path, json=body)))

    def download(self, media: str, target: BinaryIO, *, on_position: Callable[[int], None]) -> None:
        """Append the media to `target`, which is empty and can seek; a broken download goes on where it broke."""
        self._trying(lambda: self._download_rest(media, target, on_position))

    def _download_rest(self, media: str, target: BinaryIO, on_position: Callable[[int], None]) -> None:
        parameters = {"media_type": MEDIA_TYPE, "id": media}
        start = target.tell()
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._client.stream("GET", MEDIA_PATH, params=parameters, headers=headers) as response:
            if response.status_code not in {200, 206}:
                response.read()
                raise problem_in(response)
            if not _continues_at(start, response):
                target.seek(0)
                target.truncate()
            for piece in response.iter_bytes():
                target.write(piece)
                on_position(target.tell())

    def _urn(self, response: httpx2.Response) -> str:
        urn = clean_urn(json_object(response).get("location"))
        if urn is None:
            raise UnexpectedAnswer("The server accepted the file and gave no media URN.")
        return urn

    def _call(self, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        def attempt() -> httpx2.Response:
            response = send()
            if not response.is_success:
                raise problem_in(response)
            return response

        return self._trying(attempt)

    def _trying(self, attempt: Callable[[], _Answer]) -> _Answer:
        """Call `attempt`, again where that can help. No argument is passed: the retry log would show it."""

        def translated() -> _Answer:
            try:
                return attempt()
            except httpx2.RequestError as error:
                raise problem_on_the_way(error) from error

        patience = self._retrying
        caller = stamina.RetryingCaller(
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.wait_initial,
            wait_max=patience.wait_max,
            wait_jitter=patience.wait_jitter,
        )
        return caller(self._should_retry, translated)

    def _should_retry(self, problem: Exception) -> bool | float:
        """Return whether another try makes sense, or after how many seconds."""
        if isinstance(problem, AuthenticationFailed):
            return self._wait_for_token_once(problem)
        if not isinstance(problem, ServerUnavailable) or problem.is_lasting:
            return False
        if problem.retry_after is None:
            return True
        if problem.retry_after > self._retrying.longest_retry_after:
            return False
        # Everybody was told the same moment; the jitter keeps clients from coming back all at once.
        return problem.retry_after + random.SystemRandom().uniform(0, self._retrying.wait_jitter)

    def _wait_for_token_once(self, problem: AuthenticationFailed) -> bool | float:
        if self._has_waited_for_token or not problem.may_be_too_fresh:
            return False
        self._has_waited_for_token = True
        return self._retrying.fresh_token_wait


def trust(ca: Path | None) -> ssl.SSLContext | bool:
    """Return whom to trust: the one authority, or whom httpx2 finds by itself."""
    if ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # also ssl.SSLError, for a file that holds no certificate
        raise BadUsage(f"{ca} holds no certificate authority that can be used: {error}") from error


def _continues_at(start: int, response: httpx2.Response) -> bool:
    return response.status_code == 206 and response.headers.get("content-range", "").startswith(f"bytes {start}-")
