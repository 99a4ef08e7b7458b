"""What becomes of an edit that a page has asked for: told, or shown on the page of its job."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from orgsync.core.model import JobStatus
from orgsync.server.uploads.models import UploadJob
from orgsync.server.web.screens import AdminRequest


def follow(request: AdminRequest, job: UploadJob, *, back: str) -> HttpResponse:
    """Lead to the job where its plan waits for a word or is still being made; else say what it did and go back."""
    if job.status == JobStatus.DONE:
        messages.success(request, _("Done. It stands in the sync history, where it can be undone."), extra_tags="good")
        return redirect(back)
    if job.status == JobStatus.FAILED:
        messages.error(request, _refusal(job), extra_tags="bad")
        return redirect(back)
    if job.status == JobStatus.HELD:
        messages.info(request, _("Nothing is changed yet. Look at the plan, then approve it."))
    return redirect("web:job", job=job.public_id)


def _refusal(job: UploadJob) -> str:
    """Return every reason why the rows of a failed edit could not be."""
    told = [str(message["message"]) for message in job.messages if message["row"] is not None]
    return " ".join(dict.fromkeys(told)) or job.reason
