"""Content › Import: a CSV file, looked at first with what is wrong in place, then applied."""

from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.server.learning.contentfile import COLUMNS, apply_contents, read_contents, template_csv
from orgsync.server.learning.models import ContentImport
from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.web.forms.contents import ImportForm
from orgsync.server.web.screens import AdminRequest, screen

KEPT_FOR: Final = timedelta(days=7)
ROWS_SHOWN: Final = 100


# As with uploads: who asks comes before the body, which the check against forged forms reads.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_CONTENT, for_all=True)
def index(request: AdminRequest) -> HttpResponse:
    """Show the form; a POST takes the file in and leads to what it would do."""
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _take_in(request)


@csrf_protect
def _take_in(request: AdminRequest) -> HttpResponse:
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ImportForm(*posted)
    if form.is_bound and form.is_valid():
        file, now = form.cleaned_data["file"], timezone.now()
        ContentImport.objects.filter(organization=request.organization, made_at__lt=now - KEPT_FOR).delete()
        made = ContentImport.objects.create(
            organization=request.organization,
            file_name=file.name[:200],
            source=file.read(),
            made_at=now,
            made_by=request.admin.account,
        )
        return redirect("web:content-import", number=made.pk)
    return render(request, "web/contents/import.html", {"section": "contents", "form": form, "columns": COLUMNS})


@require_safe
@screen(Permission.MANAGE_CONTENT, for_all=True)
def template(request: AdminRequest) -> HttpResponse:  # noqa: ARG001  the same for everybody
    """Download a template to fill in."""
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="content.csv"'}
    return HttpResponse(template_csv(), headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_CONTENT, for_all=True)
def detail(request: AdminRequest, number: int) -> HttpResponse:
    """Show what a file would do and what is wrong with it; a POST applies the rows that can be used."""
    found = ContentImport.objects.filter(organization=request.organization, id=number).first()
    if found is None:
        raise Http404
    may_curate = may_for_all(request.admin, Permission.CURATE_CONTENT)
    file = read_contents(request.organization, bytes(found.source), may_curate=may_curate)
    if request.method == "POST" and not file.fault:
        now = timezone.now()
        count = apply_contents(request.organization, file, by=request.admin.account, now=now)
        ContentImport.objects.filter(organization=request.organization, id=found.pk).update(applied_at=now)
        told = ngettext("%(count)s course, path or collection is written.", "%(count)s are written.", count)
        messages.success(request, told % {"count": f"{count:,}"}, extra_tags="good")
        if file.bad_rows:
            messages.warning(request, _("The rows in error are left out: mend them and import the file again."))
        return redirect("web:contents")
    values = {
        "file": file,
        "import": found,
        "new": file.count("new"),
        "changed": file.count("changed"),
        "unchanged": file.count("unchanged"),
        "bad": file.bad_rows[:ROWS_SHOWN],
        "bad_count": len(file.bad_rows),
        "rows": [row for row in file.rows if not row.problems][:ROWS_SHOWN],
    }
    return render(request, "web/contents/preview.html", {"section": "contents", **values})
