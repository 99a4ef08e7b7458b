"""Rows that name people who were erased: they change nothing and create nobody."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.directory import Directory
from orgsync.core.issuerows import issue_rows, no_issues
from orgsync.core.normalize import fold_keys
from orgsync.core.rows import CheckedRows

_EMAILS: Final = ("primary_email_key", "existing_email_key")
_IDS: Final = ("unique_user_id", "new_unique_user_id")
_MANAGER_EMAIL: Final = "manager_email_key"
_MANAGER_ID: Final = "manager_unique_user_id"


def unknown_keys(checked: CheckedRows, directory: Directory) -> tuple[pl.Series, pl.Series]:
    """Return the folded addresses and ids of the file that nobody in the directory has: only they can be erased."""
    rows, people = checked.rows, directory.learners
    return (
        _distinct(rows, (*_EMAILS, _MANAGER_EMAIL), people["email_key"]),
        _distinct(rows, (*_IDS, _MANAGER_ID), people["unique_user_id"]),
    )


def refuse_erased(
    checked: CheckedRows, emails: Collection[str], ids: Collection[str]
) -> tuple[CheckedRows, pl.DataFrame]:
    """Put rows in error that name an erased person, and empty manager cells that do; return rows and issues.

    `emails` and `ids` are folded keys of erased people. A row that another row's manager cell leads to stays valid.
    """
    rows = checked.rows
    is_erased = _any_of(rows, _EMAILS, emails) | _any_of(rows, _IDS, ids)
    by_email, by_id = _any_of(rows, (_MANAGER_EMAIL,), emails), _any_of(rows, (_MANAGER_ID,), ids)
    refused = issue_rows(rows.filter(is_erased), kinds.ERASED_PERSON, message=kinds.ERASED_PERSON.wording)
    ignored = issue_rows(
        rows.filter(~is_erased & (by_email | by_id)), kinds.ERASED_MANAGER, message=kinds.ERASED_MANAGER.wording
    )
    cells = {_MANAGER_EMAIL: by_email, "manager_primary_email_address": by_email, _MANAGER_ID: by_id}
    rows = rows.with_columns(
        *(pl.when(~named).then(pl.col(name)).alias(name) for name, named in cells.items() if name in rows.columns),
        is_valid=pl.col("is_valid") & ~is_erased,
    )
    issues = pl.concat([no_issues(), refused, ignored])
    return replace(checked, rows=rows), issues


def _distinct(rows: pl.DataFrame, names: Collection[str], known: pl.Series) -> pl.Series:
    given = [rows[name] for name in names if name in rows.columns]
    if not given:
        return pl.Series(dtype=pl.String)
    keys = pl.concat([cells.rename("key") for cells in given]).drop_nulls().unique().to_frame()
    unknown = keys.join(known.rename("key").drop_nulls().to_frame(), on="key", how="anti")
    return fold_keys(unknown["key"]).unique()


def _any_of(rows: pl.DataFrame, names: Collection[str], keys: Collection[str]) -> pl.Expr:
    wanted = list(keys)
    found = [
        pl.col(name).map_batches(fold_keys, return_dtype=pl.String).is_in(wanted).fill_null(value=False)
        for name in names
        if name in rows.columns and wanted
    ]
    return pl.any_horizontal(pl.lit(value=False), *found)
