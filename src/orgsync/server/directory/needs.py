"""Whom a plan has to know: the people that a file's rows name, and those on whom the rows have an effect.

A plan that is made from these alone is the same as one made from the whole directory. What a stage must know of
everybody else is a count (`Directory.active_elsewhere`), or a reason to read the whole directory instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from django.db import connection

from orgsync.core.planning.settled import KEYS, NAMING
from orgsync.server.directory.copying import read_frame, read_plain

_MANAGER_KEYS: Final = {"manager_email_key": "email_key", "manager_unique_user_id": "unique_user_id"}

_BY_KEY: Final = """
    SELECT learner.id, learner.email_key, learner.unique_user_id
      FROM directory_learner AS learner
     WHERE learner.organization_id = %(organization)s
       AND (learner.email_key = ANY (%(email_key)s) OR learner.unique_user_id = ANY (%(unique_user_id)s))
"""
_BY_ID: Final = """
    SELECT learner.id, learner.email_key, learner.unique_user_id
      FROM directory_learner AS learner
     WHERE learner.organization_id = %(organization)s AND learner.id = ANY (%(ids)s)
"""
# A loop is closed by somebody who gets a new manager, so it lies on the way up from there. One look by key for each
# step: how many steps there are no planner knows, and it would read everybody for each.
_UPWARDS: Final = """
    WITH RECURSIVE above (id) AS (
        SELECT unnest(%(ids)s::bigint[])
        UNION
        SELECT (SELECT learner.manager_id
                  FROM directory_learner AS learner
                 WHERE learner.organization_id = %(organization)s AND learner.id = above.id)
          FROM above
         WHERE above.id IS NOT NULL
    )
    SELECT id FROM above WHERE id IS NOT NULL
     UNION
    SELECT id FROM directory_learner
     WHERE organization_id = %(organization)s
       AND (pending_manager_id IS NOT NULL OR pending_manager_email IS NOT NULL)
     UNION
    SELECT learner_id FROM directory_licenseassignment
     WHERE organization_id = %(organization)s AND pool_id = ANY (%(pools)s) AND state = 'waiting'
     UNION
    SELECT learner_id FROM directory_permissiongrant WHERE organization_id = %(organization)s
     UNION
    SELECT learner_id FROM orgs_admin WHERE organization_id = %(organization)s AND learner_id IS NOT NULL
       AND deactivated_at IS NULL
"""
_CLAIMED: Final = "directory_claim WHERE organization_id = %(organization)s AND feed_id = %(feed)s"
_CLAIM: Final = pl.Schema(
    {"learner_id": pl.Int64, "fingerprint": pl.Int64, "claimed_version": pl.Int64, "epoch": pl.Int64}
)
_EPOCH: Final = "CASE WHEN missed = 0 THEN epoch END"
_PEOPLE: Final = "directory_learner WHERE organization_id = %(organization)s"
_PERSON: Final = pl.Schema({"learner_id": pl.Int64, "version": pl.Int64, "manager_id": pl.Int64})
# What two feeds say of one person is for the plan to weigh, every time.
_ELSEWHERE: Final = """
    SELECT DISTINCT claim.learner_id
      FROM directory_claim AS claim
     WHERE claim.organization_id = %(organization)s AND claim.feed_id <> %(feed)s
"""
_ID: Final = pl.Schema({"learner_id": pl.Int64})


@dataclass(frozen=True, slots=True)
class DirectoryNeeds:
    """Keys and ids of the people whom a file's rows are about."""

    keys: dict[str, list[str]]
    """By the learner's key (`email_key`, `unique_user_id`): who is named as the person meant, or as a manager."""
    learner_ids: Sequence[int] = field(default=())
    """Whom the plan is about without any row that names them: those of whom a full file is silent."""


def needs_of(rows: pl.DataFrame, *, silent: Iterable[int] = ()) -> DirectoryNeeds:
    """Return whom checked rows name."""
    naming = {**NAMING, **_MANAGER_KEYS}
    return DirectoryNeeds(_distinct(rows, naming), list(silent))


def find_named(organization_id: int, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `KEYS` of everybody whom checked rows name by any key as the person meant."""
    return _read(_BY_KEY, organization_id, KEYS, **_distinct(rows, NAMING))


def find_people(organization_id: int, ids: Sequence[int]) -> pl.DataFrame:
    """Return `KEYS` of the people who have these ids."""
    return _read(_BY_ID, organization_id, KEYS, ids=list(ids))


def find_needed(organization_id: int, needs: DirectoryNeeds, pool_ids: Sequence[int]) -> list[int]:
    """Return the ids of everybody whom a plan for `needs` has to know, in order.

    These are the people named and all managers above them, everybody who waits for a manager or (in these pools) for
    a seat, and the admins.
    """
    named = _read(_BY_KEY, organization_id, KEYS, **needs.keys)["learner_id"]
    ids = [*named, *needs.learner_ids]
    return _read(_UPWARDS, organization_id, _ID, ids=ids, pools=list(pool_ids))["learner_id"].sort().to_list()


def read_claims(organization_id: int, feed_id: int) -> pl.DataFrame:
    """Return the feed's claims for `in_epoch`; a fingerprint is there when its person's version is as it was stored."""
    values: dict[str, Any] = {"organization": organization_id, "feed": feed_id}
    with connection.cursor() as cursor:
        columns = ("learner_id", "fingerprint", "version", _EPOCH)
        claims = read_plain(cursor, columns, _CLAIMED, values, _CLAIM, part="learner_id")
        people = read_plain(cursor, ("id", "version", "manager_id"), _PEOPLE, values, _PERSON, part="id")
        elsewhere = read_frame(cursor, _ELSEWHERE, values, _ID)
    beside = claims.join(people, on="learner_id")
    is_same = pl.col("version") == pl.col("claimed_version")
    alone = ~pl.col("learner_id").is_in(elsewhere["learner_id"].implode())
    return beside.select("learner_id", pl.when(is_same & alone).then("fingerprint"), "manager_id", "epoch")


def in_epoch(claims: pl.DataFrame, epoch: int) -> pl.DataFrame:
    """Return `CLAIMS`: what `read_claims` returns, with the fingerprints that count in this epoch."""
    counts = pl.col("epoch") == epoch
    return claims.select("learner_id", pl.when(counts).then("fingerprint"), "manager_id")


def _read(query: str, organization_id: int, schema: pl.Schema, **values: object) -> pl.DataFrame:
    with connection.cursor() as cursor:
        return read_frame(cursor, query, {"organization": organization_id, **values}, schema)


def _distinct(rows: pl.DataFrame, naming: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in ("email_key", "unique_user_id"):
        columns = [rows[said] for said, of in naming.items() if of == key and said in rows.columns]
        values = pl.concat([pl.Series(dtype=pl.String), *(column.rename("") for column in columns)])
        found[key] = values.drop_nulls().unique().to_list()
    return found
