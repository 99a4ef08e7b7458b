"""Content and assignments over the API, in the name of whoever made the token."""

from datetime import UTC, date, datetime
from typing import Any, Final

from django.http import JsonResponse

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.core.normalize import fold_key
from orgsync.server.api.authentication import ApiRequest, bearer_token
from orgsync.server.api.errors import access_denied, invalid_request, resource_not_found
from orgsync.server.api.parameters import json_object
from orgsync.server.directory.models import Group, Learner
from orgsync.server.learning.contents import archive_content, change_content, make_content
from orgsync.server.learning.contentvalues import ContentValues
from orgsync.server.learning.models import Assignment, Content, ContentKind
from orgsync.server.learning.queries_assignments import (
    AssignedContent,
    AssignmentLine,
    assigned_to,
    assignments_seen,
    lines_of,
    page_of_assignments,
)
from orgsync.server.learning.queries_contents import ContentFilter, chosen_contents
from orgsync.server.orgs.access import EVERYBODY, Permission, account_may
from orgsync.server.orgs.models import Account
from orgsync.server.orgs.zones import day_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.assigning import Terms, assign, end_assignments
from orgsync.server.uploads.models import UploadJob

NO_STORE: Final = {"Cache-Control": "no-store"}
PAGE: Final = 100
_TEXTS: Final = ("key", "title", "provider", "url", "description", "language", "level")


@bearer_token(scope=Scope.DIRECTORY_READ)
def list_contents(request: ApiRequest) -> JsonResponse:
    """List content by id; `after` is the id that the page before ended with."""
    names = ("kind", "provider", "skill", "language", "state")
    chosen = ContentFilter(request.GET.get("q", ""), **{name: request.GET.get(name, "") for name in names})
    found = chosen_contents(request.organization.pk, chosen).filter(id__gt=_whole(request, "after") or 0)
    page = list(found.order_by("id")[: PAGE + 1])
    shown = [_content_json(one) for one in page[:PAGE]]
    return _answer({"items": shown, "after": page[PAGE - 1].pk if len(page) > PAGE else None})


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def make(request: ApiRequest) -> JsonResponse:
    """Make a content."""
    by = _creator(request)
    values = _values(json_object(request), None)
    _check_may(request, by, values.kind)
    made = make_content(request.organization, values, by=by, now=datetime.now(UTC))
    return _answer(_content_json(made), status=201)


@bearer_token(scope=Scope.DIRECTORY_READ)
def show(request: ApiRequest, content_id: int) -> JsonResponse:
    return _answer(_content_json(_content(request, content_id)))


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def change(request: ApiRequest, content_id: int) -> JsonResponse:
    """Change what the body names of a content; `archived` offers it no longer, or again."""
    body, found, by = json_object(request), _content(request, content_id), _creator(request)
    _check_may(request, by, ContentKind(found.kind))
    now = datetime.now(UTC)
    change_content(found, _values(body, found), now=now)
    if "archived" in body:
        if not isinstance(body["archived"], bool):
            raise invalid_request("archived must be true or false.")
        archive_content(found, now=now, archives=body["archived"])
    return _answer(_content_json(found))


@bearer_token(scope=Scope.DIRECTORY_READ)
def list_assignments(request: ApiRequest) -> JsonResponse:
    """List assignments, the newest first, with how many people stand how."""
    organization = request.organization
    page = page_of_assignments(
        assignments_seen(organization.pk, EVERYBODY).order_by("-id"), after=_whole(request, "after"), size=PAGE
    )
    lines = lines_of(organization.pk, page.assignments, today=day_of(datetime.now(UTC), organization))
    return _answer({"items": [_assignment_json(line) for line in lines], "after": page.after})


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def make_assignment(request: ApiRequest) -> JsonResponse:
    """Queue the job that assigns a content; it is applied unless a guard holds it."""
    body, by = json_object(request), _creator(request)
    content = _content(request, _number(body, "content"))
    audience = _audience(request, body)
    job = assign(
        request.organization, content, [audience], _terms(body), by=by, now=datetime.now(UTC), asks_first=_asks(body)
    )
    return _queued(job)


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def end(request: ApiRequest, assignment_id: int) -> JsonResponse:
    """Queue the job that ends an assignment; guards look at what it closes."""
    body, by = json_object(request), _creator(request)
    found = Assignment.objects.filter(organization=request.organization, id=assignment_id).first()
    if found is None:
        raise resource_not_found()
    return _queued(end_assignments(request.organization, [found], by=by, now=datetime.now(UTC), asks_first=_asks(body)))


@bearer_token(scope=Scope.DIRECTORY_READ)
def of_learner(request: ApiRequest, learner_id: int) -> JsonResponse:
    """List what is assigned to a person and how far they are."""
    organization = request.organization
    if not Learner.objects.filter(organization_id=organization.pk, id=learner_id).exists():
        raise resource_not_found()
    found = assigned_to(organization.pk, learner_id, today=day_of(datetime.now(UTC), organization))
    return _answer({"items": [_assigned_json(one) for one in found]})


def _answer(facts: dict[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(facts, status=status, headers=NO_STORE)


def _queued(job: UploadJob) -> JsonResponse:
    return _answer({"job": str(job.public_id), "status": job.status}, status=202)


def _content_json(one: Content) -> dict[str, Any]:
    facts = {"id": one.pk, "kind": one.kind, **{name: getattr(one, name) for name in _TEXTS}, "skills": one.skills}
    minutes = None if one.seconds is None else one.seconds // 60
    archived = one.archived_at.isoformat() if one.archived_at else None
    return facts | {"minutes": minutes, "archived_at": archived}


def _assignment_json(line: AssignmentLine) -> dict[str, Any]:
    one = line.assignment
    audience = {"kind": one.audience, "group": one.group_id, "learner": one.learner_id}
    audience |= {"attribute": one.attribute or None, "value": one.value or None}
    due = {"kind": one.due, "on": one.due_on and one.due_on.isoformat(), "days": one.due_days}
    counts = {"open": line.open, "overdue": line.overdue, "completed": line.completed, "closed": line.closed}
    return {
        "id": one.pk,
        "content": one.content_id,
        "audience": audience,
        "due": due,
        "note": one.note,
        "begun_at": one.begun_at and one.begun_at.isoformat(),
        "ended_at": one.ended_at and one.ended_at.isoformat(),
        "counts": counts,
    }


def _assigned_json(one: AssignedContent) -> dict[str, Any]:
    link = one.link
    return {
        "assignment": link.assignment_id,
        "content": link.content_id,
        "title": one.content.title,
        "state": link.state,
        "is_overdue": one.is_overdue,
        "due_on": link.due_on and link.due_on.isoformat(),
        "since": link.since.isoformat(),
        "until": link.until and link.until.isoformat(),
        "percent": one.percent,
    }


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


def _audience(request: ApiRequest, body: dict[str, Any]) -> Audience:
    """Read `group` (a name), `learner` (an id), `attribute` with `value`, or `everybody`: true."""
    if body.get("everybody") is True:
        return Audience(AudienceKind.EVERYBODY)
    if isinstance(name := body.get("group"), str):
        group = Group.objects.filter(organization=request.organization, name_key=fold_key(name.strip())).first()
        if group is None:
            raise invalid_request("There is no group of that name.")
        return Audience(AudienceKind.GROUP, group_id=group.pk)
    if "learner" in body:
        return Audience(AudienceKind.PERSON, learner_id=_number(body, "learner"))
    attribute, value = body.get("attribute"), body.get("value")
    if not isinstance(attribute, str) or not isinstance(value, str):
        raise invalid_request("Give group, learner, attribute with value, or everybody: true.")
    return Audience(AudienceKind.ATTRIBUTE, attribute=attribute, value=value)


def _terms(body: dict[str, Any]) -> Terms:
    """Read `due_on` (a day), or `due_days` counted from `reaching` or `start`; `reminder_days`; `note`."""
    reminders, note = body.get("reminder_days", []), body.get("note", "")
    is_list = isinstance(reminders, list) and all(type(day) is int for day in reminders)
    if not is_list or not isinstance(note, str):
        raise invalid_request("reminder_days must be a list of whole numbers, and note a text.")
    due = Due()
    if "due_on" in body:
        try:
            due = Due(DueKind.ON_DATE, on=date.fromisoformat(str(body["due_on"])))
        except ValueError as error:
            raise invalid_request("due_on must be a day, as 2026-03-31.") from error
    elif "due_days" in body:
        kind = {"reaching": DueKind.AFTER_REACHING, "start": DueKind.AFTER_START}.get(
            str(body.get("due_from", "reaching"))
        )
        if kind is None:
            raise invalid_request("due_from must be reaching or start.")
        due = Due(kind, days=_number(body, "due_days"))
    return Terms(due, reminders, note)


def _asks(body: dict[str, Any]) -> bool:
    value = body.get("asks_first", False)
    if not isinstance(value, bool):
        raise invalid_request("asks_first must be true or false.")
    return value


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise invalid_request(f"{name} must be given, as a whole number.")
    return value


def _whole(request: ApiRequest, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise invalid_request(f"{name} must be a whole number.")
    return int(text)


def _content(request: ApiRequest, content_id: int) -> Content:
    found = Content.objects.filter(organization=request.organization, id=content_id).first()
    if found is None:
        raise resource_not_found()
    return found


def _check_may(request: ApiRequest, by: Account, kind: ContentKind) -> None:
    needed = Permission.MANAGE_CONTENT if kind is ContentKind.COURSE else Permission.CURATE_CONTENT
    if not account_may(request.organization.pk, by, needed):
        raise access_denied("Whoever made this token may not do that.")


def _creator(request: ApiRequest) -> Account:
    account = request.token.created_by
    if account is None or not account.is_active:
        raise access_denied("Whoever made this token may no longer sign in; make a new one.")
    return account
