"""Reports › Import activity: a CSV file, looked at first with what is wrong in place, then recorded."""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.server.learning.activityfile import COLUMNS, activity_template, read_activity_file
from orgsync.server.learning.keptfiles import apply_activity_file, kept_file
from orgsync.server.learning.models import ActivityImport
from orgsync.server.orgs.access import Permission
from orgsync.server.web.downloads import template_attachment
from orgsync.server.web.fileimport import ROWS_SHOWN, Import, take_in
from orgsync.server.web.screens import AdminRequest, screen

IMPORT: Final = Import(
    ActivityImport,
    page="web/reports/import.html",
    shown={"section": "reports", "columns": COLUMNS},
    onward="web:activity-import",
)


# As with uploads: who asks comes before the body, which the check against forged forms reads.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.UPLOAD, for_all=True)
def index(request: AdminRequest) -> HttpResponse:
    """Show the form; a POST takes the file in and leads to what it would record."""
    return take_in(request, IMPORT)


@require_safe
@screen(Permission.UPLOAD, for_all=True)
def template(request: AdminRequest) -> HttpResponse:  # noqa: ARG001  the same for everybody
    """Download a template to fill in."""
    return template_attachment(activity_template(), "activity.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.UPLOAD, for_all=True)
def detail(request: AdminRequest, number: int) -> HttpResponse:
    """Show what a file would record and what is wrong with it; a POST records the rows that can be used."""
    found = kept_file(ActivityImport, request.organization, number)
    if found is None:
        raise Http404
    now = timezone.now()
    file = read_activity_file(request.organization, bytes(found.source), now=now)
    if request.method == "POST" and not file.fault:
        count = apply_activity_file(request.organization, found, file, now=now)
        told = ngettext("%(count)s row is recorded.", "%(count)s rows are recorded.", count)
        messages.success(request, told % {"count": f"{count:,}"}, extra_tags="good")
        return redirect("web:reports")
    values = {
        "section": "reports",
        "file": file,
        "import": found,
        "other": reverse("web:activity-imports"),
        "new_count": len(file.new_rows),
        "bad": file.bad_rows[:ROWS_SHOWN],
        "bad_count": len(file.bad_rows),
        "rows": file.new_rows[:ROWS_SHOWN],
    }
    return render(request, "web/reports/preview.html", values)
