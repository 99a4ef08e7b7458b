"""Take one person out of the directory for good, and remember no more than that somebody was erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from orgsync.core.errors import OrgSyncError
from orgsync.core.forgetting import Keys
from orgsync.core.normalize import fold_key
from orgsync.server.directory import tombstones
from orgsync.server.directory.models import Erasure, Learner, LearnerChange, Removal, RemovalKind
from orgsync.server.directory.persontables import remove_people
from orgsync.server.directory.revision import raise_revision

_KEY_ATTRIBUTES: Final = {"primary_email_address": "emails", "unique_user_id": "ids"}
_FORGET_REFERENCES: Final = """
    UPDATE directory_learnerchange
       SET before = CASE WHEN before = ANY (%(named)s) THEN NULL ELSE before END,
           after = CASE WHEN after = ANY (%(named)s) THEN NULL ELSE after END
     WHERE organization_id = %(organization)s AND attribute = 'manager'
       AND (before = ANY (%(named)s) OR after = ANY (%(named)s))
"""
# Statements and documents that came before anybody knew whose they are name no learner.
_FORGET_UNKNOWN: Final = tuple(
    f"DELETE FROM {table} WHERE organization_id = %s AND learner_id IS NULL AND person_key = ANY (%s)"  # noqa: S608
    for table in ("learning_statement", "learning_document")
)
# A file of activity that somebody is looking at may name anybody.
_FORGET_IMPORTS: Final = "DELETE FROM learning_activityimport WHERE organization_id = %s"
_HELD_BY_OTHERS: Final = """
    SELECT email_key, unique_user_id FROM directory_learner
     WHERE organization_id = %s AND id <> %s AND (email_key = ANY (%s) OR unique_user_id = ANY (%s))
"""


class PersonUnknown(OrgSyncError):
    """Nobody in the organization has the address; the address is not repeated."""

    def __init__(self) -> None:
        super().__init__("Nobody in the organization has this e-mail address.")


@dataclass(frozen=True, slots=True)
class Person:
    """A person who is to be erased, with every address and id that they ever had here."""

    organization_id: int
    learner_id: int
    emails: frozenset[str]
    ids: frozenset[str]

    @property
    def keys(self) -> Keys:
        return Keys.of(self.learner_id, self.emails, self.ids)


def find_person(organization_id: int, email: str) -> Person:
    """Return the person who has the address, or had it when an undo removed them; raise PersonUnknown."""
    key = fold_key(email.strip())
    held = Learner.objects.filter(organization_id=organization_id, email_key=key).values_list("id", flat=True)
    learner_id = (
        held.first()
        or _removed(organization_id)
        .filter(values__email_key=key)
        .values_list("removed_id", flat=True)
        .order_by("-at")
        .first()
    )
    if learner_id is None:
        raise PersonUnknown
    return read_person(organization_id, learner_id)


def read_person(organization_id: int, learner_id: int) -> Person:
    """Return the person with all keys: those of today and those that the timeline and undone jobs know."""
    found: dict[str, set[str | None]] = {"emails": set(), "ids": set()}
    for email, unique_user_id in Learner.objects.filter(organization_id=organization_id, id=learner_id).values_list(
        "primary_email_address", "unique_user_id"
    ):
        found["emails"].add(email)
        found["ids"].add(unique_user_id)
    for values in _removed(organization_id).filter(removed_id=learner_id).values_list("values", flat=True):
        found["emails"].add(values["primary_email_address"])
        found["ids"].add(values["unique_user_id"])
    log = LearnerChange.objects.filter(organization_id=organization_id, learner_id=learner_id)
    for attribute, before, after in log.filter(attribute__in=_KEY_ATTRIBUTES).values_list(
        "attribute", "before", "after"
    ):
        found[_KEY_ATTRIBUTES[attribute]].update((before, after))
    emails, ids = (frozenset(filter(None, found[name])) for name in ("emails", "ids"))
    return Person(organization_id, learner_id, *_without_those_of_others(organization_id, learner_id, emails, ids))


def erase_rows(person: Person, *, by_id: int, at: datetime, counts: Mapping[str, Any]) -> Erasure:
    """Delete every row of the person and write the receipt, with `counts` and what was deleted here.

    Call it in a transaction, with the organization's write lock held. It raises the directory's revision.
    """
    with connection.cursor() as cursor:
        named = [f"?{key}" for key in (*person.ids, *person.keys.emails)]
        cursor.execute(_FORGET_REFERENCES, {"organization": person.organization_id, "named": named})
        for statement in _FORGET_UNKNOWN:
            cursor.execute(statement, [person.organization_id, [*person.ids, *map(fold_key, person.emails)]])
        cursor.execute(_FORGET_IMPORTS, [person.organization_id])
        rows = remove_people(cursor, person.organization_id, [person.learner_id], at=at)
    erasure, _ = Erasure.objects.update_or_create(
        organization_id=person.organization_id,
        learner_id=person.learner_id,
        defaults={"at": at, "by_id": by_id, "counts": {**counts, "rows": rows}, "lifted_at": None},
    )
    tombstones.bury(erasure, person.keys)
    raise_revision(person.organization_id)
    return erasure


def lift_erasure(erasure: Erasure, *, at: datetime) -> bool:
    """Let files create the person again; return False when that was so already. What was erased does not come back."""
    mine = Erasure.objects.filter(organization_id=erasure.organization_id, id=erasure.pk, lifted_at=None)
    if not mine.update(lifted_at=at):
        return False
    tombstones.lift(erasure)
    raise_revision(erasure.organization_id)
    return True


def _removed(organization_id: int) -> QuerySet[Removal]:
    return Removal.objects.filter(Q(kind=RemovalKind.LEARNER), organization_id=organization_id)


def _without_those_of_others(
    organization_id: int, learner_id: int, emails: frozenset[str], ids: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Leave out keys that the person once had and somebody else has now."""
    folded = {email: fold_key(email) for email in emails}
    with connection.cursor() as cursor:
        cursor.execute(_HELD_BY_OTHERS, [organization_id, learner_id, list(folded.values()), list(ids)])
        held = {key for row in cursor.fetchall() for key in row}
    return frozenset(email for email, key in folded.items() if key not in held), ids - held
