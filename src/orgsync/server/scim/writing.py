"""A write by SCIM is a job of the token's feed: planned, guarded, applied at once, in the timeline, undoable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils import timezone

from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.api.authentication import ApiRequest, feed_of
from orgsync.server.directory.models import Learner
from orgsync.server.scim.collecting import file_of, gather, waiting_of
from orgsync.server.scim.errors import ScimError, busy, held, invalid_value, taken
from orgsync.server.tokens.tokens import actor_of
from orgsync.server.uploads.atonce import run_at_once
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import JobKind, MediaKind, UploadJob

_TAKEN: Final = frozenset(
    {"duplicate_profile", "duplicate_row", "id_mismatch", "possible_rehire", "unknown_existing_email", "key_taken"}
)
"""Codes of rows whose keys are somebody else's."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked of one person: header → cell, None empties; and what cells cannot say."""

    cells: Mapping[str, str | None]
    learner_id: int | None = None
    drops_id: bool = False
    gives_up: bool = False
    """The feed claims the person no longer: a provider has deleted them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Rows that are applied together or not at all, and how the list of jobs calls them."""

    words: str
    rows: Sequence[Row] = field(default_factory=tuple)


def identity_of(person: Learner) -> dict[str, str | None]:
    """Return the cells by which a row names somebody who is there."""
    found: dict[str, str | None] = {"existing_email_address": person.primary_email_address}
    return found | ({"unique_user_id": person.unique_user_id} if person.unique_user_id else {})


def carry_out(request: ApiRequest, wish: Wish) -> UploadJob:
    """Do what is wished; return the job, DONE. Raises ScimError: held, refused by a row, busy; then nothing is done."""
    job = run_at_once(_job_of(request, wish), by=actor_of(request.token), clock=timezone.now)
    waiting = waiting_of(job.feed) if job.status == JobStatus.HELD else None
    if waiting is not None and waiting.pk != job.pk:
        job = gather(waiting, job)
    return settled(job)


def settled(job: UploadJob) -> UploadJob:
    """Return a job that is DONE; raise ScimError that says what became of any other."""
    if job.status == JobStatus.DONE:
        return job
    if job.status == JobStatus.HELD:
        raise held(job.public_id, " ".join(str(reason["message"]) for reason in job.hold_reasons))
    if job.status == JobStatus.FAILED:
        raise _refused(job)
    raise busy("The request is still being worked on; ask again in a minute.")


def _refused(job: UploadJob) -> ScimError:
    errors = [message for message in job.messages if message["level"] == "ERROR" and message.get("row")]
    if not errors:
        return invalid_value(job.reason)
    first = errors[0]
    text = f"{first['column']}: {first['message']}" if first.get("column") else str(first["message"])
    return taken(text) if first["code"] in _TAKEN else invalid_value(text)


def _job_of(request: ApiRequest, wish: Wish) -> UploadJob:
    feed, now = feed_of(request), timezone.now()
    rows = [{name: CLEAR_TOKEN if cell is None else cell for name, cell in row.cells.items()} for row in wish.rows]
    source = store_media([file_of(rows)], feed=feed, kind=MediaKind.SOURCE, file_name=f"SCIM: {wish.words}", now=now)
    only_adds = Mode(feed.mode) is Mode.ADDITIONS_ONLY
    return UploadJob(
        organization=request.organization,
        feed=feed,
        token=request.token,
        source=source,
        kind=JobKind.FILE,
        status=JobStatus.QUEUED,
        mode=Mode.ADDITIONS_ONLY if only_adds else Mode.CHANGES,
        rows=RowPolicy.ALL_OR_NOTHING,
        scim={
            "drops_ids": [row.learner_id for row in wish.rows if row.drops_id],
            "gives_up": [row.learner_id for row in wish.rows if row.gives_up],
        },
    )
