"""Values of an attribute that differ in their spelling alone, and who has which."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.db import connection

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.normalize import fold_key
from orgsync.server.directory.copying import read_frame

MERGEABLE: Final = ("department_name", "work_title", "job_function", "job_level", "worker_type")
"""Built-in attributes whose values several people share; custom ones may be asked about too."""
MOST_VALUES: Final = 50_000
"""Different values beyond which an attribute is no list of spellings."""

_VALUES: Final = """
    SELECT value, count(*) FROM (SELECT {cell} AS value FROM directory_learner AS learner
                                  WHERE learner.organization_id = %s) AS named
     WHERE value IS NOT NULL GROUP BY value LIMIT %s
"""
_PEOPLE: Final = """
    SELECT learner.id, learner.primary_email_address FROM directory_learner AS learner
     WHERE learner.organization_id = %s AND {cell} = ANY (%s) ORDER BY learner.id
"""
_SHOWN: Final = pl.Schema({"learner_id": pl.Int64, "address": pl.String})


@dataclass(frozen=True, slots=True)
class Spellings:
    """One value in several spellings, with how many people have each: the most used first."""

    key: str
    values: Sequence[tuple[str, int]]

    @property
    def usual(self) -> str:
        return self.values[0][0]


class TooManyValues(Exception):
    """The attribute has so many different values that it is no list of spellings."""


def spellings_of(organization_id: int, attribute: str) -> list[Spellings]:
    """Return the values of an attribute that are written in several ways, by name; raise TooManyValues.

    Upper and lower case and blanks make no other value, as in the warning that files get.
    """
    cell, named = _cell(attribute)
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(cell=cell), [*named, organization_id, MOST_VALUES + 1])
        found = cursor.fetchall()
    if len(found) > MOST_VALUES:
        raise TooManyValues
    families: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for value, count in found:
        families[spelling_key(value)].append((value, count))
    shared = {key: values for key, values in families.items() if key and len(values) > 1}
    return [
        Spellings(key, sorted(values, key=lambda pair: (-pair[1], pair[0]))) for key, values in sorted(shared.items())
    ]


def spelling_key(value: str) -> str:
    """Return what a value is apart from its spelling."""
    return "".join(fold_key(value).split())


def people_spelled(organization_id: int, attribute: str, values: Sequence[str]) -> pl.DataFrame:
    """Return `learner_id`, `address` of everybody whose value is spelled in one of the ways."""
    cell, named = _cell(attribute)
    with connection.cursor() as cursor:
        return read_frame(cursor, _PEOPLE.format(cell=cell), [organization_id, *named, list(values)], _SHOWN)


def _cell(attribute: str) -> tuple[str, list[Any]]:
    # Only names of the catalogue become part of the statement.
    return (f"learner.{attribute}", []) if attribute in ATTRIBUTE_NAMES else ("(learner.custom ->> %s)", [attribute])
