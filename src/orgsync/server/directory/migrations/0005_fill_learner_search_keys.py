"""Fill the keys of people who are there already, a slice at a time.

The version's trigger rests meanwhile: nobody has changed, so what feeds remember of their rows stays good. Turning it
off takes the lock that keeps other writers out until the slice is committed.
"""

import unicodedata
from typing import Any

from django.db import migrations, transaction

SLICE = 10_000

READ = """
    SELECT organization_id, id, coalesce(preferred_first_name, ''), coalesce(preferred_last_name, '')
      FROM directory_learner
     WHERE (organization_id, id) > (%s, %s)
     ORDER BY organization_id, id
     LIMIT %s
"""
WRITE = """
    UPDATE directory_learner AS learner
       SET first_name_key = filled.first_name_key,
           last_name_key = filled.last_name_key,
           changed_at = coalesce(
               (SELECT max(at) FROM directory_learnerchange AS change
                 WHERE change.organization_id = learner.organization_id AND change.learner_id = learner.id),
               learner.created_at)
      FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])
           AS filled (organization_id, id, first_name_key, last_name_key)
     WHERE learner.organization_id = filled.organization_id AND learner.id = filled.id
"""


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def fill_keys(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001  Django's signature
    database = schema_editor.connection
    place: tuple[int, int] | None = (0, 0)
    while place is not None:
        with transaction.atomic(database.alias), database.cursor() as cursor:
            cursor.execute("ALTER TABLE directory_learner DISABLE TRIGGER learner_version")
            place = fill_slice(cursor, place)
            cursor.execute("ALTER TABLE directory_learner ENABLE TRIGGER learner_version")


def fill_slice(cursor: Any, place: tuple[int, int]) -> tuple[int, int] | None:
    """Fill the people behind the place; return the last one's place, or None when there are no more."""
    cursor.execute(READ, [*place, SLICE])
    people = cursor.fetchall()
    if not people:
        return None
    organizations, ids, first_names, last_names = map(list, zip(*people, strict=True))
    cursor.execute(
        WRITE, [organizations, ids, [fold(name) for name in first_names], [fold(name) for name in last_names]]
    )
    return organizations[-1], ids[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("directory", "0004_learner_search_keys")]
    operations = [migrations.RunPython(fill_keys, migrations.RunPython.noop)]
