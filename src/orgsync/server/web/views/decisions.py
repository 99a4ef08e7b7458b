"""A person's word on a job: the one form on its page that changes anything."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.uploads.decisions import DecisionRefused, approve_job, cancel_job, is_own_edit, reject_job
from orgsync.server.uploads.models import JobKind, UploadJob
from orgsync.server.uploads.planpeople import people_in_plan
from orgsync.server.uploads.undoing import UndoRefused, start_undo
from orgsync.server.web.forms.jobs import DecisionForm, PlanFilterForm
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.views.jobs import job_or_404, plan_or_404


@require_POST
@screen(Permission.SEE_JOBS)
def decide(request: AdminRequest, job: int) -> HttpResponse:
    """Approve the plan that was shown, reject it, cancel a job that has not begun to apply, or undo one that did."""
    found, form = job_or_404(request, job), DecisionForm(request.POST)
    if not (may_for_all(request.admin, Permission.DECIDE) or is_own_edit(found, request.admin.account)):
        raise PermissionDenied
    if not form.is_valid():
        messages.error(request, form.refusal(), extra_tags="bad")
        return redirect("web:job", job=job)
    try:
        if form.cleaned_data["decision"] in {DecisionForm.TRY_UNDO, DecisionForm.UNDO}:
            return redirect("web:job", job=_undo(request, found, form).public_id)
        told = DECISIONS[form.cleaned_data["decision"]](request, found, form)
    except (DecisionRefused, UndoRefused) as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        messages.success(request, told, extra_tags="good")
    return redirect("web:job", job=job)


def _undo(request: AdminRequest, job: UploadJob, form: DecisionForm) -> UploadJob:
    """Queue an undo, or a look at what it would do; the word on such a look means the undo that it has shown."""
    person = form.cleaned_data["chosen"]
    chosen = [] if person is None else [person]
    if job.kind == JobKind.UNDO and job.is_dry_run and job.undoes is not None:
        job, chosen = job.undoes, job.chosen
    is_dry_run = form.cleaned_data["decision"] == DecisionForm.TRY_UNDO
    return start_undo(job, by=request.admin.account, now=timezone.now(), chosen=chosen, is_dry_run=is_dry_run)


@require_POST
@screen(Permission.DECIDE)
def undo_chosen(request: AdminRequest, job: int) -> HttpResponse:
    """Show what it would do to undo a job for people chosen in its plan: those ticked, or all whom the filter finds."""
    found = job_or_404(request, job)
    stored = plan_or_404(found)
    form = PlanFilterForm(request.GET, stored)
    is_all = request.POST.get("whom") == "all"
    positions = None if is_all else [int(text) for text in request.POST.getlist("line") if text.isdecimal()]
    people = people_in_plan(found, stored, form.chosen(), positions)
    back = f"{reverse('web:job-plan', kwargs={'job': job})}?{request.GET.urlencode()}"
    if not people:
        messages.error(request, _("Choose somebody first: tick their lines. Nothing was changed."), extra_tags="bad")
        return redirect(back)
    try:
        undo = start_undo(found, by=request.admin.account, now=timezone.now(), chosen=people, is_dry_run=True)
    except UndoRefused as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect(back)
    return redirect("web:job", job=undo.public_id)


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
