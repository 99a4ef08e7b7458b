"""The acknowledged people as they shall be once LinkedIn has accepted everything that a plan says."""

import hashlib
from collections.abc import Iterator
from itertools import count

import polars as pl

from orgsync.client.acknowledged.people import MANAGER_FIELDS, license_fields, with_fields
from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.directory import ACTIVE, Directory
from orgsync.core.plan import Plan
from orgsync.core.planning.licenses import LICENSE_PREFIX

INACTIVE = "inactive"
_KEYS = ("is_active", "primary_email_address", "email_key", "unique_user_id")


def wished_people(people: pl.DataFrame, plan: Plan, rows: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Return everybody as the plan wants them; new people get the ids that follow.

    `rows` are the checked rows. People who are new and gone at once are left out: nobody needs to hear of them.
    """
    ids = _new_ids(people, plan)
    attributes = [name for name in plan.writes.updates.columns if name in _attributes(plan)]
    wished = _overlaid(with_fields(people, attributes), plan.writes.updates, (*_KEYS, *attributes))
    created = plan.writes.creates.filter("is_active").select("learner_id", *_KEYS, *attributes)
    created = _with_ids(created, ids)
    wished = pl.concat([wished, created], how="diagonal").with_columns(
        groups=pl.col("groups").fill_null(pl.lit([], pl.List(pl.String)))
    )
    wished = _managers(wished, plan, rows, ids)
    wished = _groups(wished, plan, directory, ids)
    return _licenses(wished, people, plan, directory, ids)


def _attributes(plan: Plan) -> set[str]:
    state = {*_KEYS, "learner_id", "row_number", "manager_id", "pending_manager_id", "pending_manager_email"}
    return set(plan.writes.updates.columns) - state


def _new_ids(people: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return `learner_id` (as the plan has it, below zero) → `new_id`.

    An id is made of the address, so that a person who is sent twice before the results are heard, as in automatic
    mode, has the same one, and nobody else has it.
    """
    new = plan.writes.creates.filter("is_active").sort("row_number").select("learner_id", "email_key")
    taken, found = set(people["learner_id"]), list[int]()
    for key in new["email_key"]:
        found.append(next(number for number in _numbers_of(key) if number not in taken))
        taken.add(found[-1])
    return new.select("learner_id", new_id=pl.Series(found, dtype=pl.Int64))


def _numbers_of(key: str) -> Iterator[int]:
    """Yield numbers from 1 to 2^62 that stand for an address; further ones where somebody had it before."""
    for salt in count():
        digest = hashlib.blake2b(f"{salt}\0{key}".encode(), digest_size=8).digest()
        yield int.from_bytes(digest, "big") % 2**62 + 1


def _with_ids(frame: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Put lasting ids in place of the plan's; whoever gets none is left out."""
    joined = frame.join(ids, on="learner_id", how="left", maintain_order="left")
    known = joined.filter((pl.col("learner_id") > 0) | pl.col("new_id").is_not_null())
    return known.with_columns(learner_id=pl.coalesce("new_id", "learner_id")).drop("new_id")


def _overlaid(people: pl.DataFrame, over: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Take the values of `over` where it has a line; a value that it empties stays, for nobody can clear it."""
    told = over.select("learner_id", *names)
    both = people.join(told, on="learner_id", how="left", suffix=" told", maintain_order="left")
    return both.select(
        pl.coalesce(f"{name} told", name).alias(name) if name in names else pl.col(name) for name in people.columns
    )


def _managers(wished: pl.DataFrame, plan: Plan, rows: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Take managers as the rows name them: LinkedIn looks them up by itself."""
    named = [name for name in MANAGER_FIELDS if name in rows.columns]
    if not named:
        return wished
    meant = plan.outcome.filter(~pl.col("status").is_in(["ERROR", "SKIPPED"])).select("row_number", "learner_id")
    said = rows.select("row_number", *(pl.when(pl.col(name) != CLEAR_TOKEN).then(pl.col(name)) for name in named))
    cells = _with_ids(meant.join(said, on="row_number").drop("row_number"), ids).unique("learner_id", keep="first")
    return _overlaid(with_fields(wished, named), cells, tuple(named))


def _groups(wished: pl.DataFrame, plan: Plan, directory: Directory, ids: pl.DataFrame) -> pl.DataFrame:
    names = pl.concat([directory.groups, plan.writes.new_groups], how="diagonal").select("group_id", "group_name")
    moves = _with_ids(plan.writes.memberships, ids).join(names, on="group_id", how="left")
    is_in = pl.col("after") > 0
    lists = moves.group_by("learner_id").agg(
        joined=pl.col("group_name").filter(is_in), left=pl.col("group_name").filter(~is_in)
    )
    nothing = pl.lit([], pl.List(pl.String))
    both = wished.join(lists, on="learner_id", how="left", maintain_order="left")
    now = pl.col("groups").list.set_union(pl.col("joined").fill_null(nothing))
    groups = now.list.set_difference(pl.col("left").fill_null(nothing)).list.sort()
    return both.with_columns(groups=groups).drop("joined", "left")


def _licenses(
    wished: pl.DataFrame, people: pl.DataFrame, plan: Plan, directory: Directory, ids: pl.DataFrame
) -> pl.DataFrame:
    """Set what the plan grants and revokes; whoever leaves loses every license, also those nobody knew of."""
    moves = _with_ids(plan.writes.licenses, ids)
    for pool_id, key in directory.pools.select("pool_id", "pool_key").iter_rows():
        field = f"{LICENSE_PREFIX}{key}"
        of_pool = moves.filter(pl.col("pool_id") == pool_id)
        cell = pl.when(pl.col("after") == ACTIVE).then(pl.lit(ACTIVE)).when(pl.col("before") == ACTIVE)
        told = of_pool.select("learner_id", cell.then(pl.lit(INACTIVE)).alias(field))
        wished = _overlaid(with_fields(wished, [field]), told, (field,))
    leaving = (
        people.filter("is_active")
        .select("learner_id")
        .join(wished.filter(~pl.col("is_active")).select("learner_id"), on="learner_id")
    )
    leaves = pl.col("learner_id").is_in(leaving["learner_id"].implode())
    return wished.with_columns(
        pl.when(leaves).then(pl.lit(INACTIVE)).otherwise(pl.col(name)).alias(name) for name in license_fields(wished)
    )
