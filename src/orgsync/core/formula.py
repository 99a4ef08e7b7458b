"""The reversible defence against cells that a spreadsheet would run as a formula.

`defuse` puts one apostrophe in front of such a cell, `fuse` takes exactly that one away again, so that
`fuse(defuse(cell)) == cell` for every text, phone numbers and cells that begin with apostrophes included.
"""

import re
from typing import Final

import polars as pl

_STARTS: Final = r"[=+\-@\t\r]"
_COULD_BE_FORMULA: Final = rf"^'*{_STARTS}"
_DEFUSED: Final = rf"^'+{_STARTS}"


def defuse(cell: str) -> str:
    """Stop a spreadsheet from running a value that is echoed back; `fuse` takes exactly this away again."""
    return f"'{cell}" if re.match(_COULD_BE_FORMULA, cell) else cell


def fuse(cell: str) -> str:
    """Take away what `defuse` added; use it only on cells of files that carry our defence."""
    return cell[1:] if re.match(_DEFUSED, cell) else cell


def could_be_formula(cells: pl.Expr) -> pl.Expr:
    """Say of each cell of a column of text whether `defuse` would change it; null stays null."""
    return cells.str.contains(_COULD_BE_FORMULA)


def defused(cells: pl.Expr) -> pl.Expr:
    """Apply `defuse` to a column of text; null stays null."""
    return pl.when(~could_be_formula(cells)).then(cells).otherwise(pl.lit("'") + cells)


def fused(cells: pl.Expr) -> pl.Expr:
    """Apply `fuse` to a column of text; null stays null."""
    return pl.when(cells.str.contains(_DEFUSED)).then(cells.str.slice(1)).otherwise(cells)
