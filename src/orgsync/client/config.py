"""`orgsync.toml`: where people come from, what their fields mean, where they go, and what is too much.

`[source]` and `[mapping]` are read by `orgsync.client.sources` and `orgsync.client.mapping`, which get their tables
as they stand; `[target]`, `[guard]` and `[run]` are read here.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from orgsync.client.errors import BadConfig, BadUsage
from orgsync.client.tables import Table
from orgsync.core.model import Mode, RowPolicy

CONFIG_NAME: Final = "orgsync.toml"
CONFIG_VARIABLE: Final = "ORGSYNC_CONFIG"
LINKEDIN: Final = "linkedin"
ORGSYNC: Final = "orgsync"
LINKEDIN_SERVER: Final = "https://api.linkedin.com"
TABLES: Final = ("source", "mapping", "target", "guard", "run")


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """`[target]`: where people go."""

    kind: str
    server: str
    name: str = ""
    """Tells two targets apart that have the same server and keep a state of their own each."""
    token_file: Path | None = None
    token_expires: date | None = None
    warn_days: int = 14
    ca: Path | None = None
    allow_http: bool = False
    is_automatic: bool = False
    mode: Mode | None = None
    """None leaves it to the server's feed; LinkedIn has no feeds, so there it is always one of them."""
    rows: RowPolicy | None = None
    timeout: float = 7200.0
    email_header: str = "invited_email_address"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Our column → the header that the target gets instead; an empty one: the column is not sent."""
    licenses: tuple[str, ...] = ()
    """Headers of the licenses that everybody in the file gets, where the file has no such column."""
    date_formats: tuple[str, ...] = ()

    @property
    def is_linkedin(self) -> bool:
        return self.kind == LINKEDIN


@dataclass(frozen=True, slots=True)
class RunConfig:
    """`[run]`: what a nightly run leaves behind."""

    log: Path | None = None
    metrics: Path | None = None
    summary: Path | None = None
    results: Path | None = None
    """Where the results file of the last run goes."""
    goes_on_for: float = 12 * 3600.0
    """Seconds after which a run that broke off is no longer gone on with."""


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file."""

    file: Path
    source: Table
    """Empty when the file has no such table; so is `mapping`."""
    mapping: Table
    target: TargetConfig
    guard: Mapping[str, Mapping[str, Any]]
    """Numbers by guard, as `core.guards.limits_of` takes them; checked when they are used."""
    run: RunConfig


def find_config(named: Path | None) -> Path:
    """Return the configuration file: the one named, else that of ORGSYNC_CONFIG, else orgsync.toml here."""
    file = named or Path(os.environ.get(CONFIG_VARIABLE) or CONFIG_NAME)
    if not file.is_file():
        raise BadUsage(f"There is no {file}. Make one with: orgsync init")
    return file.absolute()


def load_config(file: Path) -> Config:
    """Read and check the file. Raise BadConfig, which names file, table and key, for whatever cannot be meant."""
    top = _read(file)
    for key in top:
        if key not in TABLES:
            raise BadConfig(file, "", key, f"is no table that orgsync knows; known are {', '.join(TABLES)}")
    tables = {name: top.table(name) for name in TABLES}
    return Config(
        file=file,
        source=tables["source"],
        mapping=tables["mapping"],
        target=_read_target(tables["target"]),
        guard=_read_guard(tables["guard"]),
        run=_read_run(tables["run"]),
    )


def load_table(named: Path | None, name: str) -> tuple[Path, Table]:
    """Read one table alone, for a command that needs no other; return the folder of the file and the table.

    Raise BadUsage when there is no file, and when the file has no such table.
    """
    file = find_config(named)
    table = _read(file).table(name)
    if not table:
        raise BadUsage(f"{file} has no [{name}].")
    return file.parent, table


def _read(file: Path) -> Table:
    try:
        return Table(file, "", tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"{file} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadUsage(f"{file} is no TOML: {error}") from error


def _read_target(table: Table) -> TargetConfig:
    kind = table.choice("kind", (LINKEDIN, ORGSYNC))
    is_linkedin = kind == LINKEDIN
    target = TargetConfig(
        kind=kind,
        server=table.text("server", LINKEDIN_SERVER) if is_linkedin else table.text("server"),
        name=table.text("name", ""),
        token_file=table.path("token_file", None),
        token_expires=table.day("token_expires", None),
        warn_days=table.whole("warn_days", 14),
        ca=table.path("ca", None),
        allow_http=table.flag("allow_http", default=False),
        is_automatic=table.flag("automatic", default=False),
        mode=_mode(table, Mode.FULL if is_linkedin else None),
        rows=_rows(table),
        timeout=table.duration("timeout", 7200.0),
        email_header=table.choice("email_header", ("invited_email_address", "primary_email_address"))
        if "email_header" in table
        else "invited_email_address",
        headers=_headers(table.table("headers")),
        licenses=table.texts("licenses", ()),
        date_formats=table.texts("date_formats", ()),
    )
    table.done()
    _check_target(table, target)
    return target


def _mode(table: Table, default: Mode | None) -> Mode | None:
    found = table.choice("mode", tuple(Mode), default)
    return Mode(found) if found else None


def _rows(table: Table) -> RowPolicy | None:
    found = table.choice("rows", tuple(RowPolicy), None)
    return RowPolicy(found) if found else None


def _headers(table: Table) -> dict[str, str]:
    found = {}
    for column in table:
        header = table[column]
        if not isinstance(header, str):
            raise table.wrong(column, 'must be the header to send instead, in quotes; "" leaves the column out')
        found[column] = header.strip()
    return found


def _check_target(table: Table, target: TargetConfig) -> None:
    from orgsync.core.columns import pool_key  # noqa: PLC0415

    for header in target.licenses:
        if pool_key(header) is None:
            raise table.wrong(
                "licenses", f"holds {header!r}, which is no license header such as license_english_status"
            )
    if target.is_linkedin and target.rows is not None:
        raise table.wrong("rows", "means nothing to LinkedIn, which takes the good rows of every file")
    if target.is_linkedin and target.mode is Mode.ADDITIONS_ONLY:
        raise table.wrong("mode", "can be full or changes for LinkedIn")


def _read_guard(table: Table) -> dict[str, dict[str, Any]]:
    found = {}
    for code in table:
        numbers = table.table(code)
        found[code] = {key: numbers[key] for key in numbers}
    return found


def _read_run(table: Table) -> RunConfig:
    run = RunConfig(
        log=table.path("log", None),
        metrics=table.path("metrics", None),
        summary=table.path("summary", None),
        results=table.path("results", None),
        goes_on_for=table.duration("goes_on_for", 12 * 3600.0),
    )
    table.done()
    return run
