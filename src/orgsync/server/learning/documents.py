"""What platforms keep with us of activities and people: small documents that nobody here reads, only gives back."""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from orgsync.core.errors import OrgSyncError
from orgsync.core.jsontext import UnreadableJson, read_json
from orgsync.core.xapi.meaning import actor_key, person_key
from orgsync.server.learning.models import Document
from orgsync.server.learning.naming import people_named
from orgsync.server.orgs.models import Organization

MOST_BYTES: Final = 1024 * 1024
"""Of one document."""
MOST_AT_A_PLACE: Final = 1_000
"""Documents that one activity, one agent, or the two together may have."""
NAME_LENGTH: Final = 2_000
JSON: Final = "application/json"
_LOCK: Final = "SELECT pg_advisory_xact_lock(7262, %s)"
_CLAIM: Final = """
    UPDATE learning_document AS document
       SET learner_id = known.learner_id
      FROM unnest(%s::text[], %s::bigint[]) AS known (person_key, learner_id)
     WHERE document.organization_id = %s AND document.learner_id IS NULL AND document.person_key = known.person_key
"""


class DocumentRefused(OrgSyncError):
    """The document is not stored."""


class TooManyDocuments(DocumentRefused):
    """There is no room for another one at the place."""

    def __init__(self) -> None:
        super().__init__(f"There are {MOST_AT_A_PLACE:,} documents already: delete some.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where documents lie: of an activity, of an agent, or of the two together."""

    resource: str
    activity: str = ""
    agent: dict[str, Any] | None = None

    @property
    def digest(self) -> bytes:
        agent = "" if self.agent is None else actor_key(self.agent)
        return hashlib.sha256(f"{self.resource}\n{self.activity}\n{agent}".encode()).digest()

    @property
    def person_key(self) -> str:
        return "" if self.agent is None else person_key(self.agent)


@dataclass(frozen=True, slots=True)
class Name:
    """One document of a place."""

    place: Place
    name: str
    registration: uuid.UUID | None = None

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.place.digest + f"{self.registration or ''}\n{self.name}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Body:
    """What is in a document."""

    content: bytes
    content_type: str

    @property
    def is_json(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == JSON


Check = Callable[[Document | None], None]
"""Raises where a document that stands there, or is missing, forbids what is asked."""


def find_document(organization_id: int, named: Name) -> Document | None:
    return Document.objects.filter(organization_id=organization_id, id=named.id).first()


def documents_at(
    organization_id: int, place: Place, *, registration: uuid.UUID | None = None, since: datetime | None = None
) -> QuerySet[Document]:
    """Return the documents of a place, the oldest first, without what is in them."""
    found = Document.objects.filter(organization_id=organization_id, place=place.digest)
    if registration is not None:
        found = found.filter(registration=registration)
    if since is not None:
        found = found.filter(stored_at__gt=since)
    return found.defer("content").order_by("stored_at", "id")


def put_document(organization: Organization, named: Name, body: Body, check: Check, *, now: datetime) -> None:
    """Store a document in place of the one that there was."""
    with transaction.atomic():
        _store(organization, named, body, _found(organization, named, check), now=now)


def merge_document(organization: Organization, named: Name, body: Body, check: Check, *, now: datetime) -> None:
    """
    Store a document; the fields of a JSON object go over those of the one that there was.

    Raises DocumentRefused where there is one and either of the two is no JSON object.
    """
    with transaction.atomic():
        known = _found(organization, named, check)
        if known is not None:
            known_body = Body(bytes(known.content), known.content_type)
            merged = _object(known_body) | _object(body)
            body = Body(json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode(), JSON)
        elif body.is_json:
            _object(body)
        _store(organization, named, body, known, now=now)


def delete_document(organization: Organization, named: Name, check: Check) -> None:
    """Delete a document; that there is none is no error."""
    with transaction.atomic():
        if _found(organization, named, check) is not None:
            Document.objects.filter(organization_id=organization.pk, id=named.id).delete()


def claim_documents(organization_id: int) -> None:
    """Note whose the documents are whose people were unknown when these came, and are known by now."""
    waiting = Document.objects.filter(organization_id=organization_id, learner_id=None).exclude(person_key="")
    known = people_named(organization_id, set(waiting.values_list("person_key", flat=True).distinct()))
    if known:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [list(known), list(known.values()), organization_id])


def etag_of(document: Document) -> str:
    """Return the entity tag: the standard names the algorithm."""
    return f'"{hashlib.sha1(bytes(document.content), usedforsecurity=False).hexdigest()}"'


def _found(organization: Organization, named: Name, check: Check) -> Document | None:
    """Keep others from the document, look at it, and let `check` look at it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [int.from_bytes(named.id[:4], signed=True)])
    known = find_document(organization.pk, named)
    check(known)
    return known


def _store(organization: Organization, named: Name, body: Body, known: Document | None, *, now: datetime) -> None:
    if len(body.content) > MOST_BYTES:
        raise DocumentRefused(f"A document has at most {MOST_BYTES:,} bytes.")
    if known is None and documents_at(organization.pk, named.place).count() >= MOST_AT_A_PLACE:
        raise TooManyDocuments
    key = named.place.person_key
    values = {"content": body.content, "content_type": body.content_type, "stored_at": now}
    if known is not None:
        Document.objects.filter(organization_id=organization.pk, id=named.id).update(**values)
        return
    Document.objects.create(
        organization_id=organization.pk,
        id=named.id,
        place=named.place.digest,
        registration=named.registration,
        name=named.name,
        person_key=key,
        learner_id=people_named(organization.pk, {key}).get(key) if key else None,
        **values,
    )


def _object(body: Body) -> dict[str, Any]:
    try:
        found = read_json(body.content) if body.is_json else None
    except UnreadableJson:
        found = None
    if not isinstance(found, dict):
        raise DocumentRefused("Documents are merged where both are JSON objects.")
    return found
