"""Find the columns of the source that rules name."""

import difflib
from collections.abc import Sequence

import polars as pl

from orgsync.client.mapping.problems import BadMapping
from orgsync.core.columns import fold_header


class SourceColumns:
    """The columns of one source; a header is found as written, else by its folded form.

    Cells are asked for as expressions over the frame that `RawFile` has, without blanks around them.
    """

    def __init__(self, headers: Sequence[str]) -> None:
        self._headers = headers
        self._exact = {header: place for place, header in enumerate(headers)}
        self._folded = {fold_header(header): place for place, header in enumerate(headers)}

    def cell(self, header: str, *, where: str) -> pl.Expr:
        """Return the expression of a column. Raise BadMapping when the source has none of that name."""
        return pl.col(self.name(header, where=where))

    def name(self, header: str, *, where: str) -> str:
        """Return the frame's name of a column; raises as `cell` does."""
        place = self._exact.get(header, self._folded.get(fold_header(header)))
        if place is None:
            raise BadMapping(where, f"the source has no column {header!r}.{self._hint(header)}")
        return f"c{place}"

    def known(self) -> tuple[str, ...]:
        return tuple(self._headers)

    def _hint(self, header: str) -> str:
        near = difflib.get_close_matches(header, self._headers, n=1)
        if near:
            return f" Did you mean {near[0]!r}?"
        shown = ", ".join(self._headers[:12]) + (", …" if len(self._headers) > 12 else "")
        return f" It has: {shown}."
