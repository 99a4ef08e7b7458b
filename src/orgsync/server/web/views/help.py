"""Help that needs no internet: the way of a file, set-up, columns, issue codes, guards, settings, events."""

import re
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from orgsync.core.columns import (
    CLEAR_TOKEN,
    COLUMNS,
    Column,
    ColumnGroup,
    custom_column,
    group_column,
    license_column,
)
from orgsync.core.guards import GUARDS
from orgsync.core.issues import ISSUE_KINDS, IssueKind
from orgsync.server.hooks.events import MEANINGS, Event
from orgsync.server.orgs.catalogue import SECTIONS, SETTINGS
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.queries_home import set_up_steps
from orgsync.server.web.flow import FlowStep, winding
from orgsync.server.web.screens import AdminRequest, screen

LONGEST_QUESTION: Final = 100
ALL_COLUMNS: Final = (
    *COLUMNS,
    custom_column("attribute_cost_center"),
    group_column("group:Engineers"),
    license_column("license_english_status"),
)
"""The catalogue, with one example of each kind of column whose name the file makes."""


@require_safe
@screen()
def index(request: AdminRequest) -> HttpResponse:
    """Show one part of the help; `q` limits columns and messages to those in which it occurs."""
    asked = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    chosen = request.GET.get("show", "")
    shown = chosen if chosen in PARTS else "flow"
    part = PARTS[shown][1](request.organization, asked.casefold())
    parts = [(name, label) for name, (label, _show) in PARTS.items()]
    return render(request, "web/help/help.html", {"section": "help", "parts": parts, "show": shown, "q": asked} | part)


def _flow(organization: Organization, _asked: str) -> dict[str, Any]:
    stations = (
        FlowStep(_("HR system"), (_("exports everybody"), _("as CSV, every night"))),
        FlowStep(_("Upload"), (_("over HTTPS, with"), _("an access token"))),
        FlowStep(_("Check"), (_("every cell; bad rows"), _("are named, not lost"))),
        FlowStep(_("Plan"), (_("joiners, movers,"), _("leavers"))),
        FlowStep(_("Guard"), (_("too much at once"), _("waits for a person"))),
        FlowStep(_("Apply"), (_("people, groups and"), _("licenses, at once"))),
        FlowStep(_("Results"), (_("one for every row, by"), _("mail or download"))),
    )
    wide = winding(stations, columns=4, box_width=190)
    narrow = winding(stations, columns=1, box_width=300)
    return {"wide": wide, "narrow": narrow, "steps": set_up_steps(organization)}


def _columns(_organization: Organization, asked: str) -> dict[str, Any]:
    columns = [column for column in ALL_COLUMNS if asked in _words_of_column(column)]
    grouped = [(group.value, [column for column in columns if column.group is group]) for group in ColumnGroup]
    return {"columns": [(group, members) for group, members in grouped if members], "clear_token": CLEAR_TOKEN}


def _messages(_organization: Organization, asked: str) -> dict[str, Any]:
    return {"issues": [(kind, _wording(kind)) for kind in ISSUE_KINDS if asked in _words_of_issue(kind)]}


def _guards(_organization: Organization, _asked: str) -> dict[str, Any]:
    return {"guards": [(guard.code, guard.meaning) for guard in GUARDS]}


def _settings(_organization: Organization, asked: str) -> dict[str, Any]:
    found = [one for one in SETTINGS if asked in f"{one.name} {one.label} {one.help}".casefold()]
    grouped = [
        (one.value, title, [each for each in found if each.section is one]) for one, (title, _) in SECTIONS.items()
    ]
    return {"settings": [(slug, title, members) for slug, title, members in grouped if members]}


def _events(_organization: Organization, _asked: str) -> dict[str, Any]:
    return {"events": [(event.value, MEANINGS[event].replace("`", "")) for event in Event]}


PARTS: Final[dict[str, tuple[Any, Callable[[Organization, str], dict[str, Any]]]]] = {
    "flow": (gettext_lazy("How it works"), _flow),
    "columns": (gettext_lazy("Columns of a file"), _columns),
    "messages": (gettext_lazy("Messages and what to do"), _messages),
    "guards": (gettext_lazy("Guards"), _guards),
    "settings": (gettext_lazy("Settings"), _settings),
    "events": (gettext_lazy("Webhook events"), _events),
}


def _words_of_column(column: Column) -> str:
    return " ".join((column.name, *column.aliases, column.group, column.help)).casefold()


def _words_of_issue(kind: IssueKind) -> str:
    return f"{kind.code} {kind.severity} {kind.wording} {kind.mend}".casefold()


def _wording(kind: IssueKind) -> str:
    """Return the wording with an ellipsis for what each finding fills in."""
    return re.sub(r"\{\w+\}", "…", kind.wording)
