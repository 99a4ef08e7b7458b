"""How jobs and plans are worded on pages."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import label_of
from orgsync.core.issues import KINDS_BY_CODE
from orgsync.core.model import Mode
from orgsync.core.plan import ChangeKind
from orgsync.server.uploads.models import UploadJob

register = template.Library()

KIND_WORDS: Final[dict[str, Promise]] = {
    ChangeKind.CREATED: _("New people"),
    ChangeKind.RESTORED: _("Back in the directory"),
    ChangeKind.REMOVED: _("Removed"),
    ChangeKind.DEACTIVATED: _("Deactivated"),
    ChangeKind.REACTIVATED: _("Reactivated"),
    ChangeKind.EMAIL_CHANGED: _("E-mail changed"),
    ChangeKind.ID_CHANGED: _("Unique user ID changed"),
    ChangeKind.MANAGER_CHANGED: _("Manager changed"),
    ChangeKind.VALUE_SET: _("Values set"),
    ChangeKind.VALUE_CHANGED: _("Values changed"),
    ChangeKind.VALUE_CLEARED: _("Values cleared"),
    ChangeKind.GROUP_JOINED: _("Groups joined"),
    ChangeKind.GROUP_LEFT: _("Groups left"),
    ChangeKind.LICENSE_GRANTED: _("Licenses granted"),
    ChangeKind.LICENSE_REVOKED: _("Licenses revoked"),
    ChangeKind.LICENSE_WAITING: _("Put on the waiting list"),
    ChangeKind.LICENSE_SCHEDULED: _("Licenses from the start date"),
    ChangeKind.WAITING_LEFT: _("Off the waiting list"),
    ChangeKind.ASSIGNMENT_OPENED: _("Assignments opened"),
    ChangeKind.ASSIGNMENT_CLOSED: _("Assignments closed"),
    ChangeKind.INVITED: _("Invited by mail"),
    ChangeKind.PERMISSION_CHANGED: _("Permissions changed"),
    ChangeKind.PROTECTION_CHANGED: _("Protection changed"),
    ChangeKind.OVERRIDE_SET: _("Set by hand"),
    ChangeKind.OVERRIDE_LIFTED: _("Local overrides lifted"),
    ChangeKind.GROUP_CREATED: _("New groups"),
    ChangeKind.RULE_CHANGED: _("Rules of groups changed"),
    ChangeKind.ASSIGNMENT_CHANGED: _("Assignments made and ended"),
    ChangeKind.ATTRIBUTE_CREATED: _("New attributes"),
    ChangeKind.GROUP_REMOVED: _("Groups removed"),
    ChangeKind.ATTRIBUTE_REMOVED: _("Attributes removed"),
    ChangeKind.CLAIM_LOST: _("No longer named by this feed"),
    ChangeKind.MISSED: _("Missing, but not leaving yet"),
}
"""Every kind of line in a plan, as a heading."""
MODE_WORDS: Final[dict[str, Promise]] = {
    Mode.FULL: _("Full file"),
    Mode.CHANGES: _("Changes"),
    Mode.ADDITIONS_ONLY: _("Additions only"),
}
PHASE_WORDS: Final[dict[str, Promise]] = {
    "": _("Starting"),
    "read": _("Reading the file"),
    "plan": _("Comparing with the directory"),
    "apply": _("Applying"),
}
EVENT_WORDS: Final[dict[str, Promise]] = {
    "uploaded": _("Uploaded"),
    "started": _("Processing began"),
    "held": _("Held"),
    "first_approved": _("Approved by the first of two"),
    "approved": _("Approved"),
    "done": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "rejected": _("Rejected"),
}
_FILE_LEVEL: Final = "Held: "


@register.filter
def kind_words(kind: str) -> str:
    return str(KIND_WORDS.get(kind, kind))


@register.filter
def mode_words(mode: str) -> str:
    return str(MODE_WORDS.get(mode, mode))


@register.filter
def phase_words(phase: str) -> str:
    return str(PHASE_WORDS.get(phase, phase))


@register.filter
def event_words(what: str) -> str:
    return str(EVENT_WORDS.get(what, what))


@register.filter
def field_words(name: str) -> str:
    """Return an attribute's name as words: work_title is Work title, attribute_cost_center is Cost center."""
    return label_of(name)


@register.filter
def hexadecimal(digest: bytes) -> str:
    """Return a digest as it is written: the database gives it as a view on its own memory."""
    return bytes(digest).hex()


@register.filter
def cell(value: object) -> str:
    """Return a value of a new person as text."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)


@register.filter
def took(job: UploadJob) -> str:
    """Return how long an ended or held attempt took, in words; nothing for a job that never began or still runs."""
    ended = job.finished_at or job.held_at
    if job.started_at is None or ended is None or ended < job.started_at:
        return ""
    return duration(ended - job.started_at)


def duration(span: timedelta) -> str:
    """Word a span as a person would say it: 0.8 s, 12 s, 3 min 5 s, 2 h 10 min."""
    seconds = span.total_seconds()
    if seconds < 10:
        return gettext("%(seconds).1f s") % {"seconds": seconds}
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return gettext("%(seconds)d s") % {"seconds": rest}
    hours, left = divmod(minutes, 60)
    if not hours:
        return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": left}


@register.filter
def changed(job: UploadJob) -> int:
    """Return how many people the job changes who were there before."""
    return job.updated_count - job.created_count


@register.filter
def percent_of(count: int, base: int) -> str:
    """Return a share as text with one digit; nothing when there is no base."""
    return f"{count * 100 / base:.1f} %" if base else ""


@register.filter
def percent(share: float) -> str:
    """Return a share from 0 to 1 as text."""
    return f"{share * 100:.1f} %"


@register.filter
def findings(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a job's messages without the reasons to hold, each with what the sender can do about it."""
    found = [message for message in messages if not str(message["message"]).startswith(_FILE_LEVEL)]
    return [{**message, "mend": _mend(str(message["code"]))} for message in found]


@register.filter
def reasons_line(reasons: Iterable[Mapping[str, Any]]) -> str:
    """Return all reasons to hold in one line."""
    return " ".join(str(reason["message"]) for reason in reasons)


@register.filter
def lines(count: int) -> str:
    return ngettext("%(count)s line", "%(count)s lines", count) % {"count": f"{count:,}"}


def _mend(code: str) -> str:
    kind = KINDS_BY_CODE.get(code)
    return kind.mend if kind else ""
