"""Every event that a webhook can be told of."""

from enum import StrEnum
from typing import Final


class Event(StrEnum):
    """What happened; the value is the `type` on the wire."""

    JOB_HELD = "job.held"
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    JOB_UNDONE = "job.undone"
    FEED_LATE = "feed.late"
    TEST = "webhook.test"


MEANINGS: Final[dict[Event, str]] = {
    Event.JOB_HELD: "A job waits for a person's decision; `reasons` says why.",
    Event.JOB_DONE: "A job was applied, or a dry run ended (`is_dry_run`).",
    Event.JOB_FAILED: "A job ended without being applied; `reason` is its code.",
    Event.JOB_CANCELLED: "A job was rejected, cancelled, superseded or expired (`reason`); nothing was applied.",
    Event.JOB_UNDONE: "A job's effects were taken back; `by_job` is the job that did it.",
    Event.FEED_LATE: "A feed has sent no file for longer than it may.",
    Event.TEST: "Somebody asked for a test in the settings. Every webhook gets it.",
}
CHOSEN: Final = tuple(event for event in Event if event is not Event.TEST)
"""The events that a webhook chooses from."""
