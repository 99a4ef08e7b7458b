"""The words that every stage shares: modes, policies, actions, limits."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What a file claims to be; from widest to strictest."""

    FULL = "full"
    CHANGES = "changes"
    ADDITIONS_ONLY = "additions_only"

    def is_wider_than(self, other: "Mode") -> bool:
        order = list(Mode)
        return order.index(self) < order.index(other)


class RowPolicy(StrEnum):
    """What rows in error do to the rest of their file."""

    GOOD_ROWS = "good_rows"
    ALL_OR_NOTHING = "all_or_nothing"


class Severity(StrEnum):
    """How bad an issue is: an error stops its row, a warning does not."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class RowStatus(StrEnum):
    """What became of one data row, as the results file says it."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    DEACTIVATED = "DEACTIVATED"
    REMOVED = "REMOVED"
    ERASED = "ERASED"
    ERROR = "ERROR"
    SKIPPED = "SKIPPED"
    HELD = "HELD"


class JobStatus(StrEnum):
    """Where an upload job stands; the allowed moves are `NEXT_STATUSES`."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    HELD = "HELD"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


NEXT_STATUSES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.CREATED: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED}),
    JobStatus.QUEUED: frozenset({JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.PROCESSING: frozenset(
        {JobStatus.DONE, JobStatus.FAILED, JobStatus.HELD, JobStatus.QUEUED, JobStatus.CANCELLED}
    ),
    JobStatus.HELD: frozenset({JobStatus.QUEUED, JobStatus.CANCELLED}),
    JobStatus.DONE: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file; an organization may narrow or widen them."""

    file_bytes: int = 1_000_000_000
    rows: int = 3_000_000
    columns: int = 500
    cell_bytes: int = 32_768
    custom_attributes: int = 100
    unpacked_ratio: int = 200
    """Largest unpacked : packed ratio of a gzip file, against bombs."""
