"""What counts are measured against. Only the bases of what a plan does are worked out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core.directory import ACTIVE, Directory
from orgsync.core.guards.measures import BY_CODE, DEPARTMENT, GROUP, Base, in_part

BASES: Final = pl.Schema({"code": pl.String, "target": pl.String, "base": pl.Int64})
_PARTS: Final = pl.Schema({"target": pl.String, "base": pl.Int64})


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose people a job is measured against: those whom its feed claims when it is a file, else everybody."""

    is_file: bool
    is_full: bool
    claims: pl.DataFrame
    """`learner_id`, `is_claimed`: claims that the file makes (true) or loses."""

    def people(self, directory: Directory) -> pl.DataFrame:
        """Return the learners meant; a file claims everybody whom it names."""
        if not self.is_file:
            return directory.learners
        named = self.claims.filter("is_claimed")["learner_id"]
        is_here = pl.col("is_claimed_here") | pl.col("learner_id").is_in(named.implode())
        return directory.learners.filter(is_here)

    def everybody(self, directory: Directory) -> pl.DataFrame:
        """Return whom a count is measured against that may concern anybody: in a full file the feed's people."""
        return self.people(directory) if self.is_full else directory.learners


def find_bases(effects: pl.DataFrame, directory: Directory, whose: Whose) -> pl.DataFrame:
    """Return `BASES` for the codes in `effects`; a target that is missing has a base of nothing."""
    codes = effects["code"].unique(maintain_order=True)
    wanted = {BY_CODE[code].base for code in codes}
    found = {base: _FINDERS[base](directory, whose, effects) for base in Base if base in wanted}
    parts = [found[BY_CODE[code].base].select(pl.lit(code).alias("code"), "target", "base") for code in codes]
    return pl.concat([pl.DataFrame(schema=BASES), *parts])


def _people(directory: Directory, whose: Whose, effects: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001
    people = _counted(directory, whose, is_everybody=False)
    return pl.concat([_sum(people), _sum_by(people, DEPARTMENT, "department_name")])


def _everybody(directory: Directory, whose: Whose, effects: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001
    return _sum(_counted(directory, whose, is_everybody=True))


def _counted(directory: Directory, whose: Whose, *, is_everybody: bool) -> pl.DataFrame:
    """Return active people by `department_name`, as `count`; also of a directory that does not hold everybody."""
    if directory.everybody is None:
        people = whose.everybody(directory) if is_everybody else whose.people(directory)
        return people.filter("is_active").group_by("department_name").agg(count=pl.len().cast(pl.Int64))
    counted = directory.everybody.people()
    if not whose.is_file or (is_everybody and not whose.is_full):
        return counted.select("department_name", "count")
    joining = whose.people(directory).filter(pl.col("is_active") & ~pl.col("is_claimed_here"))
    claimed = counted.filter("is_claimed_here").select("department_name", "count")
    return pl.concat([claimed, joining.select("department_name", count=pl.lit(1, pl.Int64))])


def _licenses(directory: Directory, whose: Whose, effects: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001
    if directory.everybody is not None:
        held = directory.everybody.licenses()
    else:
        departments = directory.learners.select("learner_id", "department_name")
        held = directory.licenses.filter(pl.col("state") == ACTIVE).join(departments, on="learner_id", how="left")
        held = held.group_by("pool_id", "department_name").agg(count=pl.len().cast(pl.Int64))
    pools = held.join(directory.pools.select("pool_id", "pool_name"), on="pool_id", how="inner")
    return pl.concat([_sum(held), _sum_by(pools, "pool", "pool_name"), _sum_by(held, DEPARTMENT, "department_name")])


def _memberships(directory: Directory, whose: Whose, effects: pl.DataFrame) -> pl.DataFrame:  # noqa: ARG001
    if directory.everybody is not None:
        sizes = directory.everybody.memberships().rename({"count": "size"})
    else:
        sizes = directory.memberships.group_by("group_id").agg(size=pl.len().cast(pl.Int64))
    named = sizes.join(directory.groups.select("group_id", "group_name"), on="group_id", how="inner")
    groups = named.select(target=in_part(GROUP, pl.col("group_name")), base=pl.col("size").cast(pl.Int64))
    return pl.concat([_sum(sizes.rename({"size": "count"})), groups])


def _values(directory: Directory, whose: Whose, effects: pl.DataFrame) -> pl.DataFrame:
    """Count who has a value of each attribute that the plan changes."""
    named = effects["target"].filter(effects["target"].str.starts_with("attribute:")).unique()
    names = [name for name in named.str.strip_prefix("attribute:") if name in directory.learners.columns]
    filled = _filled(names, directory, whose)
    return pl.DataFrame({"target": [f"attribute:{name}" for name in names], "base": filled}, schema=_PARTS)


def _filled(names: list[str], directory: Directory, whose: Whose) -> list[int]:
    people = whose.everybody(directory)
    if directory.everybody is None or not names:
        return [people[name].count() for name in names]
    counted = directory.everybody.filled(names)
    if not whose.is_full:
        return [int(counted[name].sum()) for name in names]
    joining = people.filter(~pl.col("is_claimed_here"))
    counted = counted.filter("is_claimed_here")
    return [int(counted[name].sum()) + joining[name].count() for name in names]


def _sum(counted: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({"target": [""], "base": [counted["count"].sum()]}, schema=_PARTS)


def _sum_by(counted: pl.DataFrame, part: str, column: str) -> pl.DataFrame:
    named = counted.select("count", target=in_part(part, pl.col(column))).drop_nulls("target")
    return named.group_by("target").agg(base=pl.sum("count"))


_FINDERS: Final[dict[Base, Callable[[Directory, Whose, pl.DataFrame], pl.DataFrame]]] = {
    Base.PEOPLE: _people,
    Base.EVERYBODY: _everybody,
    Base.LICENSES: _licenses,
    Base.MEMBERSHIPS: _memberships,
    Base.VALUES: _values,
}
