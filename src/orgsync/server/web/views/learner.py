"""People › Learners › one learner: what is known, and what is changed by hand; the engine does it at once."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.core.edits import Edit
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Learner
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.directory.scope import learner_within
from orgsync.server.orgs.access import Permission, may
from orgsync.server.uploads.adding import add_person
from orgsync.server.uploads.edits import EditRefused, edit_people
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.assigned import courses_of_learner
from orgsync.server.web.editoutcome import findings_of, outcome_of
from orgsync.server.web.forms.learner import ChangeForm, LearnerForm, NewLearnerForm, ValuesForm
from orgsync.server.web.forms.learners import TimelineForm
from orgsync.server.web.learnerpage import invitation_of, learner_page, manager_text
from orgsync.server.web.learnertable import name_of
from orgsync.server.web.screens import AdminRequest, screen


@require_safe
@screen(Permission.SEE_PEOPLE)
def detail(request: AdminRequest, learner_id: int) -> HttpResponse:
    """Show one learner, with what happened to them."""
    learner = learner_or_404(request, learner_id)
    place = TimelineForm(request.GET)
    values = learner_page(learner, place, request.people) | invitation_of(request.organization, learner)
    if may(request.admin, Permission.SEE_CONTENT):
        values["courses"] = courses_of_learner(request.organization, learner)
    values["outcome"] = outcome_of(request, place.job_id(), learner)
    return render(request, "web/learners/detail.html", {"section": "learners", "place": place, **values})


@require_POST
@screen(Permission.EDIT_PEOPLE)
def change(request: AdminRequest, learner_id: int) -> HttpResponse:
    """Change the one thing that the button which was pressed says."""
    learner = learner_or_404(request, learner_id)
    form = ChangeForm(request.POST, learner)
    if not form.is_valid():
        messages.error(request, form.refusal(), extra_tags="bad")
        return redirect("web:learner", learner_id=learner.id)
    job = _attempt(request, lambda: _edited(request, form.edit()))
    if job is not None and job.status == JobStatus.FAILED:
        told = [str(found["message"]) for found in findings_of(job)] or [job.reason]
        messages.error(request, " ".join(dict.fromkeys(told)), extra_tags="bad")
        return redirect("web:learner", learner_id=learner.id)
    return _answer(job, learner.id)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_PEOPLE)
def edit(request: AdminRequest, learner_id: int) -> HttpResponse:
    """Edit every value of a learner; what the engine refuses stands beside its field."""
    learner = learner_or_404(request, learner_id)
    form = LearnerForm(
        request.POST if request.method == "POST" else None, learner, manager_text(learner, request.people)
    )
    if form.is_bound and form.is_valid():
        wanted = form.edit()
        if wanted is None:
            messages.info(request, _("Nothing was changed: everything is as it was."))
            return redirect("web:learner", learner_id=learner.id)
        job = _attempt(request, lambda: _edited(request, wanted))
        if job is not None and not _is_refused(job, form):
            return _answer(job, learner.id)
    values = {"section": "learners", "form": form, "learner": learner, "name": name_of(learner)}
    return render(request, "web/learners/edit.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_PEOPLE, for_all=True)
def add(request: AdminRequest) -> HttpResponse:
    """Add one person by hand."""
    organization = request.organization
    form = NewLearnerForm(request.POST if request.method == "POST" else None, organization.pk, {})
    if form.is_bound and form.is_valid():
        cells = form.cells()
        job = _attempt(request, lambda: add_person(organization, cells, request.admin.account))
        if job is not None and not _is_refused(job, form):
            made = Learner.objects.filter(organization_id=organization.pk, created_job_id=job.pk).first()
            return redirect("web:learner", learner_id=made.id) if made else redirect("web:job", job=job.public_id)
    return render(request, "web/learners/add.html", {"section": "learners", "form": form})


def learner_or_404(request: AdminRequest, learner_id: int) -> Learner:
    """Return one of the people whom the asking admin may see; anybody else is not found."""
    found = learner_within(request.organization.pk, request.people, learner_id)
    if found is None:
        raise Http404
    return found


def _edited(request: AdminRequest, wanted: Edit) -> UploadJob:
    note = _("Edit of learner %s") % wanted.learner_id
    return edit_people(request.organization, [wanted], request.admin.account, note=note)


def _attempt(request: AdminRequest, act: Callable[[], UploadJob]) -> UploadJob | None:
    """Do it; None, with the reason told, when the engine would not begin."""
    try:
        return act()
    except (EditRefused, DirectoryBusy) as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return None


def _is_refused(job: UploadJob, form: ValuesForm) -> bool:
    """Say whether the job failed; what it found stands in the form then."""
    if job.status != JobStatus.FAILED:
        return False
    found: list[Any] = findings_of(job)
    form.add_findings(found or [{"column": None, "message": job.reason}])
    return True


def _answer(job: UploadJob | None, learner_id: int) -> HttpResponse:
    """Lead back to the learner, with what changed; a job that waits, or still goes on, is shown itself."""
    if job is not None and job.status != JobStatus.DONE:
        return redirect("web:job", job=job.public_id)
    path = reverse("web:learner", kwargs={"learner_id": learner_id})
    return redirect(path if job is None else f"{path}?changed={job.public_id}")
