"""What this server knows by name: columns, issues, guards, settings, events, rights, measures. The same for all."""

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from ninja import Query, Schema

from orgsync.core.columns import COLUMNS
from orgsync.core.guards import GUARDS
from orgsync.core.issues import ISSUE_KINDS
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.settings import setting_json
from orgsync.server.api_v1.shapes import Shape
from orgsync.server.audit.actions import MEANINGS as ACTIONS
from orgsync.server.hooks.events import MEANINGS as EVENTS
from orgsync.server.orgs.catalogue import SETTINGS
from orgsync.server.orgs.rights import RIGHTS
from orgsync.server.reports.measures import MEASURES

resource = Resource("catalogues", "What this server knows by name.")
Items = Iterable[dict[str, Any]]


class CatalogueShape(Shape):
    """A catalogue; what its items hold besides `name` and `meaning` differs."""

    items: list[dict[str, Any]]


def _columns() -> Items:
    for one in COLUMNS:
        names = ("name", "example", "max_length", "is_attribute", "is_ours")
        words = {"group": one.group.value, "kind": one.kind.value, "meaning": one.help}
        yield {
            **{name: getattr(one, name) for name in names},
            **words,
            "aliases": list(one.aliases),
            "choices": list(one.choices),
        }


def _issues() -> Items:
    for one in ISSUE_KINDS:
        yield {"name": one.code, "severity": one.severity.value, "meaning": one.wording, "mend": one.mend}


def _guards() -> Items:
    for one in GUARDS:
        limits = {name: getattr(one.limit, name) for name in ("number", "percent", "cap")} if one.has_limit else {}
        yield {"name": one.code, "meaning": one.meaning, "jobs": sorted(one.jobs), **limits}


def _settings() -> Items:
    for one in SETTINGS:
        yield setting_json(one) | {"meaning": one.help}


def _rights() -> Items:
    for right, kind in RIGHTS.items():
        about = {"column": kind.column, "is_limitable": kind.is_limitable}
        yield {"name": right.value, "label": kind.label, "meaning": kind.help, **about}


def _measures() -> Items:
    for one in MEASURES.values():
        yield {"name": one.key, "label": str(one.label), "meaning": str(one.help), "in_period": one.in_period}


def _words(meanings: Any) -> Callable[[], Items]:
    return lambda: [{"name": one.value, "meaning": meaning} for one, meaning in meanings.items()]


CATALOGUES: Final[dict[str, Callable[[], Items]]] = {
    "columns": _columns,
    "issues": _issues,
    "guards": _guards,
    "settings": _settings,
    "events": _words(EVENTS),
    "actions": _words(ACTIONS),
    "rights": _rights,
    "measures": _measures,
}


class CatalogueQuery(Schema):
    """Which catalogue is meant."""

    of: Literal[tuple(CATALOGUES)]  # type: ignore[valid-type]  # the table above


@resource.get("/catalogues", None, CatalogueShape)
def show_catalogue(request: ApiRequest, asked: Query[CatalogueQuery]) -> dict[str, Any]:  # noqa: ARG001  the same for everybody
    """Show a catalogue."""
    return {"items": list(CATALOGUES[asked.of]())}
