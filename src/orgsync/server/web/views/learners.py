"""People › Learners: everybody."""

from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.export import export_people
from orgsync.server.orgs.access import Permission
from orgsync.server.web.forms.learners import LearnersForm
from orgsync.server.web.learnertable import table_of
from orgsync.server.web.screens import AdminRequest, screen

WHOLE: Final = "web/learners/index.html"
PART: Final = "web/learners/_people.html"


@require_safe
@screen(Permission.SEE_PEOPLE)
def index(request: AdminRequest) -> HttpResponse:
    """Show one page of the people whom search and filters name."""
    form = LearnersForm(request.GET, request.organization, request.people)
    page = form.page()
    values = {"section": "learners", "form": form, "page": page, "table": table_of(form, page.people)}
    is_part = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # its middleware
    response = render(request, PART if is_part else WHOLE, values)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@screen(Permission.SEE_PEOPLE)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the people whom search and filters name as a CSV file."""
    form = LearnersForm(request.GET, request.organization, request.people)
    if not form.is_valid():
        return redirect(f"{reverse('web:learners')}?{request.GET.urlencode()}")
    name = f"learners-{timezone.localdate().isoformat()}.csv"
    headers: dict[str, Any] = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
        "Cache-Control": "private, no-store",
    }
    record_look(request.organization.pk, Action.LEARNERS_EXPORTED)
    lines = export_people(request.organization, form.criteria)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
