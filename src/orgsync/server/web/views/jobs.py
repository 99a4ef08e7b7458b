"""People › Sync history: every job, one job on which an admin decides, and what its plan holds."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from orgsync.core.model import JobStatus
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.scope import ids_within
from orgsync.server.orgs.access import Permission, may_decide, may_for_all
from orgsync.server.uploads import queries
from orgsync.server.uploads.approvals import lines_since_approval
from orgsync.server.uploads.decisions import can_add_only, is_own_edit
from orgsync.server.uploads.failedrows import failed_rows
from orgsync.server.uploads.historyfile import history_csv
from orgsync.server.uploads.media import RemovedMedia, open_verified
from orgsync.server.uploads.models import JobKind, Media, UploadJob
from orgsync.server.uploads.planpages import PlanFile, PlanFilter, open_plan
from orgsync.server.uploads.planpeople import seen_by
from orgsync.server.uploads.undoing import can_be_undone
from orgsync.server.web.forms.jobs import JobFilterForm, PageForm, PlanFilterForm
from orgsync.server.web.screens import AdminRequest, screen

NEWS_SHOWN: Final = 20
CSV: Final = "text/csv; charset=utf-8"


@require_safe
@screen(Permission.SEE_JOBS)
def index(request: AdminRequest) -> HttpResponse:
    """List every job, the held ones first."""
    form = JobFilterForm(request.GET, request.organization, asked_by=_asked_by(request))
    chosen, place = form.chosen(timezone.now()), PageForm(request.GET).place()
    is_first = not place and chosen.status in {"", "HELD"}
    page = queries.page_of_jobs(request.organization, chosen, **place)
    held = queries.held_jobs(request.organization, chosen) if is_first and not chosen.status else []
    is_narrowed = chosen != queries.JobFilter(asked_by=form.asked_by)
    values = {"form": form, "page": page, "held": held, "is_narrowed": is_narrowed}
    return render(request, "web/jobs/index.html", {"section": "jobs", **values})


@require_safe
@screen(Permission.SEE_JOBS)
def export(request: AdminRequest) -> StreamingHttpResponse:
    """Send the history, as filtered, as a CSV file."""
    chosen = JobFilterForm(request.GET, request.organization, asked_by=_asked_by(request)).chosen(timezone.now())
    record_look(request.organization.pk, Action.JOBS_EXPORTED)
    return _attachment(history_csv(request.organization, chosen), f"sync-history-{timezone.localdate()}.csv")


@require_safe
@screen(Permission.SEE_JOBS)
def detail(request: AdminRequest, job: int) -> HttpResponse:
    """Show one job with everything that a decision needs."""
    found = job_or_404(request, job)
    plan = _plan_of(found)
    values = {
        "plan": plan,
        "has_plan_gone": found.plan is not None and plan is None,
        "events": queries.events_of(found),
        "expires_at": queries.expires_at(found),
        "rest": queries.rest_of(found),
        "undos": queries.undos_of(found),
        "superseded_by": queries.superseded_by(found),
        "news": _news_of(request, found),
        **_rights(request, found),
    }
    return render(request, "web/jobs/detail.html", {"section": "jobs", **_status(found), **values})


@require_safe
@screen(Permission.SEE_JOBS)
def progress(request: AdminRequest, job: int) -> HttpResponse:
    """Answer the page's own question of how far the job is; when it has ended or is held, the page is shown anew."""
    found = job_or_404(request, job)
    response = render(request, "web/jobs/_progress.html", _status(found))
    if not queries.is_active(found):
        response["HX-Refresh"] = "true"
    return response


@require_safe
@screen(Permission.SEE_JOBS)
def plan(request: AdminRequest, job: int) -> HttpResponse:
    """Browse the plan of a job."""
    found = job_or_404(request, job)
    stored = plan_or_404(found)
    form = PlanFilterForm(request.GET, stored, _seen(request, stored))
    chosen = form.chosen()
    page = stored.page(chosen, form.position())
    can_choose = may_for_all(request.admin, Permission.DECIDE) and can_be_undone(found, now=timezone.now())
    values = {"job": found, "plan": stored, "form": form, "chosen": chosen, "page": page, "can_choose": can_choose}
    return render(request, "web/jobs/plan.html", {"section": "jobs", **values})


@require_safe
@screen(Permission.SEE_JOBS)
def download(request: AdminRequest, job: int, what: str) -> StreamingHttpResponse:
    """Stream one of the files of a job."""
    found = job_or_404(request, job)
    make = DOWNLOADS.get(what)
    if make is None or (what != "plan" and not request.people.is_everybody):
        # Rows of a file do not say in which groups their people are: who is limited to groups gets none.
        raise Http404
    try:
        answer = make(request, found)
    except RemovedMedia as removed:
        raise Http404(str(removed)) from removed
    record_look(request.organization.pk, Action.FILE_DOWNLOADED, {"job": found.public_id, "kind": what})
    return answer


def job_or_404(request: AdminRequest, public_id: int) -> UploadJob:
    """Return a job of the asking organization; another one's is not found.

    Who is limited to groups finds the jobs that they asked for themselves: others are about anybody.
    """
    found = queries.find_job(request.organization, public_id)
    if found is None or _asked_by(request) not in (None, found.requested_by_id):
        raise Http404
    return found


def _asked_by(request: AdminRequest) -> int | None:
    return None if request.people.is_everybody else request.admin.account_id


def _seen(request: AdminRequest, stored: PlanFile) -> PlanFilter:
    """Return what the asking admin may see of a plan."""
    return seen_by(request.people, request.organization.pk, stored)


def _status(job: UploadJob) -> dict[str, Any]:
    return {"job": job, "is_active": queries.is_active(job), "can_cancel": queries.can_cancel(job)}


def _rights(request: AdminRequest, job: UploadJob) -> dict[str, bool]:
    is_admin = may_for_all(request.admin, Permission.DECIDE)
    needs_owner = queries.needs_owner(job)
    is_own = is_own_edit(job, request.admin.account)
    is_allowed = may_decide(request.admin, needs_owner=needs_owner) or is_own
    needs_second = job.organization.needs_second_person
    is_first = needs_second and job.first_approved_by_id == request.admin.account_id
    needed = {"needs_owner": needs_owner, "needs_second": needs_second, "is_first": is_first}
    can_undo = is_admin and can_be_undone(job, now=timezone.now())
    return {
        "may_decide": is_allowed,
        "may_cancel": is_admin or is_own,
        "may_download": request.people.is_everybody,
        "can_undo": can_undo,
        "can_do_undo": is_admin and _shows_an_undo(job),
        "may_add_only": can_add_only(job),
        **needed,
    }


def _shows_an_undo(job: UploadJob) -> bool:
    """Say whether the job has shown what an undo would do, and that undo can still be asked for."""
    if job.kind != JobKind.UNDO or not job.is_dry_run or job.status != JobStatus.DONE or job.undoes is None:
        return False
    return can_be_undone(job.undoes, now=timezone.now(), chosen=job.chosen)


def _plan_of(job: UploadJob) -> PlanFile | None:
    """Return the job's plan while its file is there."""
    if job.plan is None:
        return None
    with contextlib.suppress(RemovedMedia, FileNotFoundError):
        return open_plan(job.plan)
    return None


def _news_of(request: AdminRequest, job: UploadJob) -> dict[str, Any] | None:
    """Return how many lines of a held job's plan the one approved before does not have, and the first of them."""
    if job.status != JobStatus.HELD or job.approved_plan is None:
        return None
    with contextlib.suppress(RemovedMedia, FileNotFoundError):
        lines = lines_since_approval(job)
        if not request.people.is_everybody:
            known = ids_within(request.organization.pk, request.people, lines["learner_id"].drop_nulls().to_list())
            lines = lines.filter(lines["learner_id"].is_in(sorted(known)))
        return {"total": lines.height, "lines": lines.head(NEWS_SHOWN).to_dicts()} if lines.height else None
    return None


def plan_or_404(job: UploadJob) -> PlanFile:
    """Return the job's plan; a job without one, or whose file is gone, has no page of it."""
    found = _plan_of(job)
    if found is None:
        raise Http404
    return found


def _source(request: AdminRequest, job: UploadJob) -> StreamingHttpResponse:  # noqa: ARG001  the same for everybody
    kind = "application/gzip" if job.source.content_encoding else CSV
    return _attachment(open_verified(job.source), job.source.file_name or f"source-{job.public_id}.csv", kind)


def _results(request: AdminRequest, job: UploadJob) -> StreamingHttpResponse:  # noqa: ARG001  the same for everybody
    return _attachment(open_verified(_stored(job.result)), f"results-{job.public_id}.csv")


def _failed(request: AdminRequest, job: UploadJob) -> StreamingHttpResponse:  # noqa: ARG001  the same for everybody
    return _attachment(failed_rows(_stored(job.result)), f"failed-rows-{job.public_id}.csv")


def _plan_lines(request: AdminRequest, job: UploadJob) -> StreamingHttpResponse:
    stored = plan_or_404(job)
    chosen = PlanFilterForm(request.GET, stored, _seen(request, stored)).chosen()
    return _attachment(stored.csv(chosen), f"plan-{job.public_id}.csv")


DOWNLOADS: Final[dict[str, Callable[[AdminRequest, UploadJob], StreamingHttpResponse]]] = {
    "source": _source,
    "results": _results,
    "failed-rows": _failed,
    "plan": _plan_lines,
}


def _stored(media: Media | None) -> Media:
    if media is None:
        raise Http404
    return media


def _attachment(chunks: Iterator[bytes], name: str, content_type: str = CSV) -> StreamingHttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": disposition or "attachment",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(chunks, headers=headers)
