"""Sample files with the accidents that employee files have had, for guards, tests and demonstrations."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import BinaryIO, Final

import polars as pl

from orgsync.core.sample_people import user_id

_PAGE: Final = b"""<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><h1>Your session has ended</h1><form method="post"><input name="user"></form></body></html>
"""
_KEY_COLUMNS: Final = 2
_SPOILED: Final = "department_name"
_TEXTS: Final = ("work_title", "department_name", "job_function", "job_level")


class WrongKind(StrEnum):
    """What went wrong on the way from HR to us."""

    TRUNCATED = "truncated"
    """Only the first half of the rows, each of them whole."""
    CUT_OFF = "cut_off"
    """The first half, and the last row broken off in the middle."""
    HEADER_ONLY = "header_only"
    EMPTY = "empty"
    SHIFTED = "shifted"
    """From the middle on, all cells but the keys stand one column too far to the right: many rows in error."""
    SHIFTED_TEXTS = "shifted_texts"
    """The same among title, department, function and level only: every row is valid, and wrong."""
    SWAPPED_IDS = "swapped_ids"
    """Each two neighbours have each other's unique user id."""
    NEW_IDS = "new_ids"
    """The HR system has numbered everybody anew."""
    SCIENTIFIC_IDS = "scientific_ids"
    """A spreadsheet has rewritten the ids."""
    EMPTIED_COLUMN = "emptied_column"
    """department_name has a header and no values."""
    MISSING_COLUMN = "missing_column"
    """department_name is not in the file."""
    ALL_INACTIVE = "all_inactive"
    ONE_DEPARTMENT = "one_department"
    """Only Sales was selected for the export: everybody else is left out."""
    LOST_DEPARTMENT = "lost_department"
    """Everybody is there but the people of Legal."""
    NEW_DOMAIN = "new_domain"
    """Every address has another domain."""
    ONE_MANAGER = "one_manager"
    """Everybody reports to the second person, by the id."""
    NO_GROUPS = "no_groups"
    """`groups` says the same one group of everybody."""
    CLEARED = "cleared"
    """`attribute_office` holds #CLEAR# in each row."""
    NUMBERED_VALUES = "numbered_values"
    """Behind each department stands a number."""
    NO_LICENSES = "no_licenses"
    """`license_english_status` is inactive in each row."""
    DUPLICATE_HEADER = "duplicate_header"
    """Two columns are called department_name."""
    TWO_DELIMITERS = "two_delimiters"
    """The header has commas, the rows have semicolons."""
    REPEATED = "repeated"
    """Each row stands there twice, the second time with another title."""
    WRONG_ENCODING = "wrong_encoding"
    """Latin-1, with “?” for every letter that it lacks."""
    MOJIBAKE = "mojibake"
    """UTF-8, taken for Latin-1 and written as UTF-8 again."""
    HTML = "html"
    """A sign-in page instead of a file."""


def write_html(target: BinaryIO) -> int:
    """Write a web page; return that it has no data row."""
    target.write(_PAGE)
    return 0


def write_spoiled(target: BinaryIO, slices: Iterator[pl.DataFrame], wrong: WrongKind, *, rows: int) -> int:
    """Write `slices`, which have `rows` rows together, with the accident `wrong`; return the data rows written."""
    if wrong is WrongKind.EMPTY:
        return 0
    limit = {WrongKind.TRUNCATED: rows // 2, WrongKind.CUT_OFF: rows // 2, WrongKind.HEADER_ONLY: 0}
    left, read, done = limit.get(wrong, rows), 0, 0
    for part in slices:
        right = part.head(left - read)
        taken = _spoil(right, wrong, shifted_from=max(rows // 2 - read, 0))
        text = _written(taken, wrong, has_header=read == 0)
        read, done = read + right.height, done + taken.height
        is_last = read >= left
        target.write(_encode(_cut(text) if wrong is WrongKind.CUT_OFF and is_last else text, wrong))
        if is_last:
            break
    return done


def _written(part: pl.DataFrame, wrong: WrongKind, *, has_header: bool) -> str:
    header = part.head(0).write_csv() if has_header else ""
    if wrong is WrongKind.DUPLICATE_HEADER:
        header = header.replace("job_function", _SPOILED)
    separator = ";" if wrong is WrongKind.TWO_DELIMITERS else ","
    return header + part.write_csv(include_header=False, separator=separator)


def _cut(text: str) -> str:
    """Take away the second half of the last line."""
    start = text.rfind("\n", 0, -1) + 1
    return text[: (start + len(text)) // 2]


def _encode(text: str, wrong: WrongKind) -> bytes:
    if wrong is WrongKind.WRONG_ENCODING:
        return text.encode("latin-1", errors="replace")
    if wrong is WrongKind.MOJIBAKE:
        return text.encode().decode("latin-1").encode()
    return text.encode()


def _spoil(part: pl.DataFrame, wrong: WrongKind, *, shifted_from: int) -> pl.DataFrame:
    if wrong in {WrongKind.SHIFTED, WrongKind.SHIFTED_TEXTS}:
        names = _TEXTS if wrong is WrongKind.SHIFTED_TEXTS else part.columns[_KEY_COLUMNS:]
        return pl.concat([part.head(shifted_from), _shifted(part.slice(shifted_from), names)])
    spoil = _SPOILERS.get(wrong)
    return spoil(part) if spoil else part


def _shifted(part: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Give each of `names` the cells of the one before it, and the first those of the last."""
    sources = [names[-1], *names[:-1]]
    return part.with_columns(pl.col(source).alias(name) for source, name in zip(sources, names, strict=True))


def _swapped(part: pl.DataFrame) -> pl.DataFrame:
    number = pl.int_range(pl.len())
    neighbour = pl.min_horizontal(number + 1 - number % 2 * 2, pl.len().cast(pl.Int64) - 1)
    return part.with_columns(pl.col("unique_user_id").gather(neighbour))


def _new_domain(part: pl.DataFrame) -> pl.DataFrame:
    addresses = ("primary_email_address", "manager_primary_email_address")
    return part.with_columns(pl.col(name).str.replace("@.*$", "@new.example.com") for name in addresses)


def _one_manager(part: pl.DataFrame) -> pl.DataFrame:
    has_one = pl.col("manager_unique_user_id").is_not_null()
    return part.with_columns(manager_unique_user_id=pl.when(has_one).then(user_id(pl.lit(1))))


def _repeated(part: pl.DataFrame) -> pl.DataFrame:
    placed = part.with_row_index("place")
    twice = pl.concat([placed, placed.with_columns(work_title=pl.lit("Owner"))])
    return twice.sort("place", maintain_order=True).drop("place")


_SPOILERS: Final[dict[WrongKind, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    WrongKind.SWAPPED_IDS: _swapped,
    WrongKind.NEW_IDS: lambda part: part.with_columns(unique_user_id=pl.lit("N") + pl.col("unique_user_id")),
    WrongKind.SCIENTIFIC_IDS: lambda part: part.with_columns(unique_user_id=pl.lit("1.00E+08")),
    WrongKind.EMPTIED_COLUMN: lambda part: part.with_columns(pl.lit(None, pl.String).alias(_SPOILED)),
    WrongKind.MISSING_COLUMN: lambda part: part.drop(_SPOILED),
    WrongKind.ALL_INACTIVE: lambda part: part.with_columns(worker_status=pl.lit("inactive")),
    WrongKind.ONE_DEPARTMENT: lambda part: part.filter(pl.col(_SPOILED) == "Sales"),
    WrongKind.LOST_DEPARTMENT: lambda part: part.filter(pl.col(_SPOILED) != "Legal"),
    WrongKind.NEW_DOMAIN: _new_domain,
    WrongKind.ONE_MANAGER: _one_manager,
    WrongKind.NO_GROUPS: lambda part: part.with_columns(groups=pl.lit("Everybody")),
    WrongKind.CLEARED: lambda part: part.with_columns(attribute_office=pl.lit("#CLEAR#")),
    WrongKind.NUMBERED_VALUES: lambda part: part.with_columns(
        pl.format("{} {}", _SPOILED, pl.col("unique_user_id").str.slice(-3)).alias(_SPOILED)
    ),
    WrongKind.NO_LICENSES: lambda part: part.with_columns(license_english_status=pl.lit("inactive")),
    WrongKind.REPEATED: _repeated,
}
