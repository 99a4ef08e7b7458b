"""POST and GET /v2/enterpriseUploadJobs: start a job, see how far it is."""

from http import HTTPStatus
from typing import Final

from django.http import JsonResponse

from orgsync.server.api.answers import answer
from orgsync.server.api.authentication import ApiRequest, bearer_token, feed_of
from orgsync.server.api.errors import invalid_request, resource_not_found
from orgsync.server.api.jobs import job_json, jobs_for_wire
from orgsync.server.api.parameters import asked_terms, json_object, text_field
from orgsync.server.api.urns import public_id_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.intake import PUBLIC_IDS, AlreadyStarted, start_job
from orgsync.server.uploads.media import find_media
from orgsync.server.uploads.models import MediaKind, UploadJob
from orgsync.server.uploads.terms import WiderThanAllowed

ACTION: Final = "processFile"


@bearer_token(scope=Scope.SYNC)
def process_file(request: ApiRequest) -> JsonResponse:
    if request.GET.get("action") != ACTION:
        raise invalid_request(f"action must be {ACTION}.")
    asked = asked_terms(request)
    public_id = public_id_of(text_field(json_object(request), "mediaUrn"), field="mediaUrn")
    media = find_media(request.organization, feed_of(request), public_id, [MediaKind.SOURCE])
    if media is None:
        raise resource_not_found()
    try:
        job = start_job(media, requested_by=request.token, asked=asked)
    except (WiderThanAllowed, AlreadyStarted) as error:
        raise invalid_request(str(error)) from error
    return JsonResponse({"value": str(job.public_id)}, status=HTTPStatus.CREATED)


@bearer_token(scope=Scope.SYNC)
def show_job(request: ApiRequest, job_id: str) -> JsonResponse:
    job = _find_job(request, job_id)
    if job is None:
        raise resource_not_found()
    return answer(job_json(job))


def _find_job(request: ApiRequest, job_id: str) -> UploadJob | None:
    """Return a job of the token's feed; anybody else's, and anything that is no job id, is None."""
    text = job_id.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 16) or int(text) >= PUBLIC_IDS:
        return None
    named = jobs_for_wire().filter(organization=request.organization, feed=feed_of(request), public_id=int(text))
    return next(iter(named), None)
