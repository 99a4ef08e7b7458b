"""A person's word on a job: the one form on its page that changes anything."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orgsync.server.orgs.access import Permission
from orgsync.server.uploads.decisions import DecisionRefused, approve_job, cancel_job, reject_job
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import UndoRefused, start_undo
from orgsync.server.web.forms.jobs import DecisionForm
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.views.jobs import job_or_404


@require_POST
@screen(Permission.DECIDE)
def decide(request: AdminRequest, job: int) -> HttpResponse:
    """Approve the plan that was shown, reject it, cancel a job that has not begun to apply, or undo one that did."""
    found, form = job_or_404(request, job), DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.refusal(), extra_tags="bad")
        return redirect("web:job", job=job)
    try:
        if form.cleaned_data["decision"] == DecisionForm.UNDO:
            undo = start_undo(found, by=request.admin.account, now=timezone.now())
            return redirect("web:job", job=undo.public_id)
        told = DECISIONS[form.cleaned_data["decision"]](request, found, form)
    except (DecisionRefused, UndoRefused) as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        messages.success(request, told, extra_tags="good")
    return redirect("web:job", job=job)


def _approve(request: AdminRequest, job: UploadJob, form: DecisionForm) -> str:
    if job.plan is None or job.plan.public_id != form.cleaned_data["plan"]:
        raise DecisionRefused(_("The job has another plan by now. Nothing was changed: look at it first."))
    adds_only = form.cleaned_data["decision"] == DecisionForm.ADD
    if not approve_job(job, by=request.admin.account, now=timezone.now(), additions_only=adds_only):
        return _("Approved by you. It is applied when a second person approves it too.")
    if adds_only:
        return _("Approved. The additions are being applied; the rest will wait as a job of its own.")
    return _("Approved. The plan is being applied.")


def _reject(request: AdminRequest, job: UploadJob, form: DecisionForm) -> str:
    reject_job(job, by=request.admin.account, now=timezone.now(), why=form.cleaned_data["why"])
    return _("Rejected. Nothing was applied.")


def _cancel(request: AdminRequest, job: UploadJob, form: DecisionForm) -> str:  # noqa: ARG001  it says all
    cancel_job(job, by=request.admin.account, now=timezone.now())
    return _("Cancelled. Nothing was applied.")


DECISIONS: Final[dict[str, Callable[[AdminRequest, UploadJob, DecisionForm], str]]] = {
    DecisionForm.APPROVE: _approve,
    DecisionForm.ADD: _approve,
    DecisionForm.REJECT: _reject,
    DecisionForm.CANCEL: _cancel,
}
