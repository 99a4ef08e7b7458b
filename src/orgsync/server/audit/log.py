"""Append to an organization's audit log, in the transaction of what is recorded."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import Actor, current_actor
from orgsync.server.audit.chain import Entry, Head, Ids

# Also locks the row until the transaction ends: entries of one organization are written one after the other.
LOCK_HEAD = """
    INSERT INTO audit_audithead AS head (organization_id, number, hash, kept_from, kept_after)
    VALUES (%s, 0, '', 1, '')
        ON CONFLICT (organization_id) DO UPDATE SET number = head.number
    RETURNING number, hash, kept_from, kept_after
"""
APPEND = """
    INSERT INTO audit_auditentry (organization_id, number, at, actor_kind, actor_id, action, ids, veiled, previous,
                                  hash)
    SELECT %s, *
      FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::jsonb[], %s::jsonb[],
                  %s::bytea[], %s::bytea[])
"""
MOVE_HEAD = "UPDATE audit_audithead SET number = %s, hash = %s WHERE organization_id = %s"


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be recorded: an action with the ids that it is about; never a person's value."""

    action: Action
    ids: Ids = field(default_factory=dict)
    veiled: Mapping[str, str] = field(default_factory=dict)
    """From `veil.veil_values`, where values matter."""


def record(
    organization_id: int, action: Action, ids: Ids | None = None, *, at: datetime, by: Actor | None = None
) -> None:
    """Append one entry; `by` is whoever acts in this context unless it is given. Otherwise as `record_all`."""
    record_all(organization_id, [Fact(action, ids or {})], at=at, by=by)


def record_look(organization_id: int, action: Action, ids: Ids | None = None) -> None:
    """Append one entry about something that changes nothing, such as a download: now, in a transaction of its own."""
    with transaction.atomic():
        record(organization_id, action, ids, at=timezone.now())


def record_all(organization_id: int, facts: Iterable[Fact], *, at: datetime, by: Actor | None = None) -> None:
    """
    Append entries in the current transaction, in three statements however many there are.

    To be called last in the transaction, after every other lock is taken: the organization's log stays locked until
    the transaction ends. Raises Django's TransactionManagementError outside one: an entry and what it tells of are
    committed together or not at all.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry is written in the transaction of its action.")
    if not (found := list(facts)):
        return
    actor = by or current_actor()
    head = lock_head(organization_id)
    append(organization_id, _chained(organization_id, found, head, at=at, actor=actor))


def lock_head(organization_id: int) -> Head:
    """Lock the organization's log until the transaction ends; return where it begins and ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_HEAD, [organization_id])
        number, digest, kept_from, kept_after = cursor.fetchone()
    return Head(number, bytes(digest), kept_from, bytes(kept_after))


def append(organization_id: int, entries: list[tuple[Entry, bytes]]) -> None:
    """Write entries that follow the head, which the caller has locked, and move it."""
    last, digest = entries[-1]
    columns: list[list[Any]] = [
        [entry.number for entry, _ in entries],
        [entry.at for entry, _ in entries],
        [entry.actor_kind for entry, _ in entries],
        [entry.actor_id for entry, _ in entries],
        [entry.action for entry, _ in entries],
        [json.dumps(entry.ids) for entry, _ in entries],
        [json.dumps(entry.veiled) for entry, _ in entries],
        [entry.previous for entry, _ in entries],
        [stored for _, stored in entries],
    ]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [organization_id, *columns])
        cursor.execute(MOVE_HEAD, [last.number, digest, organization_id])


def _chained(
    organization_id: int, facts: list[Fact], head: Head, *, at: datetime, actor: Actor
) -> list[tuple[Entry, bytes]]:
    entries: list[tuple[Entry, bytes]] = []
    previous = head.hash
    for number, fact in enumerate(facts, head.number + 1):
        entry = Entry(
            organization_id, number, at, actor.kind.value, actor.id, fact.action, fact.ids, fact.veiled, previous
        )
        previous = entry.hash()
        entries.append((entry, previous))
    return entries
