"""What a migration may do while processes of the previous release go on working on the database."""

import re
from collections.abc import Iterator
from typing import Any, Final

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

TAKES_AWAY: Final = (
    *(migrations.RemoveField, migrations.RenameField, migrations.DeleteModel, migrations.RenameModel),
    migrations.AlterModelTable,
)
TAKES_AWAY_SQL: Final = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN))\b", re.IGNORECASE)


def find_breaches(migration: migrations.Migration, state: ProjectState) -> Iterator[str]:
    """Yield a sentence for everything that an older release could not live with; `state` is that before it."""
    made_here: set[str] = set()
    has_python = any(isinstance(operation, migrations.RunPython) for operation in migration.operations)
    if has_python and len(migration.operations) > 1:
        yield "fills rows beside changing tables: the locks of the change last as long as the filling"
    for operation in migration.operations:
        if isinstance(operation, migrations.CreateModel):
            made_here.add(operation.name.lower())
        elif _model(operation) not in made_here:
            yield from _breaches_of(migration, operation, state)
        operation.state_forwards(migration.app_label, state)


def _model(operation: Operation) -> str:
    return str(getattr(operation, "model_name", "") or getattr(operation, "name", "") or "").lower()


def _breaches_of(migration: migrations.Migration, operation: Operation, state: ProjectState) -> Iterator[str]:
    match operation:
        case migrations.RunSQL(sql=sql) if TAKES_AWAY_SQL.search(str(sql)):
            yield "takes away what the previous release reads; drop it one release after the last code that reads it"
        case _ if isinstance(operation, TAKES_AWAY):
            yield f"{operation.describe()}: drop or rename one release after the last code that reads it"
        case migrations.AddField(field=field) if not _may_be_left_out(field):
            yield f"{operation.describe()}: older code writes rows without it; allow NULL or give a db_default"
        case migrations.AlterField():
            yield from _narrowed(migration.app_label, operation, state)
        case AddIndexConcurrently():
            return
        case migrations.AddIndex():
            yield f"{operation.describe()}: keeps writers out while it is made; use AddIndexConcurrently"
        case migrations.AddConstraint():
            yield f"{operation.describe()}: the previous release may write what it forbids"


def _may_be_left_out(field: Any) -> bool:
    return field.null or field.has_db_default() or field.many_to_many or field.primary_key


def _narrowed(app: str, operation: migrations.AlterField, state: ProjectState) -> Iterator[str]:
    before = state.models[app, operation.model_name.lower()].fields[operation.name]
    after = operation.field
    if before.null and not after.null:
        yield f"{operation.describe()}: the previous release may still write NULL"
    if _kind(before) != _kind(after):
        yield f"{operation.describe()}: the table is written anew, with everybody kept out"


def _kind(field: Any) -> str:
    """Return the column's type; a longer text costs nothing, so the length is left out of it."""
    return re.sub(r"\(\d+\)", "", field.db_type(connection) or "") if not field.is_relation else "relation"
