"""What counts are measured against. Only the bases of what a plan does are worked out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from orgsync.core.assigning import OPEN
from orgsync.core.directory import ACTIVE, FILLED, Directory, count_people
from orgsync.core.guards.measures import BY_CODE, DEPARTMENT, GROUP, Base, in_part

BASES: Final = pl.Schema({"code": pl.String, "target": pl.String, "base": pl.Int64})
_ATTRIBUTE: Final = "attribute:"
_PARTS: Final = pl.Schema({"target": pl.String, "base": pl.Int64})


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose people a job is measured against: those whom its feed claims when it is a file, else everybody."""

    is_file: bool
    is_full: bool
    claims: pl.DataFrame
    """`learner_id`, `is_claimed`: claims that the file makes (true) or loses."""

    def joining(self, directory: Directory) -> pl.DataFrame:
        """Return the learners whom the plan claims for the feed: a file claims everybody whom it names."""
        named = self.claims.filter("is_claimed")["learner_id"]
        return directory.learners.filter(~pl.col("is_claimed_here") & pl.col("learner_id").is_in(named.implode()))


@dataclass(frozen=True)
class _Look:
    """What the bases of one plan are counted in; everybody is looked at once."""

    directory: Directory
    whose: Whose
    effects: pl.DataFrame

    @cached_property
    def names(self) -> list[str]:
        """Attributes of which the plan changes values."""
        targets = self.effects["target"].unique(maintain_order=True)
        named = targets.filter(targets.str.starts_with(_ATTRIBUTE)).str.strip_prefix(_ATTRIBUTE)
        return [name for name in named if name in self.directory.learners.columns]

    @cached_property
    def everybody(self) -> pl.DataFrame:
        """Everybody, counted as `core.directory.count_people` does."""
        if self.directory.everybody is None:
            return count_people(self.directory.learners, self.names)
        return self.directory.everybody.people(self.names)

    @cached_property
    def of_feed(self) -> pl.DataFrame:
        """Whom the feed claims, those included whom the plan claims for it; everybody where the job is no file."""
        if not self.whose.is_file:
            return self.everybody
        joining = count_people(self.whose.joining(self.directory), self.names)
        return pl.concat([self.everybody.filter("is_claimed_here"), joining])

    @property
    def concerned(self) -> pl.DataFrame:
        """Whom a count is measured against that may concern anybody: in a full file the feed's people."""
        return self.of_feed if self.whose.is_full else self.everybody


def find_bases(effects: pl.DataFrame, directory: Directory, whose: Whose) -> pl.DataFrame:
    """Return `BASES` for the codes in `effects`; a target that is missing has a base of nothing."""
    codes = effects["code"].unique(maintain_order=True)
    wanted = {BY_CODE[code].base for code in codes}
    look = _Look(directory, whose, effects)
    found = {base: _FINDERS[base](look) for base in Base if base in wanted}
    parts = [found[BY_CODE[code].base].select(pl.lit(code).alias("code"), "target", "base") for code in codes]
    return pl.concat([pl.DataFrame(schema=BASES), *parts])


def _people(look: _Look) -> pl.DataFrame:
    people = look.of_feed.filter("is_active")
    return pl.concat([_sum(people), _sum_by(people, DEPARTMENT, "department_name")])


def _everybody(look: _Look) -> pl.DataFrame:
    return _sum(look.concerned.filter("is_active"))


def _licenses(look: _Look) -> pl.DataFrame:
    directory = look.directory
    if directory.everybody is not None:
        held = directory.everybody.licenses()
    else:
        departments = directory.learners.select("learner_id", "department_name")
        held = directory.licenses.filter(pl.col("state") == ACTIVE).join(departments, on="learner_id", how="left")
        held = held.group_by("pool_id", "department_name").agg(count=pl.len().cast(pl.Int64))
    pools = held.join(directory.pools.select("pool_id", "pool_name"), on="pool_id", how="inner")
    return pl.concat([_sum(held), _sum_by(pools, "pool", "pool_name"), _sum_by(held, DEPARTMENT, "department_name")])


def _memberships(look: _Look) -> pl.DataFrame:
    directory = look.directory
    if directory.everybody is not None:
        sizes = directory.everybody.memberships().rename({"count": "size"})
    else:
        sizes = directory.memberships.group_by("group_id").agg(size=pl.len().cast(pl.Int64))
    named = sizes.join(directory.groups.select("group_id", "group_name"), on="group_id", how="inner")
    groups = named.select(target=in_part(GROUP, pl.col("group_name")), base=pl.col("size").cast(pl.Int64))
    return pl.concat([_sum(sizes.rename({"size": "count"})), groups])


def _assignments(look: _Look) -> pl.DataFrame:
    directory = look.directory
    if directory.everybody is not None:
        opened = directory.everybody.assignments()
    else:
        departments = directory.learners.select("learner_id", "department_name")
        standing = directory.assignments.standing.filter(pl.col("state") == OPEN)
        opened = standing.join(departments, on="learner_id", how="left")
        opened = opened.group_by("department_name").agg(count=pl.len().cast(pl.Int64))
    return pl.concat([_sum(opened), _sum_by(opened, DEPARTMENT, "department_name")])


def _values(look: _Look) -> pl.DataFrame:
    """Count who has a value of each attribute that the plan changes."""
    filled = [int(look.concerned[f"{FILLED}{name}"].sum()) for name in look.names]
    return pl.DataFrame({"target": [f"{_ATTRIBUTE}{name}" for name in look.names], "base": filled}, schema=_PARTS)


def _sum(counted: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({"target": [""], "base": [counted["count"].sum()]}, schema=_PARTS)


def _sum_by(counted: pl.DataFrame, part: str, column: str) -> pl.DataFrame:
    named = counted.select("count", target=in_part(part, pl.col(column))).drop_nulls("target")
    return named.group_by("target").agg(base=pl.sum("count"))


_FINDERS: Final[dict[Base, Callable[[_Look], pl.DataFrame]]] = {
    Base.PEOPLE: _people,
    Base.EVERYBODY: _everybody,
    Base.LICENSES: _licenses,
    Base.MEMBERSHIPS: _memberships,
    Base.ASSIGNMENTS: _assignments,
    Base.VALUES: _values,
}
