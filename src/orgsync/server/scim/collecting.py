"""What is held of a provider's requests is gathered in one job: a person decides once, not on each of hundreds."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from orgsync.core.edits import listed_groups
from orgsync.core.model import JobStatus
from orgsync.core.normalize import fold_key
from orgsync.core.results import LINE_END
from orgsync.server.directory.models import Feed
from orgsync.server.uploads import transitions
from orgsync.server.uploads.atonce import run_started
from orgsync.server.uploads.media import read_verified, store_media
from orgsync.server.uploads.models import JobKind, MediaKind, UploadJob

MOST_ROWS: Final = 2_000
"""So many people wait in one job; what is held beyond them is not kept, and the provider asks again."""
_IDENTITY: Final = frozenset({"existing_email_address", "unique_user_id"})
_JOINS, _LEAVES = "add_to_groups", "remove_from_groups"
Cells = dict[str, str]


def waiting_of(feed: Feed) -> UploadJob | None:
    """Return the held job in which the feed's requests are gathered."""
    jobs = UploadJob.objects.select_related("organization", "feed", "source")
    held = jobs.filter(organization_id=feed.organization_id, feed=feed, kind=JobKind.FILE, status=JobStatus.HELD)
    return held.filter(scim__isnull=False, rest_of=None, takes_nothing=False).order_by("id").first()


def gather(waiting: UploadJob, job: UploadJob) -> UploadJob:
    """Put what `job` is held for into the job that waits; return the one that waits now."""
    stored, asked = _rows_of(waiting), _rows_of(job)
    rows = _merged(stored, asked)
    if len(rows) > MOST_ROWS or (rows != stored and not _replan(waiting, rows, job.scim or {}, now=timezone.now())):
        reason = "It is one of too many that wait, or somebody decides on them just now; it is asked for again."
    else:
        reason = f"It waits in job {waiting.public_id}."
    transitions.cancel(job, code="gathered", reason=reason, now=timezone.now())
    return UploadJob.objects.select_related("feed").get(organization_id=job.organization_id, id=waiting.pk)


def withdraw(feed: Feed, contrary: Mapping[str, Cells]) -> None:
    """Take out of the job that waits what a provider asks no longer: cells by the address of the person.

    What is wanted by now stands already, so that no job says so; and nobody may approve the contrary later.
    """
    waiting = waiting_of(feed) if contrary else None
    if waiting is None:
        return
    stored = _rows_of(waiting)
    folded = {fold_key(address): cells for address, cells in contrary.items()}
    rows = [kept for row in stored if not (kept := _without(row, folded.get(_key(row), {}))).keys() <= _IDENTITY]
    if rows == stored:
        return
    if rows:
        _replan(waiting, rows, {}, now=timezone.now())
    else:
        reason = "The identity provider asks for the contrary by now."
        transitions.cancel(waiting, code="withdrawn", reason=reason, now=timezone.now())


def _without(row: Cells, contrary: Cells) -> Cells:
    kept = dict(row)
    for name, cell in contrary.items():
        if name in {_JOINS, _LEAVES}:
            gone = dict(_named(cell))
            left = [shown for key, shown in _named(row.get(name, "")) if key not in gone]
            kept.pop(name, None)
            kept |= {name: listed_groups(left)} if left else {}
        elif row.get(name) == cell:
            del kept[name]
    return kept


def _replan(waiting: UploadJob, rows: Sequence[Cells], said: Mapping[str, Any], *, now: datetime) -> bool:
    """Plan the job that waits anew, with these rows; return False when it moved on meanwhile."""
    source = store_media(
        [file_of(rows)], feed=waiting.feed, kind=MediaKind.SOURCE, file_name="SCIM: Held requests", now=now
    )
    known = waiting.scim or {}
    values = {name: sorted({*known.get(name, []), *said.get(name, [])}) for name in ("drops_ids", "gives_up")}
    with transaction.atomic():
        if not transitions.plan_again(waiting, source=source, scim=values, now=now):
            return False
        transitions.start(waiting.pk, worker="", now=now)
    run_started(waiting, clock=timezone.now)
    return True


def _merged(stored: Sequence[Cells], asked: Iterable[Cells]) -> list[Cells]:
    """Return the rows together, one for each person; what is asked later counts."""
    found = {_key(row): dict(row) for row in stored}
    for row in asked:
        known = found.setdefault(_key(row), {})
        groups = _groups(known, row)
        known |= row
        for name, cell in groups.items():
            known.pop(name, None)
            if cell:
                known[name] = cell
    return list(found.values())


def _groups(stored: Cells, asked: Cells) -> Cells:
    joins, leaves = (dict(_named(stored.get(name, ""))) for name in (_JOINS, _LEAVES))
    for key, name in _named(asked.get(_JOINS, "")):
        joins[key] = name
        leaves.pop(key, None)
    for key, name in _named(asked.get(_LEAVES, "")):
        leaves[key] = name
        joins.pop(key, None)
    return {_JOINS: listed_groups(joins.values()), _LEAVES: listed_groups(leaves.values())}


def _named(cell: str) -> list[tuple[str, str]]:
    names = next(csv.reader([cell]), [])
    return [(fold_key(name), name) for name in names if name]


def _key(row: Cells) -> str:
    return fold_key(row.get("existing_email_address") or row.get("primary_email_address") or "")


def _rows_of(job: UploadJob) -> list[Cells]:
    lines = csv.DictReader(io.StringIO(read_verified(job.source).decode(), newline=""))
    return [{name: cell for name, cell in line.items() if cell} for line in lines]


def file_of(rows: Sequence[Cells]) -> bytes:
    """Return the rows as a file; a cell that a row does not have is empty."""
    named = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(named), restval="", lineterminator=LINE_END)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
