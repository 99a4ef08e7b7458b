"""People › Upload: a file by hand, looked at first, then planned and applied."""

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.core.errors import UnreadableFile
from orgsync.core.model import Mode
from orgsync.core.template import TemplateKind, template_csv
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Organization
from orgsync.server.setup import ensure_feed
from orgsync.server.uploads.adding import UPLOADS_BY_HAND
from orgsync.server.uploads.intake import AlreadyStarted, start_job
from orgsync.server.uploads.media import DamagedMedia, kept_if_recorded, record_media
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.previews import Shown, find_source, jobs_of, make_preview, waiting_files
from orgsync.server.uploads.receive import FileTooLarge, StorageUploadHandler
from orgsync.server.uploads.terms import WiderThanAllowed, terms_of_media
from orgsync.server.web.downloads import template_attachment
from orgsync.server.web.forms.upload import StartForm, UploadForm
from orgsync.server.web.screens import AdminRequest, screen

TEMPLATE_NAMES: Final = {
    TemplateKind.USERS: "users.csv",
    TemplateKind.USERS_AND_PERMISSIONS: "users-and-permissions.csv",
    TemplateKind.DELETION: "deletion.csv",
}


# The check against forged forms reads the body, file included. It comes after the question who asks, so that
# nobody who may not upload makes us store a single byte.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.UPLOAD)
def index(request: AdminRequest) -> HttpResponse:
    """Show the form; a POST takes the file in and leads to its preview."""
    request.upload_handlers = [StorageUploadHandler(request)]
    try:
        return _take_in(request)
    except FileTooLarge as error:
        form = UploadForm({}, {}, request.organization)
        form.errors.clear()
        form.add_error("file", str(error))
        return _show(request, form, status=413)


@csrf_protect
def _take_in(request: AdminRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request, UploadForm(None, None, request.organization))
    form = UploadForm(request.POST, request.FILES, request.organization)
    if not form.is_valid():
        return _show(request, form)
    return redirect("web:upload-preview", media=_store(request.organization, form).public_id)


@require_safe
@screen(Permission.UPLOAD)
def template(request: AdminRequest, kind: str) -> HttpResponse:  # noqa: ARG001  the same for everybody
    """Download a template to fill in."""
    found = next((known for known in TemplateKind if known.value == kind), None)
    if found is None:
        raise Http404
    return template_attachment(template_csv(found), TEMPLATE_NAMES[found])


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.UPLOAD)
def preview(request: AdminRequest, media: str) -> HttpResponse:
    """Show the first rows of a stored file and what was found in it; a POST starts its job."""
    found = find_source(request.organization, media)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _start(request, found)
    return render(
        request, "web/upload/preview.html", {"section": "upload", "media": found, **_looked_at(request, found)}
    )


def _show(request: AdminRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    values = {
        "form": form,
        "templates": list(TemplateKind),
        "waiting": waiting_files(request.organization),
        "largest": settings.MAX_UPLOAD_BYTES,
    }
    return render(request, "web/upload/index.html", {"section": "upload", **values}, status=status)


def _store(organization: Organization, form: UploadForm) -> Media:
    """Record the file that lies in storage already, and the feed for uploads by hand where it is the first."""
    asked = form.asked()
    with kept_if_recorded(form.cleaned_data["file"].keep()) as received:
        feed = form.chosen_feed() or ensure_feed(organization, UPLOADS_BY_HAND, Mode.CHANGES)
        return record_media(received, feed=feed, mode=asked.mode, rows=asked.rows, is_dry_run=asked.dry_run is True)


def _looked_at(request: AdminRequest, media: Media) -> dict[str, Any]:
    terms = terms_of_media(media)
    is_narrowed = request.GET.get("show") == Shown.FINDINGS
    values: dict[str, Any] = {"terms": terms, "jobs": jobs_of(media), "shows_findings": is_narrowed}
    try:
        values["preview"] = make_preview(media, terms, Shown.FINDINGS if is_narrowed else Shown.FIRST)
    except UnreadableFile as error:
        values["unreadable"] = {"code": error.code, "reason": error.reason, "hint": error.hint}
    except DamagedMedia as error:
        values["unreadable"] = {"code": "damaged_file", "reason": str(error), "hint": _("Upload it again.")}
    return values


def _start(request: AdminRequest, media: Media) -> HttpResponse:
    form = StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what is to become of the file."), extra_tags="bad")
        return redirect("web:upload-preview", media=media.public_id)
    try:
        job = start_job(media, requested_by=request.admin.account, asked=form.asked())
    except (WiderThanAllowed, AlreadyStarted) as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect("web:upload-preview", media=media.public_id)
    return redirect("web:job", job=job.public_id)
