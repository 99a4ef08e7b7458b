"""Ask a web service: sign in, try again where that helps, follow its pages, never leave the host with a secret."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar
from urllib.parse import urlsplit

import httpx2
import stamina

from orgsync.client.address import is_this_machine
from orgsync.client.api import Retrying
from orgsync.client.errors import ClientError
from orgsync.client.problems import is_certificate_problem, retry_after
from orgsync.client.sources.base import SourceRefused, SourceUnavailable, Trouble, UnusableSource
from orgsync.client.sources.options import Options
from orgsync.client.sources.signin import SignIn, sign_in

LONGEST_ANSWER: Final = 2_000_000_000
"""Bytes of one answer; a source that sends more is broken or hostile."""
_TIMEOUT: Final = 300.0
_WORTH_ANOTHER_TRY: Final = frozenset({408, 425, 429})
_SAID: Final = 200
"""Characters of a service's own words that an error repeats."""

_Answer = TypeVar("_Answer")


class Web:
    """A signed-in connection to the host of one address. Its calls may raise the exceptions of `sources.base`.

    Proxies and certificates are found as httpx2 finds them (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`), unless `ca`
    names the only authority to trust. `signed` takes the place of what the table says of signing in. Redirects are
    not followed, and no address of another host is called: what we sign in with would go there too.
    """

    def __init__(self, options: Options, address: str, *, signed: SignIn | None = None) -> None:
        self.address = check_address(address, options)
        self._retrying = Retrying()
        ca = options.path("ca")
        self._client = httpx2.Client(
            headers={"User-Agent": f"orgsync/{version('orgsync')}", **options.text_table("headers")},
            timeout=httpx2.Timeout(_TIMEOUT, connect=15.0),
            verify=_trusting_only(ca, options) if ca else True,
        )
        self._signed = signed or sign_in(options, self._client)

    @property
    def origin(self) -> str:
        """The address, fit to print: what stands behind its `?` may be a key."""
        return self.address.partition("?")[0]

    def close(self) -> None:
        self._client.close()

    def json(
        self,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        accept: str = "application/json",
    ) -> tuple[Any, httpx2.Headers]:
        """Return the JSON at an address and the headers of the answer; with a `body` it is posted as JSON."""

        def ask() -> tuple[bytes, httpx2.Headers]:
            with self._open(address, params, body, accept) as response:
                return _bounded(response), response.headers

        content, headers = self._trying(ask)
        try:
            return json.loads(content), headers
        except ValueError as error:
            kind = headers.get("content-type", "no content type")
            raise UnusableSource(f"{_host(address)} answered without JSON ({kind}).") from error

    def download(self, address: str, target: BinaryIO, *, params: Mapping[str, str], accept: str = "text/csv") -> None:
        """Write what is at an address to `target`, from its beginning."""

        def ask() -> None:
            target.seek(0)
            target.truncate()
            with self._open(address, params, None, accept) as response:
                for piece in response.iter_bytes():
                    target.write(piece)
                    _check_length(target.tell(), response)

        self._trying(ask)

    @contextmanager
    def _open(
        self, address: str, params: Mapping[str, str] | None, body: Any, accept: str
    ) -> Iterator[httpx2.Response]:
        if urlsplit(address)[:2] != urlsplit(self.address)[:2]:
            raise UnusableSource(
                f"{_host(self.address)} points to {_host(address)}, another host; nothing was asked there."
            )
        request = self._client.build_request(
            "GET" if body is None else "POST",
            httpx2.URL(address).copy_merge_params(dict(params or {})),
            # Exactly this type: some services read anything behind it as another kind of body.
            content=None if body is None else json.dumps(body).encode(),
            headers={"Accept": accept} | ({} if body is None else {"Content-Type": "application/json"}),
        )
        self._signed.sign(request)
        response = self._client.send(request, stream=True)
        try:
            if not response.is_success:
                raise problem_in(response)
            yield response
        finally:
            response.close()

    def _trying(self, attempt: Callable[[], _Answer]) -> _Answer:
        patience = self._retrying

        def translated() -> _Answer:
            try:
                return attempt()
            except httpx2.RequestError as error:
                raise _on_the_way(error, self.address) from error

        caller = stamina.RetryingCaller(
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.wait_initial,
            wait_max=patience.wait_max,
            wait_jitter=patience.wait_jitter,
        )
        return caller(self._should_retry, translated)

    def _should_retry(self, problem: Exception) -> bool | float:
        if isinstance(problem, SourceRefused):
            return 0.001 if self._signed.renew() else False
        if not isinstance(problem, Trouble):
            return False
        if problem.retry_after is None:
            return True
        return problem.retry_after if problem.retry_after <= self._retrying.longest_retry_after else False


def check_address(address: str, options: Options) -> str:
    """Return an address that may be asked: https, or http where nobody on the way can read. Raise BadUsage."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
    except ValueError as error:
        raise options.wrong("address", f"{address!r} is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise options.wrong("address", f"{address!r} is no address of a web service; write https://host/path.")
    if parts.username or parts.password:
        raise options.wrong("address", "a user or password has no place in it; use user and password.")
    if parts.scheme == "http" and not (options.flag("allow_http") or is_this_machine(host)):
        raise options.wrong("address", f"plain http would show employees and secrets on the way to {host}; use https.")
    return address.strip()


def problem_in(response: httpx2.Response) -> ClientError:
    """Return the exception for an answer that is no success."""
    status, host = response.status_code, response.request.url.host
    if status >= 500 or status in _WORTH_ANOTHER_TRY:
        return Trouble(f"{host} answered {status}{_said(response)}.", wait=retry_after(response))
    if status in {401, 403}:
        return SourceRefused(f"{host} does not let us in ({status}){_said(response)}. Check user, key and rights.")
    if status < 400:
        target = urlsplit(response.headers.get("location", "")).hostname or "nowhere"
        return UnusableSource(f"{host} answered {status} and points to {target}; redirects are not followed.")
    return UnusableSource(f"{host} answered {status} to {response.request.url.path}{_said(response)}.")


def _said(response: httpx2.Response) -> str:
    """Return the service's own words about an error, from where such services put them; no page is quoted."""
    headers = [value for name, value in response.headers.items() if name.lower().startswith("x-bamboohr-error")]
    if headers:
        return f": {headers[0][:_SAID]}"
    try:
        body = json.loads(_bounded(response))
    except (ValueError, UnusableSource, httpx2.RequestError):
        return ""
    words = (
        [body.get(key) for key in ("detail", "message", "error_description", "error")] if isinstance(body, dict) else []
    )
    return next((f": {word[:_SAID].rstrip('.')}" for word in words if isinstance(word, str) and word), "")


def _bounded(response: httpx2.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        _check_length(len(content), response)
    return bytes(content)


def _check_length(length: int, response: httpx2.Response) -> None:
    if length > LONGEST_ANSWER:
        raise UnusableSource(f"{response.request.url.host} sent more than {LONGEST_ANSWER:,} bytes in one answer.")


def _on_the_way(error: httpx2.RequestError, address: str) -> ClientError:
    host = _host(address)
    if is_certificate_problem(error):
        return SourceUnavailable(f"The certificate of {host} cannot be verified ({error}). Name its authority with ca.")
    if isinstance(error, httpx2.TimeoutException):
        return Trouble(f"{host} did not answer in time.")
    return Trouble(f"{host} cannot be reached: {str(error) or type(error).__name__}")


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _trusting_only(ca: Path, options: Options) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # also ssl.SSLError, for a file that holds no certificate
        raise options.wrong("ca", f"{ca} holds no certificate authority that can be used: {error}") from error
