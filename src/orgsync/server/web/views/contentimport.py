"""Content › Import: a CSV file, looked at first with what is wrong in place, then applied."""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.server.learning.contentfile import COLUMNS, read_contents, template_csv
from orgsync.server.learning.keptfiles import apply_content_file, kept_file
from orgsync.server.learning.models import ContentImport
from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.web.downloads import template_attachment
from orgsync.server.web.fileimport import ROWS_SHOWN, Import, take_in
from orgsync.server.web.screens import AdminRequest, screen

IMPORT: Final = Import(
    ContentImport,
    page="web/contents/import.html",
    shown={"section": "contents", "columns": COLUMNS},
    onward="web:content-import",
)


# As with uploads: who asks comes before the body, which the check against forged forms reads.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_CONTENT, for_all=True)
def index(request: AdminRequest) -> HttpResponse:
    """Show the form; a POST takes the file in and leads to what it would do."""
    return take_in(request, IMPORT, made_by=request.admin.account)


@require_safe
@screen(Permission.MANAGE_CONTENT, for_all=True)
def template(request: AdminRequest) -> HttpResponse:  # noqa: ARG001  the same for everybody
    """Download a template to fill in."""
    return template_attachment(template_csv(), "content.csv")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_CONTENT, for_all=True)
def detail(request: AdminRequest, number: int) -> HttpResponse:
    """Show what a file would do and what is wrong with it; a POST applies the rows that can be used."""
    found = kept_file(ContentImport, request.organization, number)
    if found is None:
        raise Http404
    may_curate = may_for_all(request.admin, Permission.CURATE_CONTENT)
    file = read_contents(request.organization, bytes(found.source), may_curate=may_curate)
    if request.method == "POST" and not file.fault:
        by, now = request.admin.account, timezone.now()
        count = apply_content_file(request.organization, found, file, by=by, now=now)
        told = ngettext("%(count)s course, path or collection is written.", "%(count)s are written.", count)
        messages.success(request, told % {"count": f"{count:,}"}, extra_tags="good")
        if file.bad_rows:
            messages.warning(request, _("The rows in error are left out: mend them and import the file again."))
        return redirect("web:contents")
    values = {
        "file": file,
        "import": found,
        "other": reverse("web:content-imports"),
        "new": file.count("new"),
        "changed": file.count("changed"),
        "unchanged": file.count("unchanged"),
        "bad": file.bad_rows[:ROWS_SHOWN],
        "bad_count": len(file.bad_rows),
        "rows": [row for row in file.rows if not row.problems][:ROWS_SHOWN],
    }
    return render(request, "web/contents/preview.html", {"section": "contents", **values})
