"""Bring cells into one form before anything is checked: blanks, invisible characters, Unicode, aliases."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core.columns import CellKind
from orgsync.core.formula import fused
from orgsync.core.frames import names_where
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.issues import EMAILS_DIFFER, IDS_DIFFER
from orgsync.core.rows import ROW_NUMBER, FileColumn, FileLayout, RawFile

OTHER_EMAIL_KEY: Final = "other_email_key"
"""Folded second address of a row whose two e-mail columns differ: that person is present too."""
OTHER_USER_ID: Final = "other_user_id"
"""Second id of a row whose two id columns differ: that person is present too."""

# Marks of direction and width that spreadsheets and mail programs add; no text loses meaning without them.
_INVISIBLE: Final = r"[\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FEFF}]"
_JOINERS: Final = r"[\x{200C}\x{200D}]+"
# Persian, the scripts of India and their neighbours, and composed emoji spell with joiners.
_JOINED_SCRIPTS: Final = "".join(
    rf"\p{{{script}}}"
    for script in (
        *("M", "Arabic", "Syriac", "Nko", "Mandaic", "Mongolian", "Phags_Pa", "Devanagari", "Bengali"),
        *("Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Khmer"),
        *("Myanmar", "Tibetan", "Extended_Pictographic"),
    )
)
_IDLE_JOINERS: Final = rf"(^|[^{_JOINED_SCRIPTS}\x{{200C}}\x{{200D}}]){_JOINERS}"
_ODD_BLANKS: Final = r"[\x{00A0}\x{2007}\x{202F}]"

_KEY_KINDS: Final = frozenset({CellKind.EMAIL, CellKind.ID})


@dataclass(frozen=True, slots=True)
class NormalizedRows:
    """Rows under their field names, nothing checked yet.

    `rows` has `row_number`, one String column per field of the layout (null where blank), and
    `other_email_key` and `other_user_id` (String, null but where two columns of one field differ).
    """

    rows: pl.DataFrame
    issues: pl.DataFrame


def fold_key(text: str) -> str:
    """Return the form in which addresses and names are compared: NFC and case folded.

    This is the only definition; stored keys are made with it, and SQL never folds case.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def fold_keys(values: pl.Series) -> pl.Series:
    """Apply `fold_key` to every value; null stays null.

    ASCII, nearly all of it, is lower-cased in bulk, which is the same there; only distinct values with
    other letters pass through Python.
    """
    lowered = values.str.to_lowercase()
    if not (lowered != values).any():
        lowered = values  # most are folded already: a million addresses take no memory twice
    odd = values.filter(values.str.len_bytes() != values.str.len_chars()).unique()
    if odd.is_empty():
        return lowered
    folded = pl.Series([fold_key(value) for value in odd], dtype=pl.String)
    return values.replace_strict(odd, folded, default=lowered)


def normalize(raw: RawFile, layout: FileLayout) -> NormalizedRows:
    """Select the layout's columns, clean every cell, and merge columns that mean the same field."""
    cleaned = _clean(raw, layout)
    rows = cleaned.select(
        ROW_NUMBER,
        *(pl.coalesce(_names(columns)).alias(field) for field, columns in _by_field(layout).items()),
    )
    found, others = [no_issues()], {OTHER_EMAIL_KEY: _no_text(rows), OTHER_USER_ID: _no_text(rows)}
    for field, columns in _by_field(layout).items():
        for second in columns[1:]:
            differing = _differing(cleaned, rows[field], second)
            found.append(_differ_issues(differing, columns))
            if target := _other_column(field):
                others[target] = _second_keys(others[target], rows, differing)
    return NormalizedRows(rows.with_columns(**others), pl.concat(found))


def _clean(raw: RawFile, layout: FileLayout) -> pl.DataFrame:
    """Return `row_number` and the cleaned columns under their names in the raw frame."""
    kinds = {raw.cell(column.position): column.column.kind for column in layout.columns}
    cells = raw.rows.select(ROW_NUMBER, *kinds)
    if layout.is_defused:
        cells = cells.with_columns(fused(pl.col(name)) for name in kinds)
    other = names_where(cells, lambda text: text.str.len_bytes() != text.str.len_chars(), kinds)
    letters = [_clean_letters(cells[name], is_key=kinds[name] in _KEY_KINDS) for name in other]
    # What is clean already, as nearly every column is, stays the column that was read, and takes no memory.
    clean = cells.with_columns(cleaned for cleaned, _ in letters)
    if raw.may_hold_controls:
        padded = names_where(clean, lambda text: text.str.strip_chars() != text, kinds)
    else:
        # Of ASCII the space is the only blank that is no control; cells with other letters were looked at above.
        spaced = names_where(clean, lambda text: text.str.starts_with(" ") | text.str.ends_with(" "), kinds)
        padded = [*{*spaced, *(cleaned.name for cleaned, is_padded in letters if is_padded)}]
    stripped = clean.with_columns(pl.col(name).str.strip_chars() for name in padded)
    blank = names_where(stripped, lambda text: text == "", kinds)
    return stripped.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in blank)


def _clean_letters(cells: pl.Series, *, is_key: bool) -> tuple[pl.Series, bool]:
    """Remove invisible characters, keep joiners where a script spells with them, compose to NFC.

    Only distinct cells with anything but ASCII are looked at, and hardly any of them changes. Say of those, too,
    whether one has blanks around it.
    """
    odd = cells.filter(cells.str.len_bytes() != cells.str.len_chars()).unique()
    visible = odd.str.replace_all(_INVISIBLE, "")
    joiners, kept = (_JOINERS, "") if is_key else (_IDLE_JOINERS, "$1")
    cleaned = visible.str.replace_all(joiners, kept).str.replace_all(_ODD_BLANKS, " ").str.normalize("NFC")
    is_padded = bool((cleaned.str.strip_chars() != cleaned).any())
    differs = cleaned != odd
    if not differs.any():
        return cells, is_padded
    return cells.replace_strict(odd.filter(differs), cleaned.filter(differs), default=cells), is_padded


def _by_field(layout: FileLayout) -> dict[str, list[FileColumn]]:
    """Group the layout's columns by field, in file order."""
    fields: dict[str, list[FileColumn]] = {}
    for column in layout.columns:
        fields.setdefault(column.field, []).append(column)
    return fields


def _names(columns: Iterable[FileColumn]) -> list[str]:
    return [f"c{column.position}" for column in columns]


def _no_text(rows: pl.DataFrame) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)


def _differing(cleaned: pl.DataFrame, first: pl.Series, second: FileColumn) -> pl.DataFrame:
    """Return (`row_number`, `other`) where the second column says something else than the first."""
    values = cleaned[_names([second])[0]]
    if second.column.kind is CellKind.EMAIL:
        first, values = fold_keys(first), fold_keys(values)
    pairs = pl.DataFrame({ROW_NUMBER: cleaned[ROW_NUMBER], "one": first, "other": values})
    return pairs.filter(pl.col("one") != pl.col("other")).select(ROW_NUMBER, "other")


def _differ_issues(differing: pl.DataFrame, columns: list[FileColumn]) -> pl.DataFrame:
    kind = EMAILS_DIFFER if columns[0].column.kind is CellKind.EMAIL else IDS_DIFFER
    names = " and ".join(column.header for column in columns)
    return issue_rows(differing, kind, column=columns[0].header, message=kind.wording.format(columns=names))


def _other_column(field: str) -> str | None:
    return {"primary_email_address": OTHER_EMAIL_KEY, "unique_user_id": OTHER_USER_ID}.get(field)


def _second_keys(known: pl.Series, rows: pl.DataFrame, differing: pl.DataFrame) -> pl.Series:
    """Add the second keys of `differing` to `known`, which has one entry per row."""
    found = rows.select(ROW_NUMBER).join(differing, on=ROW_NUMBER, how="left", maintain_order="left")
    return found["other"].fill_null(known)
