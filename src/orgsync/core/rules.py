"""The checks of single cells and rows: each returns a frame of issues and changes nothing.

`rows` is a normalized frame, `columns` the layout's columns, one for each field of that frame.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from orgsync.core.columns import CLEAR_TOKEN, CellKind, ColumnGroup
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.issues import (
    CLEAR_IDENTITY,
    CONTROL_CHARACTER,
    DOMAIN_ONLY,
    INVALID_EMAIL,
    NO_KEY,
    SCIENTIFIC_ID,
    TOO_LONG,
    IssueKind,
)
from orgsync.core.rows import FileColumn

EMAIL: Final = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+"
    r"@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
"""The e-mail rule of HTML's `<input type=email>`; with the catalogue's 254 characters it is the whole rule."""

SCIENTIFIC: Final = r"^\d(?:[.,]\d+)?[Ee]\+\d+$"
"""A number that a spreadsheet has rewritten, such as 1.2E+05."""

_ANY_CONTROL: Final = r"[\x00-\x1F\x7F]"
_CONTROL_IN_TEXT: Final = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"
_TEXT_KINDS: Final = frozenset({CellKind.TEXT})
_KEY_FIELDS: Final = ("primary_email_address", "existing_email_address", "unique_user_id")


def of_kind(columns: Iterable[FileColumn], *kinds: CellKind) -> list[FileColumn]:
    """Return the columns whose cells are of one of `kinds`."""
    return [column for column in columns if column.column.kind in kinds]


def is_set(field: str) -> pl.Expr:
    """Say where a field has a value that is not the token that empties it."""
    return pl.col(field).is_not_null() & (pl.col(field) != CLEAR_TOKEN)


def find_too_long(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find cells over their column's limit of characters."""
    return _find(rows, TOO_LONG, {c: pl.col(c.field).str.len_chars() > c.column.max_length for c in columns})


def find_control_characters(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find C0 controls: any in ids, addresses and the like, all but tab and line breaks in text."""

    def forbidden(column: FileColumn) -> str:
        return _CONTROL_IN_TEXT if column.column.kind in _TEXT_KINDS else _ANY_CONTROL

    return _find(rows, CONTROL_CHARACTER, {c: pl.col(c.field).str.contains(forbidden(c)) for c in columns})


def find_invalid_emails(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find addresses that break the rule `EMAIL`; control characters are another finding."""
    checks = {
        column: is_set(column.field)
        & ~pl.col(column.field).str.contains(EMAIL)
        & ~pl.col(column.field).str.contains(_ANY_CONTROL)
        for column in of_kind(columns, CellKind.EMAIL)
    }
    return _find(rows, INVALID_EMAIL, checks)


def find_cleared_identity(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find identity columns that hold the token that empties a cell."""
    identity = [column for column in columns if column.column.group is ColumnGroup.IDENTITY]
    return _find(rows, CLEAR_IDENTITY, {column: pl.col(column.field) == CLEAR_TOKEN for column in identity})


def find_scientific_new_ids(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find new ids that a spreadsheet has rewritten; such an id would be stored for good."""
    new_ids = [column for column in columns if column.field == "new_unique_user_id"]
    return _find(rows, SCIENTIFIC_ID, {c: pl.col(c.field).str.contains(SCIENTIFIC) for c in new_ids})


def find_rows_without_key(rows: pl.DataFrame) -> pl.DataFrame:
    """Find rows that name nobody: neither an e-mail address, old or new, nor a unique user id."""
    keys = [field for field in _KEY_FIELDS if field in rows.columns]
    nameless = rows.filter(pl.all_horizontal(pl.col(field).is_null() for field in keys)) if keys else rows
    return issue_rows(nameless, NO_KEY, message=NO_KEY.wording)


def find_more_than_domain(rows: pl.DataFrame, columns: Sequence[FileColumn]) -> pl.DataFrame:
    """Find rows that promise to change only the part behind @ and change more.

    Only rows that name the old address are judged here; for the others, whoever matches rows judges.
    `rows` has the folded keys.
    """
    headers = {column.field: column.header for column in columns}
    if not {"domain_name_change", "primary_email_address", "existing_email_address"} <= headers.keys():
        return no_issues()
    old, new = (pl.col(f"{which}_email_key").str.split("@").list.first() for which in ("existing", "primary"))
    promised = pl.col("domain_name_change").str.to_lowercase() == "true"
    broken = rows.filter(promised & (old != new))
    return issue_rows(broken, DOMAIN_ONLY, column=headers["primary_email_address"], message=DOMAIN_ONLY.wording)


def _find(rows: pl.DataFrame, kind: IssueKind, checks: dict[FileColumn, pl.Expr]) -> pl.DataFrame:
    """Make an issue of `kind` for each cell that fails its column's check."""
    return pl.concat(
        [
            no_issues(),
            *(
                issue_rows(
                    bad,
                    kind,
                    column=column.header,
                    message=kind.wording.format(column=column.header, limit=column.column.max_length),
                )
                for column, bad in failing(rows, checks)
            ),
        ]
    )


def failing(rows: pl.DataFrame, checks: dict[FileColumn, pl.Expr]) -> Iterator[tuple[FileColumn, pl.DataFrame]]:
    """Yield each column with the rows that fail its check, null counting as passed.

    All checks run in one parallel pass; columns without a finding, nearly all of them, cost nothing more.
    """
    if not checks:
        return
    numbered = {str(number): check for number, check in enumerate(checks.values())}
    masks = rows.select(**numbered)
    for name, column in zip(numbered, checks, strict=True):
        if masks[name].any():
            yield column, rows.filter(masks[name])
