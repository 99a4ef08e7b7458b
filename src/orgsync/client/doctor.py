"""Look at everything that a nightly run needs, before the night."""

import email.utils
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx2

from orgsync.client.api import Api, trust
from orgsync.client.connection import Connection
from orgsync.client.errors import AuthenticationFailed, ClientError, NotFound, RejectedRequest
from orgsync.client.exits import ExitCode
from orgsync.client.expiry import token_expiry
from orgsync.client.guarding import checked_limits
from orgsync.client.nightly.summary import expiry_warning
from orgsync.client.problems import problem_on_the_way
from orgsync.client.screen import Screen

OK, WARN, FAIL = "ok", "warn", "FAIL"
_CLOCK: Final = 60.0
_DISK: Final = 500_000_000
_NO_JOB: Final = "0"
_OLD: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found; `code` is the exit code that it alone would deserve."""

    what: str
    state: str
    text: str
    code: ExitCode = ExitCode.DONE


def examine(connection: Connection) -> list[Finding]:
    """Return what each look found; a look that cannot be taken is a finding, never an exception."""
    looks: list[tuple[str, Callable[[Connection], Iterator[Finding]]]] = [
        ("config", _config),
        ("state", _state),
        ("server", _server),
        ("token", _token),
        ("expiry", _expiry),
        ("mail", _mail),
    ]
    found: list[Finding] = []
    for what, look in looks:
        if what == "token" and any(finding.what == "server" and finding.state == FAIL for finding in found):
            continue  # nobody there to ask
        try:
            found += list(look(connection))
        except ClientError as problem:
            found.append(Finding(what, FAIL, str(problem), problem.exit_code))
    return found


def exit_code_of(findings: list[Finding]) -> ExitCode:
    """Return the code of the first thing that fails; warnings fail nothing."""
    return next((finding.code for finding in findings if finding.state == FAIL), ExitCode.DONE)


def _config(connection: Connection) -> Iterator[Finding]:
    config = connection.config
    if config is None:
        yield Finding("config", WARN, "No orgsync.toml; a nightly run needs one: orgsync init")
        return
    checked_limits(config.guard, config.file)
    yield Finding(
        "config", OK, f"{config.file}: target {config.target.kind}, mode {config.target.mode or 'of the feed'}"
    )
    if not config.source:
        yield Finding("source", WARN, "No [source]: push works, run does not.")
    else:
        from orgsync.client.mapping import load_mapping  # noqa: PLC0415
        from orgsync.client.sources import open_source  # noqa: PLC0415

        open_source(config.source, base=config.file.parent)
        load_mapping(config.mapping, base=config.file.parent)
        yield Finding("source", OK, f"[source] {config.source.get('kind')} and [mapping] can be understood")
    for name in ("log", "metrics", "summary", "results"):
        file = getattr(config.run, name)
        if file and not file.parent.is_dir():
            yield Finding(name, WARN, f"[run] {name}: the folder {file.parent} is not there yet; a run makes it")


def _state(connection: Connection) -> Iterator[Finding]:
    store = connection.store()
    free = shutil.disk_usage(store.folder).free
    state = OK if free > _DISK else WARN
    yield Finding("state", OK, f"{store.folder}, readable by its owner alone")
    yield Finding("disk", state, f"{free / 1e9:,.1f} GB free there")


def _server(connection: Connection) -> Iterator[Finding]:
    address = connection.server.text
    verify = trust(connection.target.ca)
    try:
        before = time.time()
        with httpx2.Client(verify=verify, timeout=15.0) as client:
            answer = client.get(address)
        after = time.time()
    except httpx2.RequestError as error:
        problem = problem_on_the_way(error)
        yield Finding("server", FAIL, f"{address}: {problem}", problem.exit_code)
        return
    tls = "with a certificate that is trusted" if address.startswith("https:") else "without TLS, on this machine"
    yield Finding("server", OK, f"{address} answers {tls}")
    yield from _clock(answer.headers.get("date", ""), before, after)


def _clock(date: str, before: float, after: float) -> Iterator[Finding]:
    try:
        there = email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return
    off = max(before - there - 1, there - after, 0.0)
    text = f"this clock and the server's differ by {off:,.0f} s"
    yield Finding("clock", OK if off <= _CLOCK else WARN, text)


def _token(connection: Connection) -> Iterator[Finding]:
    token = connection.token
    with connection.open(Screen()) as api:
        try:
            api.job(_NO_JOB)
        except (NotFound, RejectedRequest):
            yield Finding("token", OK, f"token {token.fingerprint()} is accepted")
        except AuthenticationFailed as problem:
            yield Finding("token", FAIL, str(problem), problem.exit_code)
            return
        else:
            yield Finding("token", OK, f"token {token.fingerprint()} is accepted")
        if not connection.is_linkedin:
            yield from _scopes(api)


def _scopes(api: Api) -> Iterator[Finding]:
    try:
        told = api.about_token()
    except NotFound:
        yield Finding("scope", WARN, "the server is too old to say what the token may do")
        return
    scopes = [str(scope) for scope in told.get("scopes", [])]
    state, code = (OK, ExitCode.DONE) if "sync" in scopes else (FAIL, ExitCode.AUTHENTICATION)
    yield Finding("scope", state, f"feed {told.get('feed')}, may: {', '.join(scopes)}", code)
    if told.get("expires_at"):
        left = datetime.fromisoformat(str(told["expires_at"])) - datetime.now(UTC)
        yield Finding("expiry", OK if left.days > 14 else WARN, f"the server says that it expires in {left.days} days")


def _expiry(connection: Connection) -> Iterator[Finding]:
    expires = token_expiry(connection)
    if expires is None:
        if connection.is_linkedin:
            text = (
                "nobody knows when the token expires; say so: token_expires in [target], or orgsync token set --expires"
            )
            yield Finding("expiry", WARN, text)
        return
    warning = expiry_warning(expires, today=datetime.now(UTC).date(), days=connection.target.warn_days)
    yield Finding("expiry", WARN if warning else OK, warning or f"the token is good until {expires.isoformat()}")


def _mail(connection: Connection) -> Iterator[Finding]:
    if not connection.target.is_automatic:
        return
    text = "automatic mode: results come by mail to whom the token names; bring them back: orgsync results --file FILE"
    waiting = sorted(connection.store().waiting.glob("*.parquet"))
    now = datetime.now(UTC)
    old = [file for file in waiting if now - datetime.fromtimestamp(file.stat().st_mtime, UTC) > _OLD]
    yield Finding("mail", WARN if old else OK, f"{text}; {len(waiting)} files wait, {len(old)} of them for days")
