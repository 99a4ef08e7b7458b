"""The three resources of documents: of an activity, of an agent, and of an agent's state in an activity."""

import re
import uuid
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.http import http_date

from orgsync.core.xapi import shapes
from orgsync.server.api.authentication import Answer, ApiRequest, bearer_token, by_method
from orgsync.server.api.errors import ApiError, invalid_request, resource_not_found
from orgsync.server.api.parameters import content_length
from orgsync.server.learning.documents import (
    MOST_BYTES,
    NAME_LENGTH,
    Body,
    Name,
    Place,
    delete_document,
    documents_at,
    etag_of,
    find_document,
    merge_document,
    put_document,
)
from orgsync.server.learning.models import Document
from orgsync.server.tokens.scopes import Scope
from orgsync.server.xapi.protocol import NO_STORE, version_of
from orgsync.server.xapi.questions import read_agent, read_id, read_moment

STATE, ACTIVITY_PROFILE, AGENT_PROFILE = "activities/state", "activities/profile", "agents/profile"
_NAMES: Final = {STATE: "stateId", ACTIVITY_PROFILE: "profileId", AGENT_PROFILE: "profileId"}
_OF: Final = {STATE: ("activityId", "agent"), ACTIVITY_PROFILE: ("activityId",), AGENT_PROFILE: ("agent",)}
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def document_views(resource: str) -> Answer[[]]:
    """Return the view of a resource, whatever the method."""
    read, write = bearer_token(scope=Scope.XAPI_READ), bearer_token(scope=Scope.XAPI_WRITE)
    views = _Views(resource)
    return by_method(GET=read(views.get), PUT=write(views.put), POST=write(views.post), DELETE=write(views.delete))


class _Views:
    def __init__(self, resource: str) -> None:
        self.resource, self.name = resource, _NAMES[resource]

    def get(self, request: ApiRequest) -> HttpResponse:
        asked = self._asked(request, "since")
        if self.name not in request.GET:
            return self._list(request, asked)
        found = find_document(request.organization.pk, self._named(request, asked))
        if found is None:
            raise resource_not_found("There is no such document.")
        # Whatever a platform has stored, a browser shall not show it as a page of ours.
        tags = {"Content-Disposition": "attachment", "ETag": etag_of(found)}
        tags["Last-Modified"] = http_date(found.stored_at.timestamp())
        return HttpResponse(bytes(found.content), content_type=found.content_type, headers=NO_STORE | tags)

    def put(self, request: ApiRequest) -> HttpResponse:
        named = self._named(request, self._asked(request))
        is_careful = self.resource != STATE or version_of(request).startswith("2")
        put_document(
            request.organization, named, _body(request), _conditions(request, is_careful=is_careful), now=timezone.now()
        )
        return HttpResponse(status=204, headers=NO_STORE)

    def post(self, request: ApiRequest) -> HttpResponse:
        named = self._named(request, self._asked(request))
        merge_document(request.organization, named, _body(request), _conditions(request), now=timezone.now())
        return HttpResponse(status=204, headers=NO_STORE)

    def delete(self, request: ApiRequest) -> HttpResponse:
        asked = self._asked(request)
        if self.name in request.GET or self.resource != STATE:
            delete_document(request.organization, self._named(request, asked), _conditions(request))
        else:
            documents_at(request.organization.pk, asked, registration=_registration(request)).delete()
        return HttpResponse(status=204, headers=NO_STORE)

    def _list(self, request: ApiRequest, asked: Place) -> JsonResponse:
        found = list(
            documents_at(
                request.organization.pk,
                asked,
                registration=_registration(request),
                since=read_moment(request.GET, "since"),
            )
        )
        last = {"Last-Modified": http_date(found[-1].stored_at.timestamp())} if found else {}
        return JsonResponse([one.name for one in found], safe=False, headers=NO_STORE | last)

    def _asked(self, request: HttpRequest, *more: str) -> Place:
        of = _OF[self.resource]
        known = {*of, *more, self.name, *(["registration"] if self.resource == STATE else [])}
        if unknown := sorted(request.GET.keys() - known):
            raise invalid_request(f"{unknown[0]} is not known here.")
        if missing := [name for name in of if name not in request.GET]:
            raise invalid_request(f"{missing[0]} must be given.")
        activity = request.GET.get("activityId", "")
        if "activityId" in of:
            shapes.iri(activity, "activityId")
        agent = read_agent(request.GET["agent"]) if "agent" in of else None
        return Place(self.resource, activity, agent)

    def _named(self, request: HttpRequest, place: Place) -> Name:
        name = request.GET.get(self.name, "")
        if not 1 <= len(name) <= NAME_LENGTH or "\0" in name:
            raise invalid_request(f"{self.name} must be given, of at most {NAME_LENGTH:,} characters.")
        return Name(place, name, _registration(request))


def _registration(request: HttpRequest) -> uuid.UUID | None:
    return read_id(request.GET["registration"], "registration") if "registration" in request.GET else None


def _body(request: ApiRequest) -> Body:
    length = content_length(request)
    if length > MOST_BYTES:
        raise ApiError(413, "TOO_LARGE", f"A document has at most {MOST_BYTES:,} bytes.")
    return Body(request.read(length), request.META.get("CONTENT_TYPE") or "application/octet-stream")


def _conditions(request: HttpRequest, *, is_careful: bool = False) -> Callable[[Document | None], None]:
    """Return what asks whether a document may be written over; careful: whoever would must say that they know it."""
    wanted, unwanted = (request.headers.get(name, "").strip() for name in ("If-Match", "If-None-Match"))

    def check(known: Document | None) -> None:
        tag = None if known is None else etag_of(known)
        if (wanted and not _matches(wanted, tag)) or (unwanted and _matches(unwanted, tag)):
            raise ApiError(412, "PRECONDITION_FAILED", "The document is not as the condition wants it.")
        if not is_careful or wanted or unwanted:
            return
        if known is not None:
            words = "There is a document already: fetch it, and say If-Match with its ETag."
            raise ApiError(409, "CONFLICT", words)
        if version_of(request).startswith("1"):
            raise invalid_request("Say If-None-Match: * for a new document, or If-Match for one that is there.")

    return check


def _matches(header: str, tag: str | None) -> bool:
    return tag is not None and (header == "*" or tag in _TAG.findall(header))
