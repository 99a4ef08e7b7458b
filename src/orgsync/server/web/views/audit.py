"""Audit: everything that anyone did, and whether the log of it holds. It has ids and counts, no person's values."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from orgsync.server.audit.actions import MEANINGS, Action
from orgsync.server.audit.actors import ActorKind
from orgsync.server.audit.log import record_look
from orgsync.server.audit.models import AuditEntry
from orgsync.server.audit.queries import EntryFilter, chosen_entries, csv_lines, last_entry, page_of_entries
from orgsync.server.audit.verify import verify_log
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.models import AccessToken, Application
from orgsync.server.web.forms.audit import AuditForm
from orgsync.server.web.screens import AdminRequest, screen


@require_safe
@screen(Permission.SEE_AUDIT)
def index(request: AdminRequest) -> HttpResponse:
    """List the entries, the newest first."""
    form = AuditForm(request.GET, request.organization)
    chosen = form.chosen()
    page = page_of_entries(request.organization.pk, chosen, older_than=form.older_than_number())
    values = {
        "form": form,
        "page": page,
        "lines": _lines(request.organization, page.entries),
        "verified": last_entry(request.organization.pk, Action.AUDIT_VERIFIED),
        "is_narrowed": chosen != EntryFilter(),
        "is_later": form.older_than_number() is not None,
    }
    return render(request, "web/audit/index.html", {"section": "audit", **values})


@require_safe
@screen(Permission.SEE_AUDIT)
def download(request: AdminRequest) -> StreamingHttpResponse:
    """Send the entries, as filtered, as a CSV file."""
    chosen = AuditForm(request.GET, request.organization).chosen()
    record_look(request.organization.pk, Action.AUDIT_EXPORTED)
    name = content_disposition_header(as_attachment=True, filename=f"audit-{timezone.localdate()}.csv")
    lines = (f"{line}\r\n".encode() for line in csv_lines(chosen_entries(request.organization.pk, chosen)))
    headers = {"Content-Disposition": name or "attachment", "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@screen(Permission.SEE_AUDIT)
def verify(request: AdminRequest) -> HttpResponse:
    """Recompute the whole chain; what came of it is an entry of its own, and stands on the page."""
    verdict = verify_log(request.organization.pk)
    found: dict[str, Any] = {"holds": verdict.broken is None, "entries": verdict.kept}
    if verdict.broken is not None:
        found["first_break"] = verdict.broken.number
    record_look(request.organization.pk, Action.AUDIT_VERIFIED, found)
    return redirect("web:audit")


def _lines(organization: Organization, entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Put words and names beside the entries; three statements, whatever their number."""
    found = list(entries)
    named = {kind: {entry.actor_id or 0 for entry in found if entry.actor_kind == kind} for kind in ActorKind}
    # Accounts are global; only those are asked for that acted here.
    people = dict(Account.objects.filter(id__in=named[ActorKind.ACCOUNT]).values_list("id", "email"))
    mine = AccessToken.objects.filter(organization=organization, id__in=named[ActorKind.TOKEN])
    tokens = dict(mine.values_list("id", "name"))
    ours = Application.objects.filter(organization=organization, id__in=named[ActorKind.APPLICATION])
    applications = dict(ours.values_list("id", "name"))
    meanings = {action.value: meaning for action, meaning in MEANINGS.items()}
    names = {
        ActorKind.ACCOUNT.value: people,
        ActorKind.TOKEN.value: tokens,
        ActorKind.APPLICATION.value: applications,
    }
    return [
        {
            "entry": entry,
            "meaning": meanings.get(entry.action, entry.action),
            "who": names.get(entry.actor_kind, {}).get(entry.actor_id or 0, ""),
            "ids": [(name, value) for name, value in entry.ids.items() if value not in (None, [], {})],
        }
        for entry in found
    ]
