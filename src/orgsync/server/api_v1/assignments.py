"""Assignments over the API, in the name of whoever made the token."""

from datetime import UTC, date, datetime
from typing import Any, Final

from django.http import JsonResponse

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.core.normalize import fold_key
from orgsync.server.api.answers import answer
from orgsync.server.api.authentication import ApiRequest, bearer_token, creator_of
from orgsync.server.api.errors import invalid_request, resource_not_found
from orgsync.server.api.parameters import flag_field, json_object, number_field, query_number
from orgsync.server.api_v1.contents import PAGE, content_of
from orgsync.server.directory.models import Group, Learner
from orgsync.server.learning.models import Assignment
from orgsync.server.learning.queries_assignments import (
    AssignedContent,
    AssignmentLine,
    assigned_to,
    assignments_seen,
    lines_of,
    page_of_assignments,
)
from orgsync.server.orgs.access import EVERYBODY
from orgsync.server.orgs.zones import day_of
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.assigning import Terms, assign, end_assignments
from orgsync.server.uploads.models import UploadJob

_COUNTED_FROM: Final = {"reaching": DueKind.AFTER_REACHING, "start": DueKind.AFTER_START}


@bearer_token(scope=Scope.DIRECTORY_READ)
def list_assignments(request: ApiRequest) -> JsonResponse:
    """List assignments, the newest first, with how many people stand how."""
    organization = request.organization
    page = page_of_assignments(
        assignments_seen(organization.pk, EVERYBODY).order_by("-id"), after=query_number(request, "after"), size=PAGE
    )
    lines = lines_of(organization.pk, page.assignments, today=day_of(datetime.now(UTC), organization))
    return answer({"items": [_assignment_json(line) for line in lines], "after": page.after})


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def make(request: ApiRequest) -> JsonResponse:
    """Queue the job that assigns a content; it is applied unless a guard holds it."""
    body, by = json_object(request), creator_of(request)
    content = content_of(request, number_field(body, "content"))
    audience = _audience(request, body)
    terms, asks_first = _terms(body), flag_field(body, "asks_first")
    now = datetime.now(UTC)
    return _queued(assign(request.organization, content, [audience], terms, by=by, now=now, asks_first=asks_first))


@bearer_token(scope=Scope.DIRECTORY_WRITE)
def end(request: ApiRequest, assignment_id: int) -> JsonResponse:
    """Queue the job that ends an assignment; guards look at what it closes."""
    body, by = json_object(request), creator_of(request)
    found = Assignment.objects.filter(organization=request.organization, id=assignment_id).first()
    if found is None:
        raise resource_not_found()
    now, asks_first = datetime.now(UTC), flag_field(body, "asks_first")
    return _queued(end_assignments(request.organization, [found], by=by, now=now, asks_first=asks_first))


@bearer_token(scope=Scope.DIRECTORY_READ)
def of_learner(request: ApiRequest, learner_id: int) -> JsonResponse:
    """List what is assigned to a person and how far they are."""
    organization = request.organization
    if not Learner.objects.filter(organization_id=organization.pk, id=learner_id).exists():
        raise resource_not_found()
    found = assigned_to(organization.pk, learner_id, today=day_of(datetime.now(UTC), organization))
    return answer({"items": [_assigned_json(one) for one in found]})


def _queued(job: UploadJob) -> JsonResponse:
    return answer({"job": str(job.public_id), "status": job.status}, status=202)


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
        return Audience(AudienceKind.PERSON, learner_id=number_field(body, "learner"))
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
    return Terms(_due(body), reminders, note)


def _due(body: dict[str, Any]) -> Due:
    if "due_on" in body:
        try:
            return Due(DueKind.ON_DATE, on=date.fromisoformat(str(body["due_on"])))
        except ValueError as error:
            raise invalid_request("due_on must be a day, as 2026-03-31.") from error
    if "due_days" not in body:
        return Due()
    kind = _COUNTED_FROM.get(str(body.get("due_from", "reaching")))
    if kind is None:
        raise invalid_request("due_from must be reaching or start.")
    return Due(kind, days=number_field(body, "due_days"))
