"""Understand the headers of a file: which column each one means, and what to say about the others."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import polars as pl

from orgsync.core.columns import (
    BY_NAME,
    CURRENT_STATUS_HEADER,
    CUSTOM_NAME_LENGTH,
    CUSTOM_PREFIX,
    DELETION_HEADERS,
    DOWNLOAD_MARKER,
    GROUP_PREFIX,
    LICENSE_HEADER,
    RESULT_HEADERS,
    CellKind,
    Column,
    custom_column,
    fold_header,
    group_column,
    license_column,
    pool_key,
)
from orgsync.core.headerhints import hint_for, show
from orgsync.core.issuerows import file_issues
from orgsync.core.issues import (
    DUPLICATE_HEADER,
    HEADER_SPELLING,
    NAMELESS_COLUMN,
    NO_HEADER,
    NO_KEY_COLUMN,
    NOT_SUPPORTED,
    TOO_LARGE,
    UNKNOWN_COLUMN,
    UNKNOWN_LICENSE,
    FileIssue,
)
from orgsync.core.model import Limits, RowStatus
from orgsync.core.refusal import refusal
from orgsync.core.rows import FileColumn, FileLayout, RawFile

DEFAULT_LIMITS: Final = Limits()

SPELLINGS: Final = {fold_header(name): name for name in BY_NAME}
"""Folded header → the spelling of the catalogue."""

RESULT_KEYS: Final = frozenset(map(fold_header, RESULT_HEADERS))
KEY_FIELDS: Final = frozenset({"primary_email_address", "existing_email_address", "unique_user_id"})
IGNORED_IN_SILENCE: Final = frozenset({"seat_id", "Last access date", DOWNLOAD_MARKER})

GROUP_HEADER: Final = re.compile(r"[\s\u200b\u2060\ufeff]*group\s*:\s*(?P<name>.*\S)\s*", re.IGNORECASE | re.DOTALL)
EMAIL_LIKE: Final = re.compile(r"\s*[^@\s:]+@[^@\s:]+\.[^@\s:]+\s*")

LONGEST_HEADER: Final = 300
"""Characters; no header that means anything is longer, so longer ones are not looked into."""


class Reading(NamedTuple):
    """What one header turned out to be: a column to use, something to say, both or neither."""

    column: FileColumn | None = None
    issue: FileIssue | None = None


def check_headers(headers: Sequence[str], limits: Limits = DEFAULT_LIMITS) -> None:
    """Raise UnreadableFile when the row is no header row, is too wide, or names a column twice.

    Spellings that differ only in case, blanks or underscores are the same header; aliases are not.
    """
    if not any(map(fold_header, headers)):
        raise refusal(NO_HEADER)
    if any(EMAIL_LIKE.fullmatch(header[:LONGEST_HEADER]) for header in headers):
        raise refusal(NO_HEADER, hint="The first row holds an e-mail address; it must name the columns.")
    if len(headers) > limits.columns:
        raise refusal(TOO_LARGE, what=f"The number of columns ({len(headers)})", limit=limits.columns)
    positions = defaultdict(list)
    for position, header in enumerate(headers, 1):
        positions[_identity(header)].append(position)
    for key, places in positions.items():
        if key and len(places) > 1:
            raise refusal(
                DUPLICATE_HEADER,
                header=show(headers[places[0] - 1]),
                positions=" and ".join(map(str, places)),
            )


def is_known_header(header: str) -> bool:
    """Say whether a header would mean something to `read_layout`."""
    if len(header) > LONGEST_HEADER:
        return False
    key = fold_header(header)
    return (
        key in SPELLINGS
        or key in RESULT_KEYS
        or key.startswith(CUSTOM_PREFIX)
        or bool(GROUP_HEADER.fullmatch(header) or LICENSE_HEADER.match(key))
    )


def read_layout(
    headers: Sequence[str],
    *,
    license_keys: Collection[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> FileLayout:
    """Return what the headers mean, with a warning for each one that is ignored or spelled differently.

    `license_keys` are the folded names of the license pools (`pool_key`); a license column of another pool is
    ignored, and None accepts them all. Raise UnreadableFile when no column tells people apart, or when
    there are too many custom attributes.
    """
    if sorted(headers) == sorted(DELETION_HEADERS):
        return _deletion_layout(headers)
    folded = {*map(fold_header, headers)}
    carries_results = folded >= RESULT_KEYS
    readings = [
        _read_header(position, header, license_keys)
        for position, header in enumerate(headers)
        if not (carries_results and fold_header(header) in RESULT_KEYS)
    ]
    columns = tuple(reading.column for reading in readings if reading.column)
    issues = [reading.issue for reading in readings if reading.issue]
    _check_columns(columns, limits)
    is_download = fold_header(DOWNLOAD_MARKER) in folded
    return FileLayout(columns, file_issues(issues), carries_results=carries_results, is_download=is_download)


def holds_our_words(raw: RawFile) -> bool:
    """Say whether the `Status` column holds nothing but our own words, as in a results file that comes back.

    Blank cells are passed over, for rows that were added to such a file by hand. False without such a column.
    """
    position = next((n for n, header in enumerate(raw.headers) if fold_header(header) == "status"), None)
    if position is None:
        return False
    words = raw.rows.select(pl.col(raw.cell(position)).str.strip_chars()).to_series().drop_nulls().unique()
    said = words.filter(words != "")
    return bool(said.is_in([*RowStatus]).all()) and (raw.rows.is_empty() or not said.is_empty())


def _identity(header: str) -> str:
    """Return what two headers share that name the same column; in a group's name only case does not count."""
    group = _group_name(header)
    return f"{GROUP_PREFIX}{group.casefold()}" if group else fold_header(header)


def _group_name(header: str) -> str:
    match = GROUP_HEADER.fullmatch(header) if len(header) <= LONGEST_HEADER else None
    return unicodedata.normalize("NFC", match["name"]) if match else ""


def _deletion_layout(headers: Sequence[str]) -> FileLayout:
    columns = tuple(
        FileColumn(position, header, column, column.name)
        for position, header in enumerate(headers)
        for column in [BY_NAME[header if header in BY_NAME else "unique_user_id"]]
    )
    return FileLayout(columns, is_deletion_file=True)


def _read_header(position: int, header: str, license_keys: Collection[str] | None) -> Reading:
    key = fold_header(header)
    if not key:
        return Reading(issue=_nameless(position))
    if len(header) > LONGEST_HEADER:
        return Reading(issue=_unknown(header, ""))
    if key in SPELLINGS:
        return _read_built_in(position, header, header if header in BY_NAME else SPELLINGS[key])
    return _read_patterned(position, header, key, license_keys)


def _read_patterned(position: int, header: str, key: str, license_keys: Collection[str] | None) -> Reading:
    if key.startswith(CUSTOM_PREFIX):
        return _read_custom(position, header, key)
    if name := _group_name(header):
        return _use(position, header, group_column(f"{GROUP_PREFIX}{name}"))
    if CURRENT_STATUS_HEADER.match(key):
        return Reading()
    if pool := pool_key(header):
        return _read_license(position, header, pool, license_keys)
    return Reading(issue=_unknown(header, hint_for(key)))


def _use(position: int, header: str, column: Column, spelling: str | None = None) -> Reading:
    """Use the column; warn when the header is not spelled as it should be (as the column's name unless told)."""
    expected = spelling or column.name
    issue = None
    if header != expected:
        message = HEADER_SPELLING.wording.format(found=f"“{show(header)}”", expected=expected)
        issue = FileIssue(HEADER_SPELLING, message, header)
    return Reading(FileColumn(position, header, column, column.name), issue)


def _read_built_in(position: int, header: str, spelling: str) -> Reading:
    column = BY_NAME[spelling]
    if column.kind is not CellKind.IGNORED:
        return _use(position, header, column, spelling)
    if column.name in IGNORED_IN_SILENCE:
        return Reading()
    return Reading(issue=FileIssue(NOT_SUPPORTED, NOT_SUPPORTED.wording.format(found=header), header))


def _read_custom(position: int, header: str, key: str) -> Reading:
    if len(key) - len(CUSTOM_PREFIX) > CUSTOM_NAME_LENGTH:
        return Reading(
            issue=_unknown(header, f" A custom attribute's name has at most {CUSTOM_NAME_LENGTH} characters.")
        )
    return _use(position, header, custom_column(key))


def _read_license(position: int, header: str, pool: str, license_keys: Collection[str] | None) -> Reading:
    if license_keys is not None and pool not in license_keys:
        message = UNKNOWN_LICENSE.wording.format(found=show(header))
        return Reading(issue=FileIssue(UNKNOWN_LICENSE, message, header))
    return Reading(FileColumn(position, header, license_column(header), f"license:{pool}"))


def _nameless(position: int) -> FileIssue:
    return FileIssue(NAMELESS_COLUMN, NAMELESS_COLUMN.wording.format(position=position + 1))


def _unknown(header: str, hint: str) -> FileIssue:
    message = UNKNOWN_COLUMN.wording.format(found=f"“{show(header)}”", hint=hint)
    return FileIssue(UNKNOWN_COLUMN, message, header)


def _check_columns(columns: Sequence[FileColumn], limits: Limits) -> None:
    if not any(column.field in KEY_FIELDS for column in columns):
        raise refusal(NO_KEY_COLUMN)
    customs = sum(column.field.startswith(CUSTOM_PREFIX) for column in columns)
    if customs > limits.custom_attributes:
        what = f"The number of custom attribute columns ({customs})"
        raise refusal(TOO_LARGE, what=what, limit=limits.custom_attributes)
