"""GET /v2/learningActivityReports: what people learned, in the shape of LinkedIn's reporting API."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, JsonResponse

from orgsync.server.api.answers import answer
from orgsync.server.api.authentication import ApiRequest, bearer_token
from orgsync.server.api.errors import invalid_request
from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.learning.models import Content, ContentKind
from orgsync.server.reports.activityreports import LONGEST, Asked, By, Kinds, Line, Page, read_activity
from orgsync.server.tokens.scopes import Scope

ASSET_TYPES: Final = {
    ContentKind.COURSE: "COURSE",
    ContentKind.PATH: "LEARNING_PATH",
    ContentKind.COLLECTION: "LEARNING_COLLECTION",
}
_KIND_OF: Final = {name: kind.value for kind, name in ASSET_TYPES.items()}
_OTHER_ASSETS: Final = frozenset({"VIDEO", "ARTICLE", "AUDIO", "BOOK", "DOCUMENT", "EVENT"})
_UNITS: Final = {"DAY": 1, "WEEK": 7, "MONTH": 30}
"""In days."""
MOST: Final = 1_000


@bearer_token(scope=Scope.REPORTS_READ)
def learning_activity_reports(request: ApiRequest) -> JsonResponse:
    asked = _asked(request)
    page = read_activity(request.organization.pk, asked)
    names = _Names(request.organization.pk, asked.by, page)
    elements = [
        {
            "latestDataAt": _milliseconds(page.latest_at or asked.until),
            "activities": [activity for kinds in line.kinds for activity in _activities(kinds)],
            **names.details(line),
        }
        for line in page.lines
    ]
    return answer({"elements": elements, "paging": _paging(request, asked, page)})


class _Names:
    """What the ids of a page's lines are called, read in one go."""

    def __init__(self, organization_id: int, by: By, page: Page) -> None:
        self._by = by
        keys = [line.key for line in page.lines]
        contents = Content.objects.filter(
            organization_id=organization_id, id__in=[line.content_id for line in page.lines if line.content_id]
        )
        self._contents = {content.pk: content for content in contents}
        self._groups: dict[int, str] = {}
        self._learners: dict[int, Learner] = {}
        self._groups_of: dict[int, list[str]] = {}
        if by is By.GROUP:
            self._groups = _group_names(organization_id, keys)
        if by is By.INDIVIDUAL:
            found = Learner.objects.filter(organization_id=organization_id, id__in=keys)
            self._learners = {learner.id: learner for learner in found}
            self._read_memberships(organization_id, keys)

    def details(self, line: Line) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._by is By.GROUP:
            urn = {"groupUrn": f"urn:li:enterpriseGroup:{line.key}"}
            found["learnerDetails"] = {"name": self._groups.get(line.key, ""), "entity": urn}
        if self._by is By.INDIVIDUAL:
            found["learnerDetails"] = self._learner(line.key)
        if line.content_id in self._contents:
            found["contentDetails"] = _content(self._contents[line.content_id])
        return found

    def _learner(self, learner_id: int) -> dict[str, Any]:
        entity = {"profileUrn": f"urn:li:enterpriseProfile:{learner_id}"}
        learner = self._learners.get(learner_id)
        if learner is None:
            return {"entity": entity}
        names = (learner.preferred_first_name, learner.preferred_last_name)
        return {
            "name": " ".join(name for name in names if name),
            "email": learner.primary_email_address,
            "uniqueUserId": learner.unique_user_id or "",
            "enterpriseGroups": self._groups_of.get(learner_id, []),
            "customAttributes": dict(learner.custom),
            "entity": entity,
        }

    def _read_memberships(self, organization_id: int, learner_ids: Collection[int]) -> None:
        links = Membership.objects.filter(organization_id=organization_id, learner_id__in=learner_ids)
        pairs = list(links.order_by("learner_id", "group_id").values_list("learner_id", "group_id"))
        names = _group_names(organization_id, {group_id for _, group_id in pairs})
        for learner_id, group_id in pairs:
            self._groups_of.setdefault(learner_id, []).append(names.get(group_id, ""))


def _group_names(organization_id: int, ids: Collection[int]) -> dict[int, str]:
    return dict(Group.objects.filter(organization_id=organization_id, id__in=ids).values_list("id", "name"))


def _content(content: Content) -> dict[str, Any]:
    language, _dash, country = content.language.partition("-")
    found: dict[str, Any] = {
        "name": content.title,
        "contentProviderName": content.provider,
        "contentUrn": content.key,
    }
    if language:
        found["locale"] = {"language": language} | ({"country": country} if country else {})
    return found


def _activities(kinds: Kinds) -> list[dict[str, Any]]:
    numbers = (
        ("VIEWS", "TOTAL", kinds.views),
        ("VIEWS", "UNIQUE", kinds.unique_views),
        ("SECONDS_VIEWED", "TOTAL", kinds.seconds),
        ("COMPLETIONS", "TOTAL", kinds.completions),
        ("COMPLETIONS", "UNIQUE", kinds.unique_completions),
        ("DAYS_ACTIVE", "TOTAL", kinds.days_active),
        ("DAYS_ACTIVE", "UNIQUE", kinds.learners),
    )
    return [
        {
            "engagementType": engagement,
            "engagementMetricQualifier": qualifier,
            "engagementValue": int(value),
            "assetType": ASSET_TYPES[ContentKind(kinds.kind)],
            "firstEngagedAt": _milliseconds(kinds.first_at),
            "lastEngagedAt": _milliseconds(kinds.last_at),
        }
        for engagement, qualifier, value in numbers
    ]


def _asked(request: HttpRequest) -> Asked:
    values = request.GET
    if values.get("q") != "criteria":
        raise invalid_request("q must be criteria.")
    since = _moment(values.get("startedAt", ""))
    until = since + _offset(values.get("timeOffset.unit", "DAY"), values.get("timeOffset.duration", ""))
    by = _by(values.get("aggregationCriteria.primary", ""))
    secondary = values.get("aggregationCriteria.secondary", "")
    if secondary not in {"", "CONTENT"}:
        raise invalid_request("aggregationCriteria.secondary must be CONTENT.")
    asset = values.get("assetType", "")
    if asset and asset not in _KIND_OF and asset not in _OTHER_ASSETS:
        raise invalid_request("assetType is not known.")
    source = values.get("contentSource", "ALL_SOURCES")
    return Asked(
        since,
        until,
        by,
        per_content=secondary == "CONTENT",
        # An asset type that we do not tell apart has no activity.
        kind=_KIND_OF.get(asset, asset),
        provider="" if source == "ALL_SOURCES" else source,
        start=_number(values.get("start", "0"), "start", most=10**9),
        count=_number(values.get("count", "10"), "count", most=MOST) or 1,
    )


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(_number(text, "startedAt", most=253_402_300_799_000) / 1000, tz=UTC)


def _offset(unit: str, duration: str) -> timedelta:
    if unit not in _UNITS:
        raise invalid_request("timeOffset.unit must be DAY, WEEK or MONTH.")
    number = _number(duration, "timeOffset.duration", most=1_000)
    offset = timedelta(days=number * _UNITS[unit])
    if not timedelta() < offset <= LONGEST:
        raise invalid_request("timeOffset must be at least one day and at most 14.")
    return offset


def _by(text: str) -> By:
    try:
        return By(text)
    except ValueError as error:
        raise invalid_request(f"aggregationCriteria.primary must be one of {', '.join(By)}.") from error


def _number(text: str, name: str, *, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 15 and int(text) <= most):
        raise invalid_request(f"{name} must be a whole number of at most {most}.")
    return int(text)


def _paging(request: HttpRequest, asked: Asked, page: Page) -> dict[str, Any]:
    links = []
    if asked.start + asked.count < page.total:
        links.append(_link(request, "next", asked.start + asked.count))
    if asked.start:
        links.append(_link(request, "prev", max(0, asked.start - asked.count)))
    return {"start": asked.start, "count": asked.count, "total": page.total, "links": links}


def _link(request: HttpRequest, rel: str, start: int) -> dict[str, str]:
    query = urlencode({**request.GET.dict(), "start": start})
    return {"type": "application/json", "rel": rel, "href": f"{request.path}?{query}"}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
