"""Everybody who is meant, in frames: for edits and hand-overs of thousands of people, without a list of ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from django.db import connection, transaction

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.copying import read_frame
from orgsync.server.directory.criteria import Criteria, condition_of
from orgsync.server.directory.links import LinkWriter
from orgsync.server.directory.models import Feed
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory, raise_revision

SLICE_PEOPLE: Final = 50_000

_COUNT: Final = "SELECT count(*) FROM directory_learner AS learner WHERE {condition}"
_PEOPLE: Final = """
    SELECT learner.id, learner.primary_email_address
      FROM directory_learner AS learner
     WHERE learner.id > %s AND {condition}
     ORDER BY learner.id
     LIMIT %s
"""
# Whoever has no override has nothing to lift.
_KEPT: Final = """
    SELECT learner.id, learner.primary_email_address, string_agg(kept.target, E'\\n' ORDER BY kept.target)
      FROM directory_learner AS learner
      JOIN (SELECT learner_id, target FROM directory_override WHERE organization_id = %s
             UNION ALL
            SELECT learner_id, 'license:' || pool_id FROM directory_licenseassignment
             WHERE organization_id = %s AND is_by_hand) AS kept
        ON kept.learner_id = learner.id
     WHERE learner.id > %s AND {condition}
     GROUP BY learner.id, learner.primary_email_address
     ORDER BY learner.id
     LIMIT %s
"""
_CLAIMS: Final = """
    SELECT claim.learner_id, claim.feed_id
      FROM directory_claim AS claim
      JOIN directory_learner AS learner
        ON learner.organization_id = claim.organization_id AND learner.id = claim.learner_id
     WHERE claim.organization_id = %s AND {condition}
"""
_IDS: Final = "SELECT learner.id FROM directory_learner AS learner WHERE {condition}"
_PERSON: Final = pl.Schema({"learner_id": pl.Int64, "address": pl.String})
_WITH_LIFTS: Final = pl.Schema({"learner_id": pl.Int64, "address": pl.String, "lifts": pl.String})
_CLAIM: Final = pl.Schema({"learner_id": pl.Int64, "feed_id": pl.Int64})


def count_people(organization_id: int, criteria: Criteria) -> int:
    """Return how many people are meant."""
    where, values = condition_of(organization_id, criteria)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(condition=where), values)
        return int((cursor.fetchone() or (0,))[0])


def ids_meant(organization_id: int, criteria: Criteria, *, after: int, size: int) -> list[int]:
    """Return the ids of the next people who are meant, by id: whoever comes or goes moves nobody else's place."""
    where, values = condition_of(organization_id, criteria)
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE.format(condition=where), [after, *values, size])
        return [learner_id for learner_id, _address in cursor.fetchall()]


def people_frames(organization_id: int, criteria: Criteria, *, with_overrides: bool = False) -> Iterator[pl.DataFrame]:
    """Yield `learner_id`, `address` of everybody who is meant, by id.

    With overrides only those who have a local override, with `lifts`: what of them is kept from files, one a line.
    """
    where, values = condition_of(organization_id, criteria)
    query, own = (_KEPT, [organization_id] * 2) if with_overrides else (_PEOPLE, [])
    schema = _WITH_LIFTS if with_overrides else _PERSON
    last_id = 0
    while True:
        with connection.cursor() as cursor:
            parameters: list[Any] = [*own, last_id, *values, SLICE_PEOPLE]
            people = read_frame(cursor, query.format(condition=where), parameters, schema)
        if people.is_empty():
            return
        yield people
        last_id = people["learner_id"][-1]


@dataclass(frozen=True, slots=True)
class HandOver:
    """What it changes to give people to a feed."""

    people: int
    gained: int
    """People whom the feed does not claim yet."""
    lost: int
    """Claims of other feeds that end; 0 where they stay."""


def plan_hand_over(to: Feed, criteria: Criteria, *, is_alone: bool) -> HandOver:
    """Return what `hand_people` would change."""
    return _counted(_read(to.organization_id, criteria), to, is_alone=is_alone)


def hand_people(to: Feed, criteria: Criteria, *, is_alone: bool, now: datetime) -> HandOver:
    """
    Let a feed claim everybody who is meant; with `is_alone` no other feed claims them any more.

    What ends stays in the history. Raises DirectoryBusy.
    """
    organization_id = to.organization_id
    with transaction.atomic():
        lock_directory(organization_id, wait=PAGE_PATIENCE)
        people, claims = _read(organization_id, criteria)
        done = _counted((people, claims), to, is_alone=is_alone)
        if not done.gained and not done.lost:
            return done
        mine = claims.filter(pl.col("feed_id") == to.pk)
        with connection.cursor() as cursor:
            writer = LinkWriter(cursor, organization_id, None, now)
            gained = people.join(mine, on="learner_id", how="anti").sort("learner_id")
            writer.write_claims(gained.select("learner_id", is_claimed=pl.lit(value=True)), to.pk)
            others = claims.filter(pl.col("feed_id") != to.pk) if is_alone else claims.clear()
            for (feed_id,), lost in others.sort("learner_id").partition_by("feed_id", as_dict=True).items():
                writer.write_claims(lost.select("learner_id", is_claimed=pl.lit(value=False)), int(feed_id))
        raise_revision(organization_id)
        facts = {"to": to.pk, "count": done.people, "gained": done.gained, "lost": done.lost}
        record(organization_id, Action.CLAIMS_HANDED_OVER, facts, at=now)
    return done


def _read(organization_id: int, criteria: Criteria) -> tuple[pl.DataFrame, pl.DataFrame]:
    where, values = condition_of(organization_id, criteria)
    with connection.cursor() as cursor:
        people = read_frame(cursor, _IDS.format(condition=where), values, pl.Schema({"learner_id": pl.Int64}))
        claims = read_frame(cursor, _CLAIMS.format(condition=where), [organization_id, *values], _CLAIM)
    return people, claims


def _counted(read: tuple[pl.DataFrame, pl.DataFrame], to: Feed, *, is_alone: bool) -> HandOver:
    people, claims = read
    mine = claims.filter(pl.col("feed_id") == to.pk).height
    return HandOver(people.height, people.height - mine, claims.height - mine if is_alone else 0)
