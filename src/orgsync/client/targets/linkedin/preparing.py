"""Bring a checked file into the form in which it is compared with what LinkedIn has accepted."""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from orgsync.client.acknowledged.people import MANAGER_FIELDS, with_fields
from orgsync.client.config import TargetConfig
from orgsync.client.targets.linkedin.headers import Headers
from orgsync.core.checking import CheckedFile
from orgsync.core.columns import ColumnGroup, license_column, pool_key
from orgsync.core.directory import ACTIVE
from orgsync.core.planning.licenses import LICENSE_PREFIX
from orgsync.core.rows import CheckedRows, FileColumn, FileLayout

LAST_DAY = "end_date"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file as LinkedIn can be told of it, and the people as they are compared with it."""

    checked: CheckedRows
    layout: FileLayout
    people: pl.DataFrame
    never_known: int
    """Rows of people who left before LinkedIn ever heard of them: there is nothing to say."""


def prepare(
    file: CheckedFile, people: pl.DataFrame, target: TargetConfig, headers: Headers, *, today: date
) -> Prepared:
    """Leave out what LinkedIn is not told, add the licenses that everybody gets, and find who is gone for long."""
    layout = replace(file.layout, columns=tuple(c for c in file.layout.columns if _is_used(c.field, headers)))
    dropped = {c.field for c in file.layout.columns} - {c.field for c in layout.columns}
    rows = file.checked.rows.drop(dropped, strict=False)
    gone = _is_gone(rows, today)
    layout, rows = _with_licenses(layout, rows, target, gone)
    is_stranger = gone & ~_is_known(rows, people)
    known = rows.filter(~is_stranger)
    ready = with_fields(people, (*layout.attribute_fields, *layout.fields_of(ColumnGroup.LICENSES)))
    return Prepared(
        CheckedRows(known, file.issues),
        layout,
        _with_last_days(ready, known),
        never_known=int(is_stranger.sum()),
    )


def _is_used(field: str, headers: Headers) -> bool:
    return field == "primary_email_address" or headers.sends(field)


def _is_gone(rows: pl.DataFrame, today: date) -> pl.Series:
    status = pl.col("worker_status") == "inactive" if "worker_status" in rows.columns else pl.lit(value=False)
    ended = pl.col(LAST_DAY) < pl.lit(today.isoformat()) if LAST_DAY in rows.columns else pl.lit(value=False)
    both = status.fill_null(value=False) | ended.fill_null(value=False)
    return rows.select("row_number", both.alias("gone"))["gone"]


def _with_licenses(
    layout: FileLayout, rows: pl.DataFrame, target: TargetConfig, gone: pl.Series
) -> tuple[FileLayout, pl.DataFrame]:
    """Add the columns of licenses that everybody gets; whoever is gone gets none."""
    missing = {f"{LICENSE_PREFIX}{pool_key(header)}": header for header in target.licenses}
    for field, header in missing.items():
        if field not in layout.fields:
            column = FileColumn(-1, header, license_column(header), field)
            layout = replace(layout, columns=(*layout.columns, column))
            rows = rows.with_columns(pl.when(~gone).then(pl.lit(ACTIVE)).alias(field))
    return layout, rows


def _is_known(rows: pl.DataFrame, people: pl.DataFrame) -> pl.Series:
    keys = {"primary_email_key": "email_key", "existing_email_key": "email_key", "unique_user_id": "unique_user_id"}
    found = [
        pl.col(cell).is_in(people[stored].drop_nulls().implode()).fill_null(value=False)
        for cell, stored in keys.items()
        if cell in rows.columns
    ]
    return rows.select("row_number", known=pl.any_horizontal(found))["known"]


def _with_last_days(people: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Put each row's last day on its person: LinkedIn is never told of it, so that it must not count as a change."""
    if LAST_DAY not in rows.columns:
        return people
    for cell, stored in (("unique_user_id", "unique_user_id"), ("primary_email_key", "email_key")):
        if cell in rows.columns:
            days = rows.select(pl.col(cell).alias(stored), told=LAST_DAY).drop_nulls().unique(stored, keep="first")
            joined = people.join(days, on=stored, how="left", maintain_order="left")
            people = joined.with_columns(pl.coalesce("told", LAST_DAY).alias(LAST_DAY)).drop("told")
    return people


def emptied_values(prepared: Prepared, outcome: pl.DataFrame) -> dict[str, list[int]]:
    """Return by field the rows in which HR emptied a value that LinkedIn has: it stays there, nobody can clear it."""
    fields = [
        name
        for name in (*prepared.layout.attribute_fields, *MANAGER_FIELDS)
        if name in prepared.checked.rows.columns and name in prepared.people.columns and name != LAST_DAY
    ]
    meant = outcome.select("row_number", "learner_id")
    rows = prepared.checked.rows.filter("is_valid").select("row_number", *fields).join(meant, on="row_number")
    both = rows.join(prepared.people.select("learner_id", *fields), on="learner_id", suffix=" stored")
    found = {}
    for name in fields:
        is_empty = pl.col(name).is_null() | (pl.col(name) == "#CLEAR#")
        numbers = both.filter(is_empty & pl.col(f"{name} stored").is_not_null())["row_number"].sort().to_list()
        if numbers:
            found[name] = numbers
    return found
