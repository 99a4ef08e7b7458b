"""Reports: one question with its lines, the people behind a line, what learning came to, and those that are kept."""

from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from django.http import StreamingHttpResponse
from ninja import Query, Schema
from pydantic import Field

from orgsync.server.api.errors import resource_not_found
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.files import sent
from orgsync.server.api_v1.listing import oldest_first
from orgsync.server.api_v1.operations import CSV, Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.refusals import existing, impossible
from orgsync.server.api_v1.reportshape import (
    CountedShape,
    KeptReport,
    ReportShape,
    StoryShape,
    counted_json,
    kept_json,
    report_json,
    story_json,
)
from orgsync.server.api_v1.shapes import Body, Flag, Id, Line, Shape
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.models import CustomAttribute
from orgsync.server.orgs.access import EVERYBODY, Permission
from orgsync.server.reports.answers import Counted, answer, people_of
from orgsync.server.reports.files import csv_parts, people_table, table_of
from orgsync.server.reports.measures import MEASURES
from orgsync.server.reports.models import Rhythm
from orgsync.server.reports.questions import ATTRIBUTES, GROUP, MANAGER, WHOLE, Period, Question, from_json
from orgsync.server.reports.roi import tell_story
from orgsync.server.reports.saving import remove_report, save_report, visible_reports
from orgsync.server.tokens.scopes import Scope

resource = Resource("reports", "What people learn: measures, by what people have in common, over days.")
_SEE: Final[dict[str, Any]] = {"permission": Permission.SEE_REPORTS}
_FIXED: Final = frozenset({WHOLE, GROUP, MANAGER, *ATTRIBUTES})


class QuestionQuery(Schema):
    """What is asked."""

    measure: Literal[tuple(MEASURES)] = "hours"  # type: ignore[valid-type]  # the catalogue
    slice: str = Field(
        "department_name",
        max_length=255,
        description="An attribute, `group`, `manager`, or `whole`: everybody together.",
    )
    period: Period = Period.LAST_90
    since: date | None = Field(None, description="The first day, of a chosen period.")
    until: date | None = Field(
        None, description="The last day, of a chosen period; people are taken as they were then."
    )


class QuestionBody(QuestionQuery, Body):
    """A report that is to be kept."""

    name: str = Field(min_length=1, max_length=100)
    is_shared: Flag = Field(default=False, description="Others who may see reports find it in their list.")
    rhythm: Rhythm = Field(Rhythm.NEVER, description="How often it goes by mail to whoever made the token.")


class PeopleMeant(QuestionQuery):
    """Whose line is meant."""

    of: Line | None = Field(None, description="A line's `key`.")
    without: bool = Field(default=False, description="The people who have no value.")


class PeopleQuery(PeopleMeant, PageQuery):
    """A page of the people behind a line."""


class RemovedReport(Shape):
    """A report that is kept no longer."""

    id: int


@resource.get("/reports", Scope.REPORTS_READ, ReportShape, **_SEE)
def run_report(request: MakerRequest, asked: Query[QuestionQuery]) -> dict[str, Any]:
    """Answer a report: each line with its people and its value, the highest first."""
    return report_json(answer(request.organization, _question(request, asked), EVERYBODY, now=datetime.now(UTC)))


@resource.get("/reports/story", Scope.REPORTS_READ, StoryShape, **_SEE)
def show_story(request: MakerRequest, asked: Query[QuestionQuery]) -> dict[str, Any]:
    """Say what learning came to, beside as many days before."""
    return story_json(tell_story(request.organization, _question(request, asked), EVERYBODY, now=datetime.now(UTC)))


@resource.get("/reports/people", Scope.REPORTS_READ, Listed[CountedShape], also=[Scope.DIRECTORY_READ], **_SEE)
def list_people_behind(request: MakerRequest, asked: Query[PeopleQuery]) -> dict[str, Any]:
    """List who is behind a line, those with the highest value first."""
    place = asked.place(int, int)
    after = (place[0], place[1]) if place else None
    found = _people(request, asked, after=after, limit=asked.limit + 1)
    shown = found[: asked.limit]
    last = (shown[-1].raw, shown[-1].learner_id) if len(found) > asked.limit else None
    return listed([counted_json(one) for one in shown], last)


@resource.get("/files/report", Scope.REPORTS_READ, CSV, **_SEE)
def send_report(request: MakerRequest, asked: Query[QuestionQuery]) -> StreamingHttpResponse:
    """Send a report as CSV."""
    question = _question(request, asked)
    record_look(request.organization.pk, Action.REPORT_EXPORTED)
    found = answer(request.organization, question, EVERYBODY, now=datetime.now(UTC))
    return sent(csv_parts(table_of(found, question.slice)), "report.csv")


@resource.get("/files/report-people", Scope.REPORTS_READ, CSV, also=[Scope.DIRECTORY_READ], **_SEE)
def send_people_behind(request: MakerRequest, asked: Query[PeopleMeant]) -> StreamingHttpResponse:
    """Send everybody behind a line as CSV."""
    question = _question(request, asked)
    record_look(request.organization.pk, Action.REPORT_EXPORTED)
    found = _people(request, asked, after=None, limit=None)
    return sent(csv_parts(people_table(found, str(question.measured.label))), "people.csv")


@resource.get("/reports/kept", Scope.REPORTS_READ, Listed[KeptReport], **_SEE)
def list_kept_reports(request: MakerRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """List the reports that whoever made the token keeps, and those that others share."""
    found = visible_reports(request.organization, request.admin.account)
    return oldest_first(found, page, lambda one: kept_json(one, request.admin.account_id))


@resource.post("/reports/kept", Scope.REPORTS_READ, KeptReport, status=201, **_SEE)
def keep_report(request: MakerRequest, body: QuestionBody) -> dict[str, Any]:
    """Keep a report under a name, in place of the one of that name, and let it go out by mail."""
    kept = save_report(
        request.organization,
        request.admin.account,
        body.name,
        _question(request, body),
        is_shared=body.is_shared,
        rhythm=body.rhythm,
        now=datetime.now(UTC),
    )
    return kept_json(kept, request.admin.account_id)


@resource.get("/reports/kept/{int:report_id}", Scope.REPORTS_READ, ReportShape, **_SEE)
def run_kept_report(request: MakerRequest, report_id: Id) -> dict[str, Any]:
    """Answer a report that is kept, as of now."""
    found = existing(visible_reports(request.organization, request.admin.account).filter(id=report_id).first())
    return report_json(answer(request.organization, from_json(found.question), EVERYBODY, now=datetime.now(UTC)))


@resource.delete("/reports/kept/{int:report_id}", Scope.REPORTS_READ, RemovedReport, **_SEE)
def forget_report(request: MakerRequest, report_id: Id) -> dict[str, Any]:
    """Keep a report no longer: one of whoever made the token."""
    if not remove_report(request.organization, request.admin.account, report_id):
        raise resource_not_found()
    return {"id": report_id}


def _question(request: MakerRequest, asked: QuestionQuery) -> Question:
    custom = CustomAttribute.objects.filter(organization=request.organization, name=asked.slice)
    if asked.slice not in _FIXED and not custom.exists():
        raise impossible("slice: people are not told apart by that.")
    return Question(asked.measure, asked.slice, asked.period, asked.since, asked.until)


def _people(
    request: MakerRequest, asked: PeopleMeant, *, after: tuple[int, int] | None, limit: int | None
) -> list[Counted]:
    question, now = _question(request, asked), datetime.now(UTC)
    if (asked.of is None) is not asked.without:
        raise impossible("Give the line's key as `of`, or `without=true` for a line without one.")
    if asked.slice in {GROUP, MANAGER} and asked.of is not None and not _is_id(asked.of):
        raise impossible("of: the key of such a line is an id.")
    return people_of(request.organization, question, EVERYBODY, wanted=asked.of, now=now, after=after, limit=limit)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
