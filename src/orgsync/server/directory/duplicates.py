"""Records that may be of one person: found as sets, shown in pairs, and marked when they are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection, transaction

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Learner, NotDuplicate
from orgsync.server.orgs.models import Account, Organization

PAGE: Final = 50
LARGEST_GROUP: Final = 20
"""More records than these that are alike say nothing of any two of them."""


class Likeness(StrEnum):
    """Why two records may be of one person."""

    NAME_AND_START = "name_and_start"
    USER_ID = "user_id"
    LOCAL_PART = "local_part"
    FORMER_ADDRESS = "former_address"


MEANINGS: Final = {
    Likeness.NAME_AND_START: "The same name and the same start date.",
    Likeness.USER_ID: "The same unique user id in two spellings: case, leading zeros, blanks and dashes.",
    Likeness.LOCAL_PART: "The same name and the same address before the @.",
    Likeness.FORMER_ADDRESS: "One has the address that the other had before, and the same last name.",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records; the lower id comes first."""

    learner: Learner
    other: Learner
    likenesses: tuple[Likeness, ...]


class NotAPair(OrgSyncError):
    """The two are not two learners of the organization."""


_GROUPED: Final = """
    SELECT one.id AS first_id, two.id AS second_id, '{likeness}' AS likeness
      FROM {name} AS one JOIN {name} AS two USING (likeness_key)
     WHERE one.size <= {largest} AND one.id < two.id
"""
_KEYED: Final = """
    {name} AS (
        SELECT id, likeness_key, count(*) OVER (PARTITION BY likeness_key) AS size
          FROM (SELECT id, {key} AS likeness_key FROM people WHERE {condition}) AS keyed
    )
"""
# A separator that no folded name holds keeps "Ana Maria" + "Lee" apart from "Ana" + "Maria Lee".
_NAME: Final = "first_name_key || E'\\n' || last_name_key"
_HAS_NAME: Final = "first_name_key <> '' AND last_name_key <> ''"
# Ids are ASCII but for rare cases; a fold of the C collation is enough to lay two records side by side.
_BARE_ID: Final = """lower(translate(unique_user_id, E' \\t-_./', '') COLLATE "C")"""
_ID: Final = f"regexp_replace({_BARE_ID}, '(^|[^0-9])0+([0-9])', '\\1\\2', 'g')"
_KEYS: Final = {
    Likeness.NAME_AND_START: (f"{_NAME} || E'\\n' || start_date", f"{_HAS_NAME} AND start_date IS NOT NULL"),
    Likeness.USER_ID: (_ID, f"{_ID} <> ''"),
    Likeness.LOCAL_PART: (f"{_NAME} || E'\\n' || split_part(email_key, '@', 1)", _HAS_NAME),
}
_FORMER: Final = """
    SELECT least(had.id, has.id), greatest(had.id, has.id), 'former_address'
      FROM directory_learnerchange AS change
      JOIN people AS had ON had.id = change.learner_id
      JOIN people AS has ON has.email_key = lower(change.before) AND has.id <> had.id
     WHERE change.organization_id = %(organization)s AND change.attribute = 'primary_email_address'
       AND had.last_name_key = has.last_name_key AND had.last_name_key <> ''
"""
_FIND: Final = """
    WITH people AS MATERIALIZED (
        SELECT id, first_name_key, last_name_key, start_date, unique_user_id, email_key
          FROM directory_learner
         WHERE organization_id = %(organization)s AND anonymized_at IS NULL
    ),
    {keyed},
    alike AS ({pairs} UNION ALL {former})
    SELECT first_id, second_id, array_agg(DISTINCT likeness ORDER BY likeness)
      FROM alike
     WHERE (first_id, second_id) > (%(after_first)s, %(after_second)s)
       AND {only}
     GROUP BY first_id, second_id
     ORDER BY first_id, second_id
     LIMIT %(limit)s
"""
_UNSETTLED: Final = """
    NOT EXISTS (SELECT FROM directory_notduplicate AS different
                 WHERE different.organization_id = %(organization)s
                   AND different.learner_id = first_id AND different.other_id = second_id)
"""


def _statement(only: str = _UNSETTLED) -> str:
    keyed = [
        _KEYED.format(name=likeness.value, key=key, condition=condition) for likeness, (key, condition) in _KEYS.items()
    ]
    pairs = [_GROUPED.format(likeness=likeness.value, name=likeness.value, largest=LARGEST_GROUP) for likeness in _KEYS]
    return _FIND.format(keyed=", ".join(keyed), pairs=" UNION ALL ".join(pairs), former=_FORMER, only=only)


def find_duplicates(
    organization: Organization, *, after: tuple[int, int] = (0, 0), limit: int = PAGE
) -> Sequence[Pair]:
    """Return the next pairs that nobody has marked as different, in order of ids; `after` is the last pair shown.

    Two statements, whatever the number of people; a pair is shown once, with everything in which it is alike.
    """
    found = find_ids(organization, after=after, limit=limit)
    ids = {learner_id for first, second, _ in found for learner_id in (first, second)}
    people = {one.id: one for one in Learner.objects.filter(organization_id=organization.pk, id__in=ids)}
    return [Pair(people[first], people[second], likenesses) for first, second, likenesses in found]


def find_ids(
    organization: Organization, *, after: tuple[int, int] = (0, 0), limit: int
) -> list[tuple[int, int, tuple[Likeness, ...]]]:
    """Return the pairs of `find_duplicates` as ids."""
    limits = {"after_first": after[0], "after_second": after[1], "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"organization": organization.pk, **limits})
        found = cursor.fetchall()
    return [(first, second, tuple(map(Likeness, likenesses))) for first, second, likenesses in found]


def alike(one: Learner, other: Learner) -> tuple[Likeness, ...]:
    """Return in what two records are alike, whether or not they have been marked as different."""
    ids = sorted((one.id, other.id))
    limits = {"after_first": ids[0], "after_second": ids[1] - 1, "limit": 1}
    pair = "first_id = %(one)s AND second_id = %(other)s"
    statement = _statement(pair).replace("anonymized_at IS NULL", "id IN (%(one)s, %(other)s)")
    with connection.cursor() as cursor:
        values = {"organization": one.organization_id, "one": ids[0], "other": ids[1]}
        cursor.execute(statement, {**limits, **values})
        found = cursor.fetchone()
    return () if found is None else tuple(map(Likeness, found[2]))


def mark_different(organization: Organization, one: Learner, other: Learner, *, by: Account, now: datetime) -> bool:
    """Say that two records are of two people; return False when that was said before. Raises NotAPair."""
    ids = sorted((one.id, other.id))
    if ids[0] == ids[1] or {one.organization_id, other.organization_id} != {organization.pk}:
        raise NotAPair("Name two learners of the organization.")
    with transaction.atomic():
        _, is_new = NotDuplicate.objects.get_or_create(
            organization_id=organization.pk, learner_id=ids[0], other_id=ids[1], defaults={"at": now, "by_id": by.pk}
        )
        if is_new:
            record(organization.pk, Action.DUPLICATE_DISMISSED, {"learners": ids}, at=now)
    return is_new
