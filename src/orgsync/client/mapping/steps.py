"""What a rule does with its value: each step is an expression from text to text, blank staying blank."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from orgsync.client.mapping.problems import BadMapping
from orgsync.core.dates import iso_dates

_CASES: Final = ("lower", "upper", "title")


def check_pattern(pattern: Any, *, where: str) -> str:
    """Return a regular expression that can be used. Raise BadMapping for another one."""
    try:
        pl.Series([""]).str.contains(str(pattern))
    except pl.exceptions.PolarsError as error:
        raise BadMapping(where, f"{pattern!r} is no regular expression that can be used: {error}") from error
    return str(pattern)


def check_formats(formats: Any, *, where: str) -> tuple[str, ...]:
    """Return date formats. Raise BadMapping for what is none, such as DD.MM.YYYY."""
    texts = (formats,) if isinstance(formats, str) else formats
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise BadMapping(where, "has to be a date format or a list of them.")
    for text in texts:
        if "%" not in text:
            raise BadMapping(where, f'{text!r} is no date format; write day, month and year as "%d.%m.%Y".')
    return tuple(texts)


def date_cells(cell: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Return dates as ISO texts; null where the cell is none, blank ones too."""
    return cell.map_batches(lambda cells: iso_dates(cells, formats), return_dtype=pl.String, is_elementwise=True)


def extracted(value: pl.Expr, pattern: Any, *, where: str) -> pl.Expr:
    checked = check_pattern(pattern, where=where)
    if pl.Series([""]).str.extract_groups(checked).struct.fields == []:
        raise BadMapping(where, "the expression needs a group in round brackets: what it catches is kept.")
    return value.str.extract(checked, 1).fill_null("")


def part_of(value: pl.Expr, separator: Any, part: Any, *, where: str) -> pl.Expr:
    if not isinstance(separator, str) or not separator:
        raise BadMapping(where, "split is the text to cut at.")
    if isinstance(part, bool) or not isinstance(part, int) or part == 0:
        raise BadMapping(where, "split needs part: 1 for the first part, -1 for the last.")
    place = part - 1 if part > 0 else part
    return value.str.split(separator).list.get(place, null_on_oob=True).fill_null("").str.strip_chars()


def replaced(value: pl.Expr, pairs: Any, *, where: str) -> pl.Expr:
    if not isinstance(pairs, Mapping) or not all(isinstance(new, str) for new in pairs.values()):
        raise BadMapping(where, 'replace is a table of texts, such as { "ß" = "ss" }.')
    return value.str.replace_many(list(pairs), list(pairs.values())) if pairs else value


def cased(value: pl.Expr, case: Any, *, where: str) -> pl.Expr:
    cases = {
        "lower": value.str.to_lowercase(),
        "upper": value.str.to_uppercase(),
        "title": value.str.to_titlecase(),
    }
    if case not in cases:
        raise BadMapping(where, f"case can be {', '.join(_CASES)}.")
    return cases[case]


def around(value: pl.Expr, *, prefix: Any = "", suffix: Any = "") -> pl.Expr:
    return pl.when(value != "").then(pl.concat_str(pl.lit(str(prefix)), value, pl.lit(str(suffix)))).otherwise(value)
