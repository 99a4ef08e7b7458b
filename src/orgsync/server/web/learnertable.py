"""The table of learners: the chosen columns of a page of people, read in a few looks whatever their number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from orgsync.core.columns import CUSTOM_PREFIX, label_of
from orgsync.server.directory.models import Learner
from orgsync.server.directory.queries import groups_of, licenses_of, people_in_order
from orgsync.server.directory.scope import ids_within
from orgsync.server.web.forms.learners import LINK_COLUMNS, STATE_WORDS, LearnersForm


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of the table; `column` says how it is drawn.

    Status and time come as they are drawn: a page has few different ones, and hundreds of places.
    """

    column: str
    value: Any

    @property
    def is_text(self) -> bool:
        """Whether the value is shown as it is: most are, and a page holds hundreds."""
        return self.column not in _SPECIAL


@dataclass(frozen=True, slots=True)
class Row:
    """One person; the words for the box by which they are chosen, and the address of their page."""

    learner: Learner
    cells: Sequence[Cell]
    choose: str
    address: str


@dataclass(frozen=True, slots=True)
class Table:
    headers: Sequence[tuple[str, str]]
    """Column and what to call it, without name and address, which are always there."""
    rows: Sequence[Row]


_SPECIAL: Final = frozenset({"groups", "licenses", "manager"})


def name_of(learner: Learner) -> str:
    """Return what a learner is called: name, or address where there is none."""
    names = (learner.preferred_first_name, learner.preferred_last_name)
    return " ".join(filter(None, names)) or learner.primary_email_address


def table_of(form: LearnersForm, people: Sequence[Learner]) -> Table:
    """Return the people with the columns that the form names."""
    columns = form.columns
    beside = {name: _beside(name, form, people) for name in columns if name in _SPECIAL}
    choose, address = gettext("Choose %s"), reverse("web:learners")
    shown = {"status": cache(_status), "change": cache(_time)}
    rows = [
        Row(
            learner,
            [Cell(column, _value(column, learner, beside.get(column), shown.get(column))) for column in columns],
            choose % name_of(learner),
            f"{address}{learner.id}/",
        )
        for learner in people
    ]
    return Table([(column, str(LINK_COLUMNS.get(column, label_of(column)))) for column in columns], rows)


def _beside(column: str, form: LearnersForm, people: Sequence[Learner]) -> dict[int, Any]:
    """Return what a column that is no attribute says of each learner."""
    organization_id, ids = form.organization.pk, [learner.id for learner in people]
    if column == "groups":
        return dict(groups_of(organization_id, ids))
    if column == "licenses":
        pools = dict(form.offered.pools)
        held = licenses_of(organization_id, ids)
        return {who: [(pools[pool], state, STATE_WORDS[state]) for pool, state in some] for who, some in held.items()}
    ids = [one.manager_id for one in people if one.manager_id is not None]
    managers = people_in_order(organization_id, sorted(ids_within(organization_id, form.people, ids)))
    named = {manager.id: manager for manager in managers}
    return {one.id: named.get(one.manager_id) for one in people if one.manager_id is not None}


def _value(
    column: str, learner: Learner, beside: dict[int, Any] | None, shown: Callable[[Any], SafeString] | None
) -> Any:
    if beside is not None:
        return beside.get(learner.id)
    if shown is not None:
        return shown(learner.is_active if column == "status" else learner.changed_at)
    if column.startswith(CUSTOM_PREFIX):
        return _text(learner.custom.get(column))
    return _text(getattr(learner, column))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _status(is_active: bool) -> SafeString:  # noqa: FBT001  the one thing that it draws
    return render_to_string("web/learners/_status.html", {"is_active": is_active})


def _time(at: datetime) -> SafeString:
    local = timezone.localtime(at)
    exact, day = (date_format(local, look) for look in ("j M Y, H:i", "j M Y"))
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, day)
