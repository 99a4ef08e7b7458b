"""What the list of learners takes in: whom to show, in what order, with which columns, and from whom on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import ATTRIBUTE_NAMES, label_of
from orgsync.core.normalize import fold_key
from orgsync.server.directory.criteria import NONE, Criteria
from orgsync.server.directory.models import LicenseState
from orgsync.server.directory.queries import NOBODY, Order, Page, choices_of, find_page
from orgsync.server.directory.scope import groups_within
from orgsync.server.directory.timeline import Subject
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.plain import PlainForm

STATUSES: Final = [("", _("All")), ("active", _("Active")), ("inactive", _("Inactive"))]
STATES: Final = [
    ("", _("Any")),
    (LicenseState.ACTIVE.value, _("Active")),
    (LicenseState.WAITING.value, _("Waiting for a seat")),
    (LicenseState.SCHEDULED.value, _("Waits for the first day")),
    (LicenseState.DENIED.value, _("Revoked by hand")),
    (NONE, _("No license")),
]
STATE_WORDS: Final = dict(STATES)
SORTS: Final = ("name", "email", "change")

ABOUT: Final = [
    ("", _("Everything")),
    ("values", _("Values and status")),
    ("groups", _("Groups")),
    ("licenses", _("Licenses")),
    ("assignments", _("Assignments")),
    ("feeds", _("Feeds")),
]
SUBJECTS: Final[dict[str, Collection[Subject]]] = {
    "values": (Subject.ATTRIBUTE, Subject.LEARNER, Subject.REMOVAL),
    "groups": (Subject.GROUP,),
    "licenses": (Subject.LICENSE,),
    "assignments": (Subject.ASSIGNMENT,),
    "feeds": (Subject.CLAIM,),
}

LINK_COLUMNS: Final = {
    "unique_user_id": _("Unique user ID"),
    "status": _("Status"),
    "manager": _("Manager"),
    "groups": _("Groups"),
    "licenses": _("Licenses"),
    "change": _("Last change"),
}
"""Columns that are no attributes, beside name and address, which are always there; two before the attributes."""
USUAL_COLUMNS: Final = ("unique_user_id", "status", "department_name", "work_title", "licenses", "change")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set: what it says, and the query without it."""

    text: str
    query: str


class TimelineForm(PlainForm):
    """Which part of a timeline is shown, and what else the address of a learner's page asks for."""

    before = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    about = forms.ChoiceField(label=_("Show"), required=False, choices=ABOUT)
    why = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    changed = forms.IntegerField(required=False, min_value=1, max_value=2**53, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.full_clean()

    def moment(self) -> datetime | None:
        """Return what was asked for, or None when that is nothing or cannot be understood."""
        found: datetime | None = self.cleaned_data.get("before")
        return found

    def subjects(self) -> Collection[Subject]:
        """Return what the timeline is to tell of; everything unless one is named."""
        return SUBJECTS.get(self.cleaned_data.get("about") or "", tuple(Subject))

    def group_id(self) -> int | None:
        """Return the group of which it is asked why the learner is in it."""
        found: int | None = self.cleaned_data.get("why")
        return found

    def job_id(self) -> int | None:
        """Return the public id of the edit that has just been made."""
        found: int | None = self.cleaned_data.get("changed")
        return found


class LearnersForm(PlainForm):
    """Search, filters, order, columns and place of the list; all of it stands in the address."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(
            {"type": "search", "autocomplete": "off", "placeholder": _("Name, e-mail or ID begins with …")}
        ),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=STATUSES)
    department = forms.CharField(
        label=_("Department"), required=False, widget=forms.TextInput({"list": "departments", "autocomplete": "off"})
    )
    group = forms.CharField(
        label=_("Group"), required=False, widget=forms.TextInput({"list": "groups", "autocomplete": "off"})
    )
    pool = forms.ChoiceField(label=_("License pool"), required=False)
    state = forms.ChoiceField(label=_("License"), required=False, choices=STATES)
    feed = forms.ChoiceField(label=_("Feed"), required=False)
    also = forms.ChoiceField(label=_("Also claimed by"), required=False)
    attribute = forms.ChoiceField(label=_("Attribute"), required=False)
    value = forms.CharField(label=_("is exactly"), required=False, help_text=_("Empty: people who have none."))
    show = forms.MultipleChoiceField(label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple)
    sort = forms.ChoiceField(
        required=False, widget=forms.HiddenInput, choices=[(s + k, k) for k in SORTS for s in ("", "-")]
    )
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    MAIN: Final = ("status", "department", "group")
    FURTHER: Final = ("pool", "state", "feed", "also", "attribute", "value")

    def __init__(self, data: QueryDict, organization: Organization, people: People) -> None:
        given = data.copy()
        given.setdefault("sort", "name")
        if "show" not in given:
            given.setlist("show", list(USUAL_COLUMNS))
        super().__init__(given)
        self.query = data
        self.organization = organization
        self.people = people
        self.offered = choices_of(organization.pk, people)
        attributes = [(name, label_of(name)) for name in (*ATTRIBUTE_NAMES, *self.offered.custom_attributes)]
        self._offer("pool", [("", _("Any")), *self.offered.pools])
        self._offer("feed", [("", _("Any")), *self.offered.feeds, (NONE, _("No feed"))])
        self._offer("also", [("", _("Any")), *self.offered.feeds])
        self._offer("attribute", [("", _("Any")), *attributes])
        links = list(LINK_COLUMNS.items())
        self._offer("show", [*links[:2], *attributes, *links[2:]])

    def _offer(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        self.fields[name].choices = [(str(value), text) for value, text in choices]  # type: ignore[attr-defined]

    def clean_group(self) -> int | None:
        """Look the group up by its name; what is cleaned is its id."""
        name = self.cleaned_data["group"]
        if not name:
            return None
        found = groups_within(self.organization.pk, self.people).filter(name_key=fold_key(name)).first()
        if found is None:
            raise forms.ValidationError(_("There is no group of this name."))
        return found.pk

    @property
    def criteria(self) -> Criteria:
        """Whom the list shows; the form must be valid."""
        given = self.cleaned_data
        feed = given["feed"]
        return Criteria(
            text=given["q"],
            is_active={"active": True, "inactive": False}.get(given["status"]),
            group_id=given["group"],
            pool_id=int(given["pool"]) if given["pool"] else None,
            license_state=given["state"],
            feed_id=int(feed) if feed and feed != NONE else None,
            also_feed_id=int(given["also"]) if given["also"] else None,
            is_unclaimed=feed == NONE,
            department=given["department"],
            attribute=given["attribute"],
            value=given["value"],
            within=self.people,
        )

    @property
    def order(self) -> Order:
        sort = self.cleaned_data["sort"] or "name"
        return Order(sort.removeprefix("-"), is_descending=sort.startswith("-"))

    def page(self) -> Page:
        """Return the people to show: nobody where the form has errors."""
        if not self.is_valid():
            return NOBODY
        place = {name: self.cleaned_data[name] for name in ("after", "before")}
        return find_page(self.organization.pk, self.criteria, self.order, **place)

    @property
    def columns(self) -> list[str]:
        """Return the chosen columns, in the order in which they are offered."""
        chosen = self.cleaned_data.get("show", USUAL_COLUMNS)
        return [name for name, _text in self.fields["show"].choices if name in chosen]  # type: ignore[attr-defined]

    @property
    def further_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FURTHER]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MAIN]

    @property
    def uses_further(self) -> bool:
        """Whether one of the filters that are folded away is set."""
        return any(self.query.get(name) for name in self.FURTHER)

    @property
    def chips(self) -> list[Chip]:
        """Return the filters that are set, each with the query that takes it away."""
        names = [name for name in ("q", *self.MAIN, *self.FURTHER) if self.query.get(name)]
        return [Chip(self._said(name), self._without(name)) for name in names if name != "value"]

    def _said(self, name: str) -> str:
        value = str(self.query[name])
        if name == "attribute":
            return f"{label_of(value)}: {self.query.get('value') or _('none')}"
        offered = dict(getattr(self.fields[name], "choices", ()))
        return f"{self.fields[name].label}: {offered.get(value, value)}"

    def _without(self, name: str) -> str:
        left = self.query.copy()
        for gone in (name, "after", "before", *(["value"] if name == "attribute" else [])):
            left.pop(gone, None)
        return f"?{left.urlencode()}"
