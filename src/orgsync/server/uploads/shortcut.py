"""What a job reads of file and directory: as little as gives the plan that the whole of both would give.

Rows that say what they said when the feed's last file was applied, of people who are as that left them, are settled:
neither checked nor planned. For what remains only the people concerned are read. Where that is not known to be the
same, or not worth it, everything is read. `settings.SHORTCUTS` switches all of this off.
"""

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Final

import polars as pl
from django.conf import settings

from orgsync.core.checking import CheckedFile, OpenedFile
from orgsync.core.directory import Directory
from orgsync.core.fingerprint import fingerprints
from orgsync.core.grouprules.book import rules_need_everybody
from orgsync.core.model import Mode
from orgsync.core.planning.settled import named_among, settle, unsettled_by, with_unknown_manager
from orgsync.core.rows import ROW_NUMBER, SETTLED
from orgsync.core.validate import check_rows
from orgsync.server.directory.ahead import ReadAhead
from orgsync.server.directory.models import Pool
from orgsync.server.directory.needs import find_named, find_needed, find_people, in_epoch, needs_of, read_claims
from orgsync.server.directory.snapshot import read_directory
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.assignmentjobs import assignment_edits_of
from orgsync.server.uploads.epoch import epoch_of_job
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.rulejobs import book_of

SMALL_FILE: Final = 10_000
"""Rows up to which a file of changes is compared row by row: to look for settled ones would be dearer."""
PART: Final = 0.25
"""Share of the organization's people from which on the whole directory is read: then that is cheaper."""
_MANAGER_FIELDS: Final = ("manager_unique_user_id", "manager_primary_email_address")


class Shortcuts(StrEnum):
    """Values of `settings.SHORTCUTS`."""

    AUTO = "auto"
    OFF = "off"
    ALWAYS = "always"
    """Also where reading everything would be cheaper: what tests ask for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A checked file and the directory to plan it against; it may lack people on whom the plan has no effect."""

    file: CheckedFile
    directory: Directory


def checked_file(job: UploadJob, file: OpenedFile) -> CheckedFile:
    """Return the file with every row checked."""
    if isinstance(file, CheckedFile) and file.checked.settled.is_empty():
        return file
    return _check(job, file)


def read_whole(job: UploadJob, file: OpenedFile, custom: Collection[str]) -> Reading:
    """Check every row and read everybody."""
    return Reading(checked_file(job, file), _directory(job, custom))


def reading_ahead(job: UploadJob) -> AbstractContextManager[ReadAhead | None]:
    """Begin to read what a full file of many rows will most likely need; None for all others."""
    many = settings.SHORTCUTS == Shortcuts.ALWAYS or (job.feed.last_rows or 0) > SMALL_FILE
    if not (many and job.mode == Mode.FULL and job.feed.last_applied_at and _may_be_short_by_itself(job)):
        return nullcontext()
    return ReadAhead(job.organization_id, job.feed_id, job.feed.last_fields)


def read_what_is_needed(
    job: UploadJob, file: OpenedFile, custom: Collection[str], ahead: ReadAhead | None = None
) -> Reading:
    """Check and read what the plan needs; call it in the transaction in which the plan is made.

    `ahead` has read a part of it, as the same transaction would.
    """
    if not _may_be_short(job, file):
        return read_whole(job, file, custom)
    epoch = epoch_of_job(job, file)
    if is_plain_file(job) and _is_same_file(job, epoch):
        return Reading(_settled_whole(job, file), _directory(job, custom, people=[]))
    claims, settled = None, pl.DataFrame(schema=SETTLED)
    is_worth_it = job.mode == Mode.FULL or file.row_count > SMALL_FILE or settings.SHORTCUTS == Shortcuts.ALWAYS
    if is_plain_file(job) and is_worth_it:
        stored = read_claims(job.organization_id, job.feed_id) if ahead is None else ahead.claims()
        claims = in_epoch(stored, epoch)
        settled = _settled(job, file, claims, epoch)
    if not _is_part(job, file.row_count - settled.height):
        return _whole_but(job, file, custom, settled)
    checked, named = _check_rest(job, file, settled, partial(find_named, job.organization_id))
    silent = _silent_on(checked, named, claims) if claims is not None and job.mode == Mode.FULL else []
    if not _is_part(job, checked.checked.rows.height + len(silent)):
        return Reading(checked, _directory(job, custom))
    pools = Pool.objects.filter(organization_id=job.organization_id).values_list("id", flat=True)
    people = find_needed(job.organization_id, needs_of(checked.checked.rows, silent=silent), list(pools))
    directory = _directory(job, custom, people=people)
    return Reading(checked, directory if ahead is None else replace(directory, everybody=ahead.counted))


def _settled(job: UploadJob, file: OpenedFile, claims: pl.DataFrame, epoch: int) -> pl.DataFrame:
    if claims["fingerprint"].count() == 0:
        return pl.DataFrame(schema=SETTLED)
    return _with_known_managers(job, file, settle(fingerprints(file.raw, epoch), claims))


def _whole_but(job: UploadJob, file: OpenedFile, custom: Collection[str], settled: pl.DataFrame) -> Reading:
    """Check all but the rows of `settled` that stay so, and read everybody."""
    directory = _directory(job, custom)
    checked, _ = _check_rest(job, file, settled, partial(named_among, directory.learners))
    return Reading(checked, directory)


def _directory(job: UploadJob, custom: Collection[str], *, people: list[int] | None = None) -> Directory:
    return read_directory(
        job.organization_id,
        feed_id=job.feed_id,
        custom=custom,
        people=people,
        rules=book_of(job),
        assignment_edits=assignment_edits_of(job),
    )


def _is_same_file(job: UploadJob, epoch: int) -> bool:
    """Return whether the feed's last file had the same bytes, left nothing to do, and nothing was written since."""
    last = job.feed
    if last.last_content_sha256 is None or (last.last_epoch, last.last_revision) != (epoch, _revision(job)):
        return False
    return bytes(last.last_content_sha256) == bytes(job.source.content_sha256)


def _revision(job: UploadJob) -> int:
    return Organization.objects.values_list("revision", flat=True).get(id=job.organization_id)


def _settled_whole(job: UploadJob, file: OpenedFile) -> CheckedFile:
    """Return the file with all of its rows settled, of whomever they are."""
    nothing = replace(file.raw, rows=file.raw.rows.clear())
    unknown = pl.lit(None, pl.Int64)
    settled = file.raw.rows.select(ROW_NUMBER, learner_id=unknown, manager_id=unknown)
    filled = {name: round(share * file.row_count) for name, share in job.feed.last_fill.items()}
    checked = replace(check_rows(nothing, file.layout), settled=settled, settled_filled=filled)
    return CheckedFile(file.raw, file.layout, checked)


def _silent_on(file: CheckedFile, named: pl.DataFrame, claims: pl.DataFrame) -> list[int]:
    """Return whom the feed claims and no row of its full file names."""
    present = pl.concat([file.checked.settled["learner_id"], named["learner_id"]])
    silent = claims.join(present.to_frame(), on="learner_id", how="anti")
    return silent["learner_id"].to_list()


def may_keep_fingerprints(job: UploadJob, file: OpenedFile) -> bool:
    """Return whether what the rows of the job's file say is all applied, and can be told from other files' words."""
    return settings.SHORTCUTS != Shortcuts.OFF and is_plain_file(job) and _has_plain_layout(file)


def _may_be_short(job: UploadJob, file: OpenedFile) -> bool:
    return _has_plain_layout(file) and _may_be_short_by_itself(job)


def _may_be_short_by_itself(job: UploadJob) -> bool:
    """Some rules look at people whom nothing names, and approved plans at what was written since: read everything."""
    is_whole = settings.SHORTCUTS != Shortcuts.OFF and _is_whole_file(job)
    return is_whole and job.approved_plan_id is None and not rules_need_everybody(book_of(job))


def is_plain_file(job: UploadJob) -> bool:
    """Return whether the job is a file as it came, all of which is to be applied.

    What an identity provider asked for says more than its rows.
    """
    return job.scim is None and _is_whole_file(job)


def _is_whole_file(job: UploadJob) -> bool:
    return job.kind == JobKind.FILE and not job.takes_nothing and job.rest_of_id is None


def _has_plain_layout(file: OpenedFile) -> bool:
    """Return whether every field has one column: of two the other may speak where one is blank."""
    counted = Counter(column.field for column in file.layout.columns)
    return bool(counted) and max(counted.values()) == 1 and not file.layout.is_deletion_file


def _is_part(job: UploadJob, count: int) -> bool:
    if settings.SHORTCUTS == Shortcuts.ALWAYS:
        return True
    return count <= PART * (job.organization.next_learner_id - 1)


def _check(job: UploadJob, file: OpenedFile, settled: pl.DataFrame | None = None) -> CheckedFile:
    formats = job.organization.date_formats
    opened = OpenedFile(file.raw, file.layout)
    return opened.check(date_formats=formats, settled=None if settled is None or settled.is_empty() else settled)


def _check_rest(
    job: UploadJob, file: OpenedFile, settled: pl.DataFrame, find: Callable[[pl.DataFrame], pl.DataFrame]
) -> tuple[CheckedFile, pl.DataFrame]:
    """Check what is not settled; return it with `KEYS` of everybody whom it names, by what `find` makes of rows.

    Settled rows to which the others give another meaning are checked with them.
    """
    checked = _check(job, file, settled)
    named = find(checked.checked.rows)
    touched = unsettled_by(checked.checked.rows, settled, named)
    if touched.is_empty():
        return checked, named
    rest = settled.join(touched, on=ROW_NUMBER, how="anti", maintain_order="left")
    checked = _check(job, file, rest)
    return checked, find(checked.checked.rows)


def _with_known_managers(job: UploadJob, file: OpenedFile, settled: pl.DataFrame) -> pl.DataFrame:
    """Leave out rows whose manager is no longer known by what the row names them by."""
    columns = tuple(column for column in file.layout.columns if column.field in _MANAGER_FIELDS)
    if not columns or settled.is_empty():
        return settled
    cells = [file.raw.cell(column.position) for column in columns]
    beside = settled.join(file.raw.rows.select(ROW_NUMBER, *cells), on=ROW_NUMBER, how="left", maintain_order="left")
    examples = beside.unique(["manager_id", *cells], maintain_order=False)
    layout = replace(file.layout, columns=columns)
    raw = replace(file.raw, rows=examples.select(file.raw.rows.columns[:1] + cells))
    said = OpenedFile(raw, layout).check().checked.rows
    references = examples.select(ROW_NUMBER, "manager_id").join(said, on=ROW_NUMBER)
    managers = find_people(job.organization_id, examples["manager_id"].drop_nulls().unique().to_list())
    doubtful = with_unknown_manager(references, managers)
    if doubtful.is_empty():
        return settled
    alike = examples.join(doubtful, on=ROW_NUMBER, how="semi").select("manager_id", *cells)
    return beside.join(alike, on=["manager_id", *cells], how="anti", nulls_equal=True, maintain_order="left").select(
        settled.columns
    )
