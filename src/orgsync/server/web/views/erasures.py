"""Erase a person, or those of a deletion file: confirmed by an owner, with receipts, and tombstones to lift."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.server.directory.models import Erasure
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission, may
from orgsync.server.uploads.edits import EditRefused
from orgsync.server.uploads.erase import ErasureRefused, lift
from orgsync.server.uploads.erasurerequests import (
    approve_erasure,
    erase_one,
    receipts_of,
    reject_erasure,
    request_erasure,
)
from orgsync.server.uploads.models import ErasureRequest, ErasureStatus
from orgsync.server.uploads.receive import FileTooLarge, StorageUploadHandler
from orgsync.server.web.erasurepage import erasures_page, page_of_erasures, receipt_text, request_page, what_goes
from orgsync.server.web.forms.erasures import DeletionForm, EraseForm, ErasureDecisionForm
from orgsync.server.web.learnertable import name_of
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.views.learner import learner_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ERASE)
def erase(request: AdminRequest, learner_id: int) -> HttpResponse:
    """Show what of a person will go; the address, typed, erases them."""
    learner = learner_or_404(request, learner_id)
    form = EraseForm(request.POST if request.method == "POST" else None, learner)
    if form.is_bound and form.is_valid():
        try:
            made = erase_one(request.organization, learner.id, by=request.admin.account, now=timezone.now())
        except ErasureRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("web:erasure-request", number=made.pk)
    values = {"form": form, "learner": learner, "name": name_of(learner), "goes": what_goes(learner)}
    return render(request, "web/erasures/erase.html", {"section": "learners", **values})


@require_safe
@screen(Permission.EDIT_PEOPLE, for_all=True)
def index(request: AdminRequest) -> HttpResponse:
    """List the requests that are open, and the receipts, newest first; the list holds no names."""
    values = page_of_erasures(request.organization, request.GET)
    return render(request, "web/erasures/index.html", {"section": "erasures", **values})


# The file must not be read before it is known who sends it, so that the token is checked further in.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_PEOPLE, for_all=True)
def panel(request: AdminRequest) -> HttpResponse:
    """Me › Authenticate › User deletion: take a deletion file in; an owner decides on it."""
    request.upload_handlers = [StorageUploadHandler(request)]
    try:
        return _panel(request)
    except FileTooLarge as error:
        form = DeletionForm({}, {}, request.organization)
        form.errors.clear()
        form.add_error("file", str(error))
        return _show_panel(request, form, status=413)


@require_safe
@screen(Permission.EDIT_PEOPLE, for_all=True)
def one_request(request: AdminRequest, number: int) -> HttpResponse:
    """Show a request: whom it names while they are there, how it stands, and its receipts."""
    found = _request_or_404(request, number)
    values = {
        **request_page(found, request.people),
        "receipts": receipts_of(found),
        "may_decide": may(request.admin, Permission.ERASE),
    }
    return render(request, "web/erasures/request.html", {"section": "erasures", "asked": found, **values})


@require_POST
@screen(Permission.ERASE)
def decide(request: AdminRequest, number: int) -> HttpResponse:
    """Approve a request, which erases its people, or reject it."""
    found = _request_or_404(request, number)
    form = ErasureDecisionForm(request.POST, found)
    if not form.is_valid():
        messages.error(request, form.refusal(), extra_tags="bad")
        return redirect("web:erasure-request", number=number)
    is_approved = form.cleaned_data["decision"] == ErasureDecisionForm.APPROVE
    try:
        (approve_erasure if is_approved else reject_erasure)(found, by=request.admin.account, now=timezone.now())
    except ErasureRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
    return redirect("web:erasure-request", number=number)


@require_safe
@screen(Permission.EDIT_PEOPLE, for_all=True)
def receipt(request: AdminRequest, number: int) -> HttpResponse:
    """Show one receipt, to be printed; `?as=text` is the same to be kept."""
    found = _erasure_or_404(request, number)
    if request.GET.get("as") == "text":
        headers = {"Content-Disposition": f'attachment; filename="erasure-{found.pk}.txt"'}
        text = receipt_text(request.organization, found)
        return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
    values = {"section": "erasures", "erasure": found, **erasures_page(found)}
    return render(request, "web/erasures/receipt.html", values)


@require_POST
@screen(Permission.ERASE)
def lift_tombstone(request: AdminRequest, number: int) -> HttpResponse:
    """Let files create an erased person again."""
    found = _erasure_or_404(request, number)
    try:
        lift(request.organization, found.pk, by=request.admin.account, now=timezone.now())
    except (ErasureRefused, DirectoryBusy) as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        messages.success(request, _("Lifted: a file may create the person again."), extra_tags="good")
    return redirect("web:erasure", number=found.pk)


@csrf_protect
def _panel(request: AdminRequest) -> HttpResponse:
    if request.method != "POST":
        return _show_panel(request, DeletionForm(None, None, request.organization))
    form = DeletionForm(request.POST, request.FILES, request.organization)
    if not form.is_valid():
        return _show_panel(request, form)
    try:
        named = form.cleaned_data["file"]
        made = request_erasure(request.organization, named, by=request.admin.account, now=timezone.now())
    except (ErasureRefused, EditRefused) as refused:
        form.add_error("file", str(refused))
        return _show_panel(request, form)
    return redirect("web:erasure-request", number=made.pk)


def _show_panel(request: AdminRequest, form: DeletionForm, *, status: int = 200) -> HttpResponse:
    held = ErasureRequest.objects.filter(organization=request.organization, status=ErasureStatus.HELD)
    values: dict[str, Any] = {"form": form, "held": list(held.select_related("requested_by").order_by("-id")[:20])}
    return render(request, "web/authenticate/deletion.html", {"section": "deletion", **values}, status=status)


def _request_or_404(request: AdminRequest, number: int) -> ErasureRequest:
    requests = ErasureRequest.objects.select_related("organization", "requested_by", "decided_by")
    found = requests.filter(organization=request.organization, id=number).first()
    if found is None:
        raise Http404
    return found


def _erasure_or_404(request: AdminRequest, number: int) -> Erasure:
    found = Erasure.objects.filter(organization=request.organization, id=number).first()
    if found is None:
        raise Http404
    return found
