"""Settings of the organization: the whole catalogue with what is set, the limits of guards, and blackout days."""

from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from ninja import Query, Schema
from pydantic import Field, StrictBool, StrictInt

from orgsync.core.guards import GUARDS, limits_of
from orgsync.server.api_v1.beyond import check_no_sender
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.feeds import GuardLimit
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.refusals import impossible
from orgsync.server.api_v1.shapes import Body, Line, Shape, Text
from orgsync.server.configuring import WrongSetting, change_settings
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.blackouts import Blackout, add_blackout, blackouts_of, remove_blackout
from orgsync.server.orgs.catalogue import BY_NAME, SETTINGS, Kind, Section, Setting
from orgsync.server.orgs.limits import set_organization_guards
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.queries_guards import NIGHTS, GuardPast, guards_lately

resource = Resource("settings", "What is set for the whole organization. Tokens that send files loosen nothing of it.")
MANAGE: Final[dict[str, Any]] = {"permission": Permission.MANAGE_SETTINGS}
_HOLDS: Final = frozenset({Section.APPROVALS, Section.FILES, Section.LEAVERS})
"""Sections that say what files do, and who looks at them."""
Value = StrictBool | StrictInt | Text | list[Line] | None


class SettingShape(Shape):
    """A setting with what is written about it, and its value."""

    name: str
    section: str
    kind: str
    label: str
    help: str
    unit: str
    minimum: int = Field(description="Of a number.")
    maximum: int = Field(description="Of a number; of a text, its length.")
    choices: list[str]
    reads_files: bool = Field(description="Whether it changes what rows mean.")
    default: Any
    value: Any


class SettingsShape(Shape):
    """All settings."""

    items: list[SettingShape]


class SettingsQuery(Schema):
    """Which settings are meant."""

    section: Literal[("", *(section.value for section in Section))] = ""  # type: ignore[valid-type]  # the catalogue


class SettingsChange(Body):
    """What is to be otherwise; what is not named stays."""

    values: dict[Line, Value] = Field(min_length=1, max_length=200, description="By name of the setting.")


class GuardShape(Shape):
    """A guard with the organization's limits and what the last nights brought."""

    code: str
    meaning: str
    has_limit: bool
    number: int | None
    percent: float | None
    cap: int | None
    own: dict[str, float | None] = Field(description="Numbers that the organization has set.")
    most: int = Field(description=f"The highest count that one job applied in {NIGHTS} days.")
    held: int = Field(description=f"How many jobs it held in {NIGHTS} days.")


class GuardsShape(Shape):
    """All guards."""

    items: list[GuardShape]


class GuardsBody(Body):
    """The organization's own limits, all of them: a guard that is not named goes back to the default."""

    guards: dict[Line, GuardLimit] = Field(max_length=100)


class BlackoutShape(Shape):
    """Days on which every job is held; both included."""

    first: str
    last: str
    why: str


class BlackoutsShape(Shape):
    """All blackouts, the earliest first."""

    items: list[BlackoutShape]


class BlackoutBody(Body):
    """Days on which every job is to be held."""

    first: date
    last: date
    why: str = Field(min_length=1, max_length=200)


class FirstDayBody(Body):
    """The day on which a blackout begins."""

    first: date


@resource.get("/settings", Scope.ADMIN, SettingsShape, **MANAGE)
def list_settings(request: MakerRequest, asked: Query[SettingsQuery]) -> dict[str, Any]:
    """List every setting with its meaning, its limits and its value."""
    return _settings(request.organization, asked.section)


@resource.patch("/settings", Scope.ADMIN, SettingsShape, **MANAGE)
def change_organization_settings(request: MakerRequest, body: SettingsChange) -> dict[str, Any]:
    """Change what the body names, all of it or nothing."""
    for name, value in body.values.items():
        if name not in BY_NAME:
            raise impossible(f"There is no setting {name[:100]!r}.")
        if not _is_of(BY_NAME[name], value):
            raise impossible(f"{name}: it holds a {BY_NAME[name].kind}.")
    if any(BY_NAME[name].section in _HOLDS for name in body.values):
        check_no_sender(request)
    try:
        change_settings(request.organization, body.values)
    except WrongSetting as wrong:
        raise impossible(str(wrong)) from wrong
    return _settings(request.organization, "")


@resource.get("/guards", Scope.ADMIN, GuardsShape, **MANAGE)
def list_guards(request: MakerRequest) -> dict[str, Any]:
    """List the guards with the limits of all feeds; a feed may have its own."""
    return _guards(request.organization)


@resource.put("/guards", Scope.ADMIN, GuardsShape, **MANAGE)
def set_guards(request: MakerRequest, body: GuardsBody) -> dict[str, Any]:
    """Set the organization's limits; the next job of every feed goes by them."""
    check_no_sender(request)
    given = {code: limit.model_dump(exclude_none=True) for code, limit in body.guards.items()}
    try:
        set_organization_guards(request.organization, given)
    except ValueError as unknown:
        raise impossible(f"guards: {unknown}") from unknown
    request.organization.refresh_from_db()
    return _guards(request.organization)


@resource.get("/blackouts", Scope.ADMIN, BlackoutsShape, **MANAGE)
def list_blackouts(request: MakerRequest) -> dict[str, Any]:
    """List the days on which nothing is applied."""
    return {"items": [_blackout_json(span) for span in blackouts_of(request.organization)]}


@resource.post("/blackouts", Scope.ADMIN, BlackoutShape, status=201, **MANAGE)
def make_blackout(request: MakerRequest, body: BlackoutBody) -> dict[str, Any]:
    """Hold every job on some days."""
    return _blackout_json(add_blackout(request.organization, body.first, body.last, body.why))


@resource.post("/blackouts/remove", Scope.ADMIN, BlackoutsShape, **MANAGE)
def take_blackout_back(request: MakerRequest, body: FirstDayBody) -> dict[str, Any]:
    """Take back the blackouts that begin on a day, and answer them; jobs that are held stay held."""
    check_no_sender(request)
    return {"items": [_blackout_json(span) for span in remove_blackout(request.organization, body.first)]}


def _settings(organization: Organization, section: str) -> dict[str, Any]:
    chosen = [one for one in SETTINGS if section in {"", one.section.value}]
    return {"items": [setting_json(one) | {"value": getattr(organization, one.name)} for one in chosen]}


def setting_json(one: Setting) -> dict[str, Any]:
    """Return what the catalogue says of a setting."""
    names = ("name", "label", "help", "unit", "minimum", "maximum", "reads_files", "default")
    words = {"section": one.section.value, "kind": one.kind.value, "choices": [value for value, _ in one.choices]}
    return {name: getattr(one, name) for name in names} | words


def _is_of(setting: Setting, value: Value) -> bool:
    """Tell whether a value is of the setting's type; whether it is a good one, `change_settings` says."""
    if setting.kind is Kind.FLAG:
        return isinstance(value, bool)
    if setting.kind in {Kind.NUMBER, Kind.NUMBER_OR_NEVER}:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return is_number or (value is None and setting.kind is Kind.NUMBER_OR_NEVER)
    return isinstance(value, list if setting.kind in {Kind.SEVERAL, Kind.LINES} else str)


def _guards(organization: Organization) -> dict[str, Any]:
    own, lately = organization.guards, guards_lately(organization, datetime.now(UTC))
    limits = limits_of(own)
    items = []
    for guard in GUARDS:
        limit, past = limits[guard.code], lately.get(guard.code, GuardPast())
        parts = {name: getattr(limit, name) if guard.has_limit else None for name in ("number", "percent", "cap")}
        about = {"code": guard.code, "meaning": guard.meaning, "has_limit": guard.has_limit}
        items.append({**about, **parts, "own": own.get(guard.code, {}), "most": past.most, "held": past.held})
    return {"items": items}


def _blackout_json(span: Blackout) -> dict[str, Any]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat(), "why": span.why}
