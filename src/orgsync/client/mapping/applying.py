"""Apply a mapping: from the rows of a source to the rows of the file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl

from orgsync.client.mapping.conditions import compiled
from orgsync.client.mapping.findings import Finding
from orgsync.client.mapping.headers import SourceColumns
from orgsync.client.mapping.lookups import Lookups
from orgsync.client.mapping.problems import BrokenSource
from orgsync.client.mapping.rules import Check, Compiled, Compiler
from orgsync.client.sources.csvout import write_frame
from orgsync.core.columns import fold_header
from orgsync.core.csvfile import read_csv
from orgsync.core.frames import names_where
from orgsync.core.headers import is_known_header
from orgsync.core.issuerows import rows_with
from orgsync.core.model import Severity
from orgsync.core.rows import ROW_NUMBER, RawFile

EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Mapped:
    """What applying a mapping made."""

    rows_in: int
    rows_out: int
    rows_left_out: int
    """Rows that the filter `keep` left out, on purpose."""
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    rows_in_error: int
    """Rows of the file in which a rule could not be followed; their cells are blank."""


@dataclass(frozen=True, slots=True)
class MappedRows:
    """The same with the rows: `row_number` of the source, then one String column for each of `columns`."""

    rows: pl.DataFrame
    result: Mapped


@dataclass(frozen=True, slots=True)
class Mapping:
    """The `[mapping]` table, checked as far as that goes without a source. Applying it changes nothing else."""

    rules: dict[str, Any] = field(default_factory=dict)
    """Header of the file → its rule."""
    keep: Any = None
    keeps_known: bool = False
    lookups: Lookups = field(default_factory=lambda: Lookups({}, Path()))
    tests: tuple[dict[str, Any], ...] = ()

    @property
    def is_identity(self) -> bool:
        """Whether nothing is mapped: the source has the right headers already."""
        return not self.rules and self.keep is None

    def apply(self, source_csv: Path, target: BinaryIO) -> Mapped:
        """Write the file that the source makes to `target`, as UTF-8 CSV.

        Raise BadMapping when a rule does not fit the source's columns, BrokenSource when rows of it cannot be taken
        apart. A rule that cannot be followed in a row is a finding: the cell is blank and the row stays.
        """
        mapped = self.map_rows(read_csv(source_csv))
        write_frame(target, mapped.result.columns, mapped.rows.drop(ROW_NUMBER))
        return mapped.result

    def map_rows(self, raw: RawFile) -> MappedRows:
        """Return the rows of the file; raises as `apply` does."""
        _refuse_broken(raw)
        columns = SourceColumns(raw.headers)
        compiler = Compiler(columns, self.lookups)
        made = {header: compiler.compile(rule, where=_where(header)) for header, rule in self._all_rules(raw)}
        cells = _stripped(raw.rows)
        if self.keep is not None:
            cells = cells.filter(compiled(self.keep, columns, where="mapping.keep"))
        for name, expression in compiler.expressions.items():
            answers = expression.evaluate(cells).rename({"value": name, "failed": f"{name}_failed"})
            cells = pl.concat([cells, answers], how="horizontal")
        return _evaluated(cells, made, raw.rows.height)

    def _all_rules(self, raw: RawFile) -> Iterator[tuple[str, Any]]:
        """Yield each header with its rule; those of the source that stay as they are come last."""
        yield from self.rules.items()
        if not self.rules or self.keeps_known:
            taken = {fold_header(header) for header in self.rules}
            for header in raw.headers:
                is_kept = not self.keeps_known or is_known_header(header)
                if is_kept and fold_header(header) not in taken:
                    yield header, {"column": header}


def _stripped(rows: pl.DataFrame) -> pl.DataFrame:
    """Take the blanks around cells away; a column without any, as most are, is not copied."""
    named = [name for name in rows.columns if name != ROW_NUMBER]
    padded = names_where(rows, lambda cells: cells.str.strip_chars() != cells, named)
    return rows.with_columns(pl.col(padded).str.strip_chars()) if padded else rows


def _where(header: str) -> str:
    return f"mapping.columns.{header}"


def _refuse_broken(raw: RawFile) -> None:
    broken = rows_with(raw.issues, Severity.ERROR)
    if not broken.is_empty():
        reason = raw.issues.filter(pl.col("severity") == Severity.ERROR.value)["message"][0]
        raise BrokenSource(broken.sort().to_list(), reason)


def _evaluated(cells: pl.DataFrame, made: dict[str, Compiled], rows_in: int) -> MappedRows:
    rows = cells.select(ROW_NUMBER, *(one.value.alias(f"to:{header}") for header, one in made.items()))
    rows = rows.rename({f"to:{header}": header for header in made if header != ROW_NUMBER})
    checks = [(header, check) for header, one in made.items() for check in one.checks]
    masks = cells.select(check.fails.alias(str(place)) for place, (_, check) in enumerate(checks))
    findings = [_finding(cells, header, check, masks[str(place)]) for place, (header, check) in enumerate(checks)]
    in_error = masks.select(pl.any_horizontal(pl.all()).sum()).item() if checks else 0
    return MappedRows(
        rows,
        Mapped(
            rows_in=rows_in,
            rows_out=rows.height,
            rows_left_out=rows_in - rows.height,
            columns=tuple(made),
            findings=tuple(filter(None, findings)),
            rows_in_error=int(in_error or 0),
        ),
    )


def _finding(cells: pl.DataFrame, header: str, check: Check, mask: pl.Series) -> Finding | None:
    count = int(mask.sum())
    if not count:
        return None
    bad = cells.filter(mask).select(ROW_NUMBER, cell=check.cell)
    return Finding(
        severity=Severity.ERROR,
        column=header,
        rule=check.rule,
        message=check.message,
        first_row=bad[ROW_NUMBER][0],
        count=count,
        examples=tuple(bad["cell"].unique(maintain_order=True).head(EXAMPLES)),
    )
