"""What we know of an agent and of an activity, by the standard's two resources that only tell."""

from typing import Any

from django.http import JsonResponse

from orgsync.core.xapi import shapes
from orgsync.server.api.authentication import ApiRequest, bearer_token
from orgsync.server.api.errors import invalid_request
from orgsync.server.learning.statementlist import definition_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.xapi.protocol import NO_STORE
from orgsync.server.xapi.questions import read_agent

_NAMES = ("name", "mbox", "mbox_sha1sum", "openid", "account")


@bearer_token(scope=Scope.XAPI_READ)
def agent(request: ApiRequest) -> JsonResponse:
    """Show an agent as a person. We keep no list of who is the same, so it is this agent alone."""
    asked = read_agent(_only(request, "agent"))
    person: dict[str, Any] = {"objectType": "Person", **{name: [asked[name]] for name in _NAMES if name in asked}}
    return JsonResponse(person, headers=NO_STORE)


@bearer_token(scope=Scope.XAPI_READ)
def activity(request: ApiRequest) -> JsonResponse:
    """Show an activity with everything that statements say of it."""
    asked = _only(request, "activityId")
    shapes.iri(asked, "activityId")
    found = definition_of(request.organization.pk, asked)
    whole = {"objectType": "Activity", "id": asked} | ({"definition": found} if found else {})
    return JsonResponse(whole, headers=NO_STORE)


def _only(request: ApiRequest, name: str) -> str:
    if request.GET.keys() != {name}:
        raise invalid_request(f"{name} must be given, and nothing else.")
    return request.GET[name]
