"""Write learners and the log of their changes, as sets."""

from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Composable, Identifier

from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.normalize import fold_keys
from orgsync.server.directory.copying import copy_frame, staged
from orgsync.server.directory.misfit import check_count

_TABLE: Final = "directory_learner"
_KEYS: Final = ("email_key", "unique_user_id")
_NAME_KEYS: Final = {"preferred_first_name": "first_name_key", "preferred_last_name": "last_name_key"}

# An address or an id may go from one person to another within one plan, also in a circle: whoever gives one up lets
# go of it before anybody takes one.
_RELEASE: Final = """
    UPDATE directory_learner AS learner
       SET {values}
      FROM planned_learner AS planned
     WHERE learner.organization_id = %s AND learner.id = planned.id AND ({moves})
"""
_UPDATE: Final = """
    UPDATE directory_learner AS learner
       SET {values}
      FROM planned_learner AS planned
     WHERE learner.organization_id = %s AND learner.id = planned.id
"""


def update_learners(cursor: CursorWrapper, organization_id: int, updates: pl.DataFrame, *, at: datetime) -> None:
    """Write the values of `updates` (see `core.plan.Writes`): only the columns that the frame has.

    Addresses and ids may swap. Raises WritesMisfit when somebody in `updates` is not there.
    """
    if updates.is_empty():
        return
    planned = with_custom_json(updates.drop("row_number", strict=False).rename({"learner_id": "id"}), keeps_nulls=True)
    planned = with_name_keys(planned)
    with staged(cursor, "planned_learner", planned.sort("id"), like=_TABLE):
        _release_keys(cursor, organization_id, [key for key in _KEYS if key in planned.columns])
        values = [_new_value(column) for column in planned.columns if column != "id"]
        parameters: list[Any] = [organization_id]
        if "is_active" in planned.columns:
            values.append(_DEACTIVATED_AT)
            parameters.insert(0, at)
        cursor.execute(SQL(_UPDATE).format(values=SQL(", ").join(values)), parameters)
        check_count(_TABLE, expected=planned.height, found=cursor.rowcount)


_DEACTIVATED_AT: Final = SQL(
    "deactivated_at = CASE WHEN planned.is_active THEN NULL ELSE coalesce(learner.deactivated_at, %s) END"
)


def _new_value(column: str) -> Composable:
    if column == "custom":
        # A null means that the attribute is cleared; attributes that the file does not have stay as they are.
        return SQL("custom = jsonb_strip_nulls(learner.custom || planned.custom)")
    return SQL("{column} = planned.{column}").format(column=Identifier(column))


def _release_keys(cursor: CursorWrapper, organization_id: int, keys: list[str]) -> None:
    if not keys:
        return
    moves = SQL("(learner.{key} IS NOT NULL AND learner.{key} IS DISTINCT FROM planned.{key})")
    value = SQL("{key} = CASE WHEN learner.{key} = planned.{key} THEN learner.{key} END")
    statement = SQL(_RELEASE).format(
        values=SQL(", ").join(value.format(key=Identifier(key)) for key in keys),
        moves=SQL(" OR ").join(moves.format(key=Identifier(key)) for key in keys),
    )
    cursor.execute(statement, [organization_id])


def insert_learners(
    cursor: CursorWrapper, organization_id: int, creates: pl.DataFrame, *, job_id: int | None, at: datetime
) -> None:
    """Add the people of `creates`, whose ids are real by now, straight into the table."""

    def as_rows(part: pl.DataFrame) -> pl.DataFrame:
        people = with_name_keys(part.rename({"learner_id": "id", "row_number": "created_row"}))
        return with_custom_json(people).with_columns(
            organization_id=pl.lit(organization_id),
            is_protected=pl.lit(value=False),
            created_at=pl.lit(at.isoformat()),
            created_job_id=pl.lit(job_id, pl.Int64),
            deactivated_at=pl.when(~pl.col("is_active")).then(pl.lit(at.isoformat())),
        )

    copy_frame(cursor, _TABLE, creates, shape=as_rows)


def log_changes(
    cursor: CursorWrapper, organization_id: int, changes: pl.DataFrame, *, job_id: int | None, at: datetime
) -> None:
    """Append `changes` (see `core.plan.Writes`), whose ids are real by now, to the log."""

    def as_rows(part: pl.DataFrame) -> pl.DataFrame:
        return part.with_columns(
            organization_id=pl.lit(organization_id), at=pl.lit(at.isoformat()), job_id=pl.lit(job_id, pl.Int64)
        )

    copy_frame(cursor, "directory_learnerchange", changes.sort("learner_id", maintain_order=True), shape=as_rows)


def with_name_keys(people: pl.DataFrame) -> pl.DataFrame:
    """Add the folded keys of the names that the frame has; a person without the name has an empty key."""
    keys = {key: fold_keys(people[name]).fill_null("") for name, key in _NAME_KEYS.items() if name in people.columns}
    return people.with_columns(**keys)


def with_custom_json(people: pl.DataFrame, *, keeps_nulls: bool = False) -> pl.DataFrame:
    """Put the `attribute_…` columns of `people` together as the JSON text `custom`.

    A frame of new people (`keeps_nulls` False) always gets `custom`, and absent values have no key in it; one of
    updates gets it only when it has such columns, with null for what is to be cleared.
    """
    names = [name for name in people.columns if name.startswith(CUSTOM_PREFIX)]
    if not names:
        return people if keeps_nulls else people.with_columns(custom=pl.lit("{}"))
    members = [_json_member(name, keeps_nulls=keeps_nulls) for name in names]
    inside = pl.concat_str(members, separator=",", ignore_nulls=True)
    return people.with_columns(custom=pl.concat_str(pl.lit("{"), inside, pl.lit("}"))).drop(names)


def _json_member(name: str, *, keeps_nulls: bool) -> pl.Expr:
    member = pl.struct(name).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
    return member if keeps_nulls else pl.when(pl.col(name).is_not_null()).then(member)
