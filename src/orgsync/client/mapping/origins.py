"""Values that are put together from several columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from orgsync.client.mapping.headers import SourceColumns
from orgsync.client.mapping.problems import BadMapping

_FIELD: Final = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


def filled_template(text: str, columns: SourceColumns, *, where: str) -> pl.Expr:
    """Return a text with columns in braces, `{{` and `}}` being braces; blank in rows in which a column is."""
    cells = [columns.cell(name.strip(), where=where) for name in _FIELD.findall(text) if name]
    if not cells:
        raise BadMapping(where, "the template names no column; write {Header}, or use value.")
    filled = pl.concat_str(list(_pieces(text, columns, where)))
    return pl.when(pl.all_horizontal(cell != "" for cell in cells)).then(filled).otherwise(pl.lit(""))


def _pieces(text: str, columns: SourceColumns, where: str) -> Iterator[pl.Expr]:
    start = 0
    for found in _FIELD.finditer(text):
        yield pl.lit(text[start : found.start()])
        yield columns.cell(found[1].strip(), where=where) if found[1] else pl.lit(found[0][0])
        start = found.end()
    yield pl.lit(text[start:])


def chosen_texts(rules: Any, where: str) -> Sequence[Mapping[str, Any]]:
    """Return the rules of `choose`, checked as far as that goes without compiling them."""
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, Mapping) for rule in rules):
        raise BadMapping(where, 'choose is a list of rules: [{ when = {…}, value = "…" }, { value = "…" }].')
    if any("when" not in rule for rule in rules[:-1]):
        raise BadMapping(where, "in choose only the last rule may do without when.")
    return rules


def template_columns(text: str) -> Iterator[str]:
    """Yield the columns that a template names."""
    yield from (name.strip() for name in _FIELD.findall(text) if name)
