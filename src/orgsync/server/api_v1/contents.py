"""Content over the API, in the name of whoever made the token."""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction
from django.http import JsonResponse

from orgsync.server.api.answers import answer
from orgsync.server.api.authentication import ApiRequest, bearer_token, creator_of
from orgsync.server.api.errors import access_denied, invalid_request, resource_not_found
from orgsync.server.api.parameters import flag_field, json_object, query_number
from orgsync.server.learning.contents import archive_content, change_content, make_content
from orgsync.server.learning.contentvalues import ContentValues
from orgsync.server.learning.models import Content, ContentKind
from orgsync.server.learning.queries_contents import ContentFilter, chosen_contents
from orgsync.server.orgs.access import Permission, account_may
from orgsync.server.orgs.models import Account
from orgsync.server.tokens.scopes import Scope

PAGE: Final = 100
_TEXTS: Final = ("key", "title", "provider", "url", "description", "language", "level")


@bearer_token(scope=Scope.DIRECTORY_READ)
def list_contents(request: ApiRequest) -> JsonResponse:
    """List content by id; `after` is the id that the page before ended with."""
    names = ("kind", "provider", "skill", "language", "state")
    chosen = ContentFilter(request.GET.get("q", ""), **{name: request.GET.get(name, "") for name in names})
    found = chosen_contents(request.organization.pk, chosen).filter(id__gt=query_number(request, "after") or 0)
    page = list(found.order_by("id")[: PAGE + 1])
    shown = [_content_json(one) for one in page[:PAGE]]
    return answer({"items": shown, "after": page[PAGE - 1].pk if len(page) > PAGE else None})


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def make(request: ApiRequest) -> JsonResponse:
    """Make a content."""
    by = creator_of(request)
    values = _values(json_object(request), None)
    _check_may(request, by, values.kind)
    made = make_content(request.organization, values, by=by, now=datetime.now(UTC))
    return answer(_content_json(made), status=201)


@bearer_token(scope=Scope.DIRECTORY_READ)
def show(request: ApiRequest, content_id: int) -> JsonResponse:
    return answer(_content_json(content_of(request, content_id)))


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def change(request: ApiRequest, content_id: int) -> JsonResponse:
    """Change what the body names of a content; `archived` offers it no longer, or again."""
    body, found, by = json_object(request), content_of(request, content_id), creator_of(request)
    _check_may(request, by, ContentKind(found.kind))
    values, archives, now = _values(body, found), flag_field(body, "archived"), datetime.now(UTC)
    with transaction.atomic():
        change_content(found, values, now=now)
        if "archived" in body:
            archive_content(found, now=now, archives=archives)
    return answer(_content_json(found))


def content_of(request: ApiRequest, content_id: int) -> Content:
    """Return a content of the organization, or answer that there is none."""
    found = Content.objects.filter(organization=request.organization, id=content_id).first()
    if found is None:
        raise resource_not_found()
    return found


def _content_json(one: Content) -> dict[str, Any]:
    facts = {"id": one.pk, "kind": one.kind, **{name: getattr(one, name) for name in _TEXTS}, "skills": one.skills}
    minutes = None if one.seconds is None else one.seconds // 60
    archived = one.archived_at.isoformat() if one.archived_at else None
    return facts | {"minutes": minutes, "archived_at": archived}


def _values(body: dict[str, Any], known: Content | None) -> ContentValues:
    """Return the values that the body gives, over those of the known content; raise ApiError for another type."""
    before = _content_json(known) if known else {"kind": ContentKind.COURSE.value, "skills": [], "minutes": None}
    given = {name: body.get(name, before.get(name, "")) for name in (*_TEXTS, "kind", "skills", "minutes")}
    for name in (*_TEXTS, "kind"):
        if not isinstance(given[name], str):
            raise invalid_request(f"{name} must be text.")
    skills, minutes = given.pop("skills"), given.pop("minutes")
    if not isinstance(skills, list) or not all(isinstance(skill, str) for skill in skills):
        raise invalid_request("skills must be a list of texts.")
    if minutes is not None and (isinstance(minutes, bool) or not isinstance(minutes, int)):
        raise invalid_request("minutes must be a whole number.")
    if given["kind"] not in ContentKind.values:
        raise invalid_request(f"kind must be one of {', '.join(ContentKind.values)}.")
    texts = {name: given[name].strip() for name in _TEXTS}
    return ContentValues(kind=ContentKind(given["kind"]), skills=skills, minutes=minutes, **texts)


def _check_may(request: ApiRequest, by: Account, kind: ContentKind) -> None:
    needed = Permission.MANAGE_CONTENT if kind is ContentKind.COURSE else Permission.CURATE_CONTENT
    if not account_may(request.organization.pk, by, needed):
        raise access_denied("Whoever made this token may not do that.")
