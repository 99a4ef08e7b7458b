"""A stored file before anything is started: its first rows with what was found in them, in place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Final

import polars as pl
from django.core.cache import cache
from django.db.models import Exists, OuterRef

from orgsync.core.checking import CheckedFile
from orgsync.core.issues import KINDS_BY_CODE
from orgsync.core.model import RowPolicy, Severity
from orgsync.core.rows import ROW_NUMBER
from orgsync.server.directory.models import Pool
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.draft import Refusal, read_file, refusal_of
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from orgsync.server.uploads.terms import Terms

ROWS: Final = 20
WAITING_SHOWN: Final = 5
KEPT_SECONDS: Final = 60 * 60


class Shown(StrEnum):
    """Which rows a preview shows."""

    FIRST = "first"
    FINDINGS = "findings"
    """The first rows in which something was found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One issue, worded."""

    severity: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Header:
    """One column as the file names it."""

    name: str
    is_used: bool
    """Whether its cells count; a header that means nothing is passed over."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell exactly as written, with what was found in it."""

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One data row; `findings` are those of the row as a whole."""

    number: int
    is_in_error: bool
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Equal findings together, and what can be done about them."""

    severity: str
    code: str
    column: str | None
    message: str
    mend: str
    row: int | None
    """The first one; null for a finding of the whole file."""
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What can be said about a file before it is planned."""

    row_count: int
    error_count: int
    warning_count: int
    encoding: str
    delimiter: str
    headers: tuple[Header, ...]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    refusal: Refusal | None
    """Why a job for the file would FAIL whatever the directory holds."""


def find_source(organization: Organization, public_id: str) -> Media | None:
    """Return an uploaded file while its bytes are there; another organization's, or another kind, is None."""
    files = Media.objects.select_related("organization", "feed", "token")
    return files.filter(organization=organization, public_id=public_id, kind=MediaKind.SOURCE, removed_at=None).first()


def jobs_of(media: Media) -> Sequence[UploadJob]:
    """Return the jobs that the file has, the newest first."""
    mine = {"organization_id": media.organization_id, "source": media, "undoes": None}
    return list(UploadJob.objects.filter(**mine).order_by("-id"))


def waiting_files(organization: Organization) -> Sequence[Media]:
    """Return the newest files for which no job was ever started."""
    started = UploadJob.objects.filter(organization=organization, source_id=OuterRef("pk"))
    files = Media.objects.select_related("feed", "token").filter(
        ~Exists(started), organization=organization, kind=MediaKind.SOURCE, removed_at=None
    )
    return list(files.order_by("-id")[:WAITING_SHOWN])


def public_id_of_job(organization: Organization, job_id: int | None) -> int | None:
    """Return the number under which pages know a job; null when the organization has none such."""
    if job_id is None:
        return None
    jobs = UploadJob.objects.filter(organization=organization, id=job_id)
    return jobs.values_list("public_id", flat=True).first()


def make_preview(media: Media, terms: Terms, shown: Shown = Shown.FIRST) -> Preview:
    """Read and check the whole file as a job would; raise UnreadableFile, or what `verified_file` raises.

    What was found is kept for a while by the process that has looked, so that turning a page does not check the file
    again; a file is never written to twice, and whatever else the outcome depends on is part of the key.
    """
    key = _key_of(media, terms)
    looks: dict[Shown, Preview] | None = cache.get(key)
    if looks is None:
        looks = _look(media, terms)
        cache.set(key, looks, KEPT_SECONDS)
    return looks[shown]


def _key_of(media: Media, terms: Terms) -> str:
    pools = Pool.objects.filter(organization_id=media.organization_id).order_by("key").values_list("key", flat=True)
    rest = [version("orgsync"), bytes(media.sha256), terms, media.organization.date_formats, list(pools)]
    return f"preview:{media.organization_id}:{media.public_id}:{sha256(repr(rest).encode()).hexdigest()}"


def _look(media: Media, terms: Terms) -> dict[Shown, Preview]:
    # Not stored: the reader asks a job for its file and its terms, and no job is to be there yet.
    job = UploadJob(organization=media.organization, feed=media.feed, source=media, mode=terms.mode, rows=terms.rows)
    file = read_file(job)
    first = Preview(
        row_count=file.row_count,
        error_count=file.error_count,
        warning_count=file.warning_count,
        encoding=file.raw.encoding,
        delimiter=file.raw.delimiter,
        headers=_headers(file),
        rows=_rows(file, Shown.FIRST),
        groups=tuple(map(_group, file.grouped().iter_rows(named=True))),
        refusal=refusal_of(job, file) or _refusal_of_rows(file, terms),
    )
    return {Shown.FIRST: first, Shown.FINDINGS: replace(first, rows=_rows(file, Shown.FINDINGS))}


def _refusal_of_rows(file: CheckedFile, terms: Terms) -> Refusal | None:
    if terms.rows is not RowPolicy.ALL_OR_NOTHING or not file.error_count:
        return None
    text = f"{file.error_count:,} rows are in error, and the file is to be applied whole or not at all."
    return Refusal("rows_in_error", text)


def _headers(file: CheckedFile) -> tuple[Header, ...]:
    used = {column.position for column in file.layout.columns}
    return tuple(Header(name, position in used) for position, name in enumerate(file.raw.headers))


def _rows(file: CheckedFile, shown: Shown) -> tuple[Row, ...]:
    rows = file.raw.rows
    if shown is Shown.FINDINGS:
        named = file.issues.select(ROW_NUMBER).drop_nulls().unique()
        rows = rows.join(named, on=ROW_NUMBER, how="semi", maintain_order="left")
    rows = rows.head(ROWS)
    found = _findings(file.issues.filter(pl.col(ROW_NUMBER).is_in(rows[ROW_NUMBER].to_list())))
    return tuple(_row(file.raw.headers, number, cells, found[number]) for number, *cells in rows.iter_rows())


def _findings(issues: pl.DataFrame) -> defaultdict[int, dict[str | None, list[Finding]]]:
    """Return the findings by row number and header; a header that is none stands for the row as a whole."""
    found: defaultdict[int, dict[str | None, list[Finding]]] = defaultdict(dict)
    for issue in issues.iter_rows(named=True):
        finding = Finding(issue["severity"], issue["code"], issue["message"])
        found[issue[ROW_NUMBER]].setdefault(issue["column"], []).append(finding)
    return found


def _row(
    headers: Sequence[str], number: int, cells: Sequence[str | None], found: Mapping[str | None, Sequence[Finding]]
) -> Row:
    of_row = [finding for column, findings in found.items() if column not in headers for finding in findings]
    is_in_error = any(finding.severity == Severity.ERROR for findings in found.values() for finding in findings)
    shown = zip(headers, cells, strict=True)
    placed = tuple(Cell(text or "", tuple(found.get(header, ()))) for header, text in shown)
    return Row(number, is_in_error, placed, tuple(of_row))


def _group(grouped: Mapping[str, Any]) -> Group:
    kind = KINDS_BY_CODE.get(grouped["code"])
    return Group(
        severity=grouped["severity"],
        code=grouped["code"],
        column=grouped["column"],
        message=grouped["message"],
        mend=kind.mend if kind else "",
        row=grouped["first_row"],
        count=grouped["count"],
    )
