"""POST /media/upload: take a file in and, in automatic mode, start its job."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from django.http import JsonResponse

from orgsync.server.api.authentication import ApiRequest, bearer_token, feed_of
from orgsync.server.api.bodies import check_body, content_encoding, receive_body, upload_slot
from orgsync.server.api.errors import ApiError, invalid_request
from orgsync.server.api.parameters import (
    asked_terms,
    check_media_type,
    expected_rows,
    expected_sha256,
    idempotency_key,
    query_bool,
)
from orgsync.server.api.urns import media_urn
from orgsync.server.tokens.limits import Call
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.idempotency import IdempotencyConflict, claim_key
from orgsync.server.uploads.intake import accept_upload
from orgsync.server.uploads.media import discard, kept_if_recorded, record_media
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.receive import Received
from orgsync.server.uploads.terms import Asked, WiderThanAllowed, narrowed, terms_of_feed


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """Everything that an upload says about itself beside its bytes."""

    is_automatic: bool
    asked: Asked
    sha256: bytes | None
    rows: int | None
    key: str | None
    encoding: str


@bearer_token(scope=Scope.SYNC, counts_as=Call.UPLOAD)
def upload(request: ApiRequest) -> JsonResponse:
    """Answer with the URN of the stored file; all that can be known is checked before the body is read."""
    now = datetime.now(UTC)
    described = _describe(request)
    with upload_slot():
        received = receive_body(request, now=now)
    _check_hash(described, received)
    public_id = _record(request, described, received, now)
    return JsonResponse({"location": media_urn(public_id)}, status=HTTPStatus.CREATED)


def _describe(request: ApiRequest) -> UploadRequest:
    check_media_type(request)
    described = UploadRequest(
        is_automatic=query_bool(request, "auto_notify") or False,
        asked=asked_terms(request),
        sha256=expected_sha256(request),
        rows=expected_rows(request),
        key=idempotency_key(request),
        encoding=content_encoding(request),
    )
    try:
        narrowed(terms_of_feed(feed_of(request)), described.asked)
    except WiderThanAllowed as error:
        raise invalid_request(str(error)) from error
    check_body(request)
    return described


def _check_hash(described: UploadRequest, received: Received) -> None:
    if described.sha256 is not None and described.sha256 != received.sha256:
        discard(received)
        raise invalid_request("X-Content-SHA256 differs from the hash of the file that came; nothing was kept.")


def _record(request: ApiRequest, described: UploadRequest, received: Received, now: datetime) -> str:
    """Return the public id to answer with: that of the new file, or of the same upload before."""
    try:
        with kept_if_recorded(received):
            known = claim_key(request.token, described.key, received, now=now) if described.key else None
            if known is None:
                media = _record_media(request, described, received)
                accept_upload(request.token, media, automatic=described.is_automatic)
    except IdempotencyConflict as error:
        raise ApiError(422, "IDEMPOTENCY_CONFLICT", str(error)) from error
    if known is not None:
        discard(received)
    return known or received.public_id


def _record_media(request: ApiRequest, described: UploadRequest, received: Received) -> Media:
    return record_media(
        received,
        feed=feed_of(request),
        token=request.token,
        content_encoding=described.encoding,
        mode=described.asked.mode,
        rows=described.asked.rows,
        is_dry_run=described.asked.dry_run or False,
        expected_rows=described.rows,
    )
