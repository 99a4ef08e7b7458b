"""Counts over an organization's whole directory, for a plan that has read some of its people only."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from django.db import connection

from orgsync.core.columns import ATTRIBUTE_NAMES, CUSTOM_PREFIX
from orgsync.core.directory import FILLED, PEOPLE_KEYS
from orgsync.server.directory.copying import read_frame

_FROM: Final = """
      FROM directory_learner AS learner
      LEFT JOIN directory_claim AS claim
             ON claim.organization_id = learner.organization_id AND claim.learner_id = learner.id
            AND claim.feed_id = %(feed)s
     WHERE learner.organization_id = %(organization)s {among}
"""
# By the columns themselves: of these the planner knows how few values they have, of expressions it does not.
_PEOPLE: Final = f"""
    SELECT (claim.feed_id IS NOT NULL)::text, learner.is_active::text, learner.department_name, {{counts}} {_FROM}
     GROUP BY claim.feed_id, learner.is_active, learner.department_name
"""
_LICENSES: Final = """
    SELECT license.pool_id, learner.department_name, count(*)
      FROM directory_licenseassignment AS license
      LEFT JOIN directory_learner AS learner
             ON learner.organization_id = license.organization_id AND learner.id = license.learner_id
     WHERE license.organization_id = %(organization)s AND license.state = 'active' {among}
     GROUP BY 1, 2
"""
_MEMBERSHIPS: Final = """
    SELECT group_id, count(*)
      FROM directory_membership AS membership
     WHERE organization_id = %(organization)s {among}
     GROUP BY 1
"""

_ASSIGNMENTS: Final = """
    SELECT learner.department_name, count(*)
      FROM learning_learnerassignment AS assigned
      LEFT JOIN directory_learner AS learner
             ON learner.organization_id = assigned.organization_id AND learner.id = assigned.learner_id
     WHERE assigned.organization_id = %(organization)s AND assigned.state = 'open'
     GROUP BY 1
"""
_AMONG: Final = "AND {} = ANY (%(among)s)"


@dataclass(frozen=True, slots=True)
class CountedDirectory:
    """`core.directory.Everybody` in the current transaction; each method is one statement."""

    organization_id: int
    feed_id: int
    among: Sequence[int] | None = None
    """Learners; where they are given, `people`, `licenses` and `memberships` count nobody else."""

    def people(self, names: Sequence[str]) -> pl.DataFrame:
        counts = ", ".join(["count(*)", *(f"count({_value(place, name)})" for place, name in enumerate(names))])
        filled = dict.fromkeys((f"{FILLED}{name}" for name in names), pl.Int64())
        schema = {**PEOPLE_KEYS, "count": pl.Int64(), **filled}
        query = _PEOPLE.format(counts=counts, among=self._among("learner.id"))
        return self._read(query, schema, names=names)

    def licenses(self) -> pl.DataFrame:
        query = _LICENSES.format(among=self._among("license.learner_id"))
        return self._read(query, {"pool_id": pl.Int64(), "department_name": pl.String(), "count": pl.Int64()})

    def memberships(self) -> pl.DataFrame:
        query = _MEMBERSHIPS.format(among=self._among("membership.learner_id"))
        return self._read(query, {"group_id": pl.Int64(), "count": pl.Int64()})

    def assignments(self) -> pl.DataFrame:
        return self._read(_ASSIGNMENTS, {"department_name": pl.String(), "count": pl.Int64()})

    def values(self, name: str) -> pl.DataFrame:
        value = _value(0, name)
        everybody = _FROM.format(among="")
        query = f"SELECT {value}, count(*) {everybody} AND {value} IS NOT NULL GROUP BY 1"
        return self._read(query, {"value": pl.String(), "count": pl.Int64()}, names=[name])

    def _among(self, learner: str) -> str:
        return "" if self.among is None else _AMONG.format(learner)

    def _read(self, query: str, schema: dict[str, pl.DataType], *, names: Sequence[str] = ()) -> pl.DataFrame:
        values = {"organization": self.organization_id, "feed": self.feed_id, "among": self.among}
        named = {f"name{place}": name for place, name in enumerate(names)}
        with connection.cursor() as cursor:
            return read_frame(cursor, query, {**values, **named}, pl.Schema(schema))


@dataclass(frozen=True, slots=True)
class CountedBefore:
    """`core.directory.Everybody`, most of which was counted before anybody asked; the rest is counted now."""

    now: CountedDirectory
    names: Sequence[str]
    """The attributes that `of_people` has counts of."""
    of_people: Callable[[], pl.DataFrame]
    of_licenses: Callable[[], pl.DataFrame]
    of_memberships: Callable[[], pl.DataFrame]

    def people(self, names: Sequence[str]) -> pl.DataFrame:
        if not set(names) <= set(self.names):
            return self.now.people(names)
        return self.of_people().select(*PEOPLE_KEYS, "count", *(f"{FILLED}{name}" for name in names))

    def licenses(self) -> pl.DataFrame:
        return self.of_licenses()

    def memberships(self) -> pl.DataFrame:
        return self.of_memberships()

    def assignments(self) -> pl.DataFrame:
        return self.now.assignments()

    def values(self, name: str) -> pl.DataFrame:
        return self.now.values(name)


def countable(fields: Iterable[str]) -> list[str]:
    """Return the attributes among a file's fields, of which it can be counted how many people have one."""
    return [name for name in fields if name in ATTRIBUTE_NAMES or name.startswith(CUSTOM_PREFIX)]


def _value(place: int, name: str) -> str:
    """Return an attribute as SQL: a column, whose name the catalogue gives, or the part of `custom` called `name`."""
    return f"learner.{name}::text" if name in ATTRIBUTE_NAMES else f"learner.custom ->> %(name{place})s"
