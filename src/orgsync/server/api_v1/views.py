"""The token itself, and decisions on jobs: in the name of whoever made the token, never on its own feed."""

from datetime import UTC, datetime

from django.http import JsonResponse

from orgsync.server.api.answers import answer
from orgsync.server.api.authentication import ApiRequest, bearer_token, creator_of
from orgsync.server.api.errors import access_denied, invalid_request, resource_not_found
from orgsync.server.api.jobs import job_json
from orgsync.server.api.parameters import flag_field, json_object
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.decisions import DecisionRefused, approve_job, find_job, reject_job
from orgsync.server.uploads.intake import PUBLIC_IDS
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import start_undo


@bearer_token(scope=None)
def about_token(request: ApiRequest) -> JsonResponse:
    """Say what the token may do and how long it is good; any good token may ask."""
    token = request.token
    facts = {
        "name": token.name,
        "prefix": token.prefix,
        "feed": token.feed.name if token.feed else None,
        "scopes": sorted(token.scopes),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }
    return answer(facts)


@bearer_token(scope=Scope.PLANS_READ)
def show_job(request: ApiRequest, job_id: str) -> JsonResponse:
    """Show a job of whatever feed of the organization, with why it is held."""
    return answer(job_json(_find(request, job_id)))


@bearer_token(scope=Scope.JOBS_APPROVE)
def approve(request: ApiRequest, job_id: str) -> JsonResponse:
    body = json_object(request)
    job = _of_another_feed(request, job_id)
    is_approved = approve_job(
        job, by=creator_of(request), now=datetime.now(UTC), additions_only=flag_field(body, "additionsOnly")
    )
    text = "is approved and will be applied." if is_approved else "has its first approval; it needs a second person."
    return _answer(request, job_id, f"Job {job_id} {text}")


@bearer_token(scope=Scope.JOBS_APPROVE)
def reject(request: ApiRequest, job_id: str) -> JsonResponse:
    why = json_object(request).get("why", "")
    if not isinstance(why, str):
        raise invalid_request("why must be text.")
    job = _of_another_feed(request, job_id)
    reject_job(job, by=creator_of(request), now=datetime.now(UTC), why=why[:500])
    return _answer(request, job_id, f"Job {job_id} is rejected; nothing of it is applied.")


@bearer_token(scope=Scope.JOBS_UNDO)
def undo(request: ApiRequest, job_id: str) -> JsonResponse:
    is_dry_run = flag_field(json_object(request), "dryRun")
    job = _of_another_feed(request, job_id)
    made = start_undo(job, by=creator_of(request), now=datetime.now(UTC), is_dry_run=is_dry_run)
    what = "says what the undo of" if is_dry_run else "undoes"
    end = " would do" if is_dry_run else ""
    return _answer(request, str(made.public_id), f"Job {made.public_id} {what} job {job_id}{end}.", status=201)


def _answer(request: ApiRequest, job_id: str, message: str, status: int = 200) -> JsonResponse:
    return answer(job_json(_find(request, job_id)) | {"message": message}, status=status)


def _find(request: ApiRequest, job_id: str) -> UploadJob:
    """Return a job of the organization; anybody else's, and anything that is no job id, is not found."""
    text = job_id.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 16) or int(text) >= PUBLIC_IDS:
        raise resource_not_found()
    try:
        return find_job(request.organization, int(text))
    except DecisionRefused as error:
        raise resource_not_found() from error


def _of_another_feed(request: ApiRequest, job_id: str) -> UploadJob:
    job = _find(request, job_id)
    if job.feed_id == request.token.feed_id:
        raise access_denied("A token decides on no job of its own feed: whoever sends must not approve.")
    return job
