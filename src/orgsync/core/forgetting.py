"""Where files and plans name one person, and the same files without that person."""

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

import polars as pl

from orgsync.core.columns import RESULT_HEADERS, fold_header
from orgsync.core.formula import fused
from orgsync.core.headers import read_layout
from orgsync.core.normalize import fold_key, fold_keys
from orgsync.core.plan import ChangeKind
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END, SLICE_ROWS
from orgsync.core.rows import ROW_NUMBER, RawFile

_ID_FIELDS: Final = ("unique_user_id", "new_unique_user_id")
_MANAGER_FIELDS: Final = ("manager_primary_email_address", "manager_unique_user_id")
_LONG_NUMBER: Final = 5
_MESSAGES: Final = fold_header(RESULT_HEADERS[-1])


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything by which a person, or each of several, was ever known, addresses and ids folded."""

    learner_ids: frozenset[int]
    emails: frozenset[str]
    ids: frozenset[str]

    @classmethod
    def of(cls, learner_id: int, emails: Iterable[str], ids: Iterable[str]) -> "Keys":
        return cls(frozenset({learner_id}), frozenset(map(fold_key, emails)), frozenset(map(fold_key, ids)))

    @classmethod
    def of_all(cls, people: Iterable["Keys"]) -> "Keys":
        """Return what names any of the people."""
        known = list(people)
        parts = ([getattr(keys, name) for keys in known] for name in ("learner_ids", "emails", "ids"))
        return cls(*(frozenset[Any]().union(*part) for part in parts))

    @property
    def words(self) -> frozenset[str]:
        """What names the person in running text. A short number is no name there: it is a row or a count."""
        return self.emails | {key for key in self.ids if not key.isdecimal() or len(key) >= _LONG_NUMBER}


def names_person(raw: RawFile, keys: Keys) -> bool:
    """Say whether any row of the file, read as `read_csv` reads it, names the person: as itself or as a manager."""
    return not raw.rows.filter(_is_own(raw, keys) | _has_manager(raw, keys)).is_empty()


def without_person(raw: RawFile, keys: Keys) -> RawFile:
    """Return a results file without the person's rows, and without their keys where others name them as manager."""
    rows = raw.rows.filter(~_is_own(raw, keys))
    is_managed = _has_manager(raw, keys)
    managers = [raw.cell(position) for position in _positions(raw, _MANAGER_FIELDS)]
    # A message about the row may quote the manager.
    quoting = [raw.cell(n) for n, header in enumerate(raw.headers) if fold_header(header) == _MESSAGES]
    named = {name: _names(name, keys.emails | keys.ids) for name in managers}
    cleared = [pl.when(~is_named).then(pl.col(name)).alias(name) for name, is_named in named.items()]
    silenced = [pl.when(~is_managed).then(pl.col(name)).alias(name) for name in quoting]
    return replace(raw, rows=rows.with_columns(*cleared, *silenced))


def write_raw(raw: RawFile, target: BinaryIO) -> None:
    """Write a file of ours again, cells as they were read: UTF-8 with a mark, commas, CRLF."""
    header = io.StringIO(newline="")
    csv.writer(header, lineterminator=LINE_END).writerow(raw.headers)
    target.write(BYTE_ORDER_MARK + header.getvalue().encode())
    cells = raw.rows.drop(ROW_NUMBER)
    target.writelines(_lines(part) for part in cells.iter_slices(SLICE_ROWS))


def plan_without(plan: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """Return a stored plan (`PLAN_SCHEMA`) without the person's lines, and without their address in those of others."""
    is_theirs = pl.col("learner_id").is_in(list(keys.learner_ids)) | _is_one_of("email", keys.emails)
    kept = plan.filter(~is_theirs.fill_null(value=False))
    known = keys.emails | keys.ids
    is_manager = pl.col("kind") == ChangeKind.MANAGER_CHANGED.value
    references = known | {f"?{key}" for key in known}
    return kept.with_columns(
        pl.when(~(is_manager & _is_one_of(side, references))).then(pl.col(side)).alias(side)
        for side in ("before", "after")
    )


def is_named_in(text: str, keys: Keys) -> bool:
    """Say whether a text of ours (a mail, a message) holds an address or an id of the person as a word of its own."""
    return re.search(_pattern(keys.words), fold_key(text)) is not None


def messages_without(messages: list[dict[str, Any]], keys: Keys) -> list[dict[str, Any]]:
    """Return a job's messages; the wording of those that name the person is replaced."""
    return [
        message | {"message": "This named a person who was erased."}
        if is_named_in(json.dumps(message.get("message"), ensure_ascii=False), keys)
        else message
        for message in messages
    ]


def _is_own(raw: RawFile, keys: Keys) -> pl.Expr:
    """Say of each row whether it is the person's: an address anywhere but among managers, an id where ids stand."""
    managers = _positions(raw, _MANAGER_FIELDS)
    messages = [n for n, header in enumerate(raw.headers) if fold_header(header) == _MESSAGES]
    others = [n for n in range(len(raw.headers)) if n not in {*managers, *messages}]
    found = [_holds(raw.cell(n), keys.emails) for n in others]
    found += [_names(raw.cell(n), keys.ids) for n in _positions(raw, _ID_FIELDS)]
    return pl.any_horizontal(pl.lit(value=False), *found)


def _has_manager(raw: RawFile, keys: Keys) -> pl.Expr:
    cells = (raw.cell(n) for n in _positions(raw, _MANAGER_FIELDS))
    return pl.any_horizontal(pl.lit(value=False), *(_names(cell, keys.emails | keys.ids) for cell in cells))


def _positions(raw: RawFile, fields: tuple[str, ...]) -> list[int]:
    return [column.position for column in read_layout(raw.headers).columns if column.field in fields]


def _names(cell: str, known: frozenset[str]) -> pl.Expr:
    """Say whether a cell is one of the keys; results guard cells against formulas with an apostrophe."""
    return _folded(fused(pl.col(cell)).str.strip_chars()).is_in(list(known)).fill_null(value=False)


def _holds(cell: str, known: frozenset[str]) -> pl.Expr:
    if not known:
        return pl.lit(value=False)
    return _folded(pl.col(cell)).str.contains(_polars_pattern(known)).fill_null(value=False)


def _is_one_of(column: str, known: Iterable[str]) -> pl.Expr:
    return _folded(pl.col(column)).is_in(list(known)).fill_null(value=False)


def _folded(cells: pl.Expr) -> pl.Expr:
    return cells.map_batches(fold_keys, return_dtype=pl.String)


def _pattern(known: Iterable[str]) -> str:
    words = "|".join(re.escape(key) for key in sorted(known, key=len, reverse=True))
    return rf"(?<![\w.%+'-])(?:{words})(?![\w-]|\.\w)" if words else r"(?!)"


def _polars_pattern(known: Iterable[str]) -> str:
    """Return the same without look-around, which the engine of Polars does not have."""
    words = "|".join(re.escape(key) for key in sorted(known, key=len, reverse=True))
    return rf"(?:^|[^\w.%+-])(?:{words})(?:$|[^\w.-]|\.(?:$|[^\w]))"


def _lines(cells: pl.DataFrame) -> bytes:
    filled = cells.select(pl.when(pl.col(name) != "").then(pl.col(name)) for name in cells.columns)
    return filled.write_csv(include_header=False, line_terminator=LINE_END).encode()
