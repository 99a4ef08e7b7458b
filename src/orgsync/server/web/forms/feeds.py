"""Feeds: what one is to be, and which ones to list."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgsync.core.guards import GUARDS, Guard, Limit, limits_of
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import is_name_taken
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.authenticate import MODES
from orgsync.server.web.forms.plain import PlainForm

ROWS: Final = [
    (RowPolicy.GOOD_ROWS.value, _("Good rows: rows in error are left out, the others are applied")),
    (RowPolicy.ALL_OR_NOTHING.value, _("All or nothing: one row in error, and nothing of the file is applied")),
]
GUARD_WORDS: Final[dict[str, tuple[Promise, Promise]]] = {
    "leavers": (_("Leavers"), _("of the active people whom the feed claims, in all or of one department")),
    "reactivations": (_("People who come back"), _("of the active people whom the feed claims")),
    "emails_changed": (_("Changed addresses"), _("of the active people whom the feed claims")),
    "managers_changed": (_("Changed managers"), _("of the active people whom the feed claims")),
    "licenses_revoked": (_("Licenses revoked"), _("of the active licenses, in all, of one pool or department")),
    "group_removals": (_("Memberships ended"), _("of the memberships, in all or of one group")),
    "values_cleared": (_("Values cleared"), _("of the people who have one, for each attribute")),
    "values_changed": (_("Values rewritten"), _("of the people who have one, for each attribute")),
    "joiners": (_("Joiners"), _("of the active people, but in the first file")),
    "rows_in_error": (_("Rows in error"), _("of the file's rows")),
    "new_groups": (_("New groups"), _("of the groups there are, but in the first file")),
    "new_attributes": (_("New attributes"), _("of the custom attributes there are, but in the first file")),
    "new_values": (_("New values"), _("of the values that an attribute has, but in the first file")),
    "row_count_drop": (_("Fewer rows than last time"), _("of the rows of the last full file")),
}
"""The guards that count; the others hold whenever what they look for is there."""
PARTS: Final = ("number", "percent", "cap")
MOST: Final = 100_000_000
SORTS: Final = [("name", _("Name")), ("last", _("Last file")), ("people", _("People"))]
STATES: Final = [
    ("", _("All")),
    ("late", _("Late")),
    ("paused", _("Paused")),
    ("on_hold", _("On hold")),
]


class FeedForm(PlainForm):
    """A new feed."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Where the files come from, such as “Nightly HR”.")
    )
    mode = forms.ChoiceField(label=_("Mode"), choices=MODES, widget=forms.RadioSelect)

    def __init__(self, data: Any, organization: Organization, feed: Feed | None = None) -> None:
        super().__init__(data, initial={"name": feed.name, "mode": feed.mode} if feed else {"mode": Mode.CHANGES.value})
        self.organization = organization
        self.feed = feed

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if is_name_taken(self.organization, name, by_another_than=self.feed.pk if self.feed else None):
            raise ValidationError(_("There is a feed of this name already."))
        return name


@dataclass(frozen=True, slots=True)
class GuardRow:
    """One guard with the fields for its limits."""

    label: Promise
    base: Promise
    number: forms.BoundField
    percent: forms.BoundField
    cap: forms.BoundField


class FeedSettingsForm(FeedForm):
    """Everything that can be set on a feed.

    A limit left empty is the organization's, or the default; it stands in the field in grey.
    """

    rows = forms.ChoiceField(label=_("Rows in error"), choices=ROWS, widget=forms.RadioSelect)

    def __init__(self, data: Any, organization: Organization, feed: Feed) -> None:
        super().__init__(data, organization, feed)
        self.initial["rows"] = feed.rows
        self.kept = {code: limits for code, limits in feed.guards.items() if code not in GUARD_WORDS}
        defaults = limits_of(organization.guards)
        for guard in _counting():
            self._add_limits(guard, feed.guards.get(guard.code, {}), defaults[guard.code])

    def guard_rows(self) -> Iterator[GuardRow]:
        for guard in _counting():
            label, base = GUARD_WORDS[guard.code]
            number, percent, cap = (self[_field(guard, part)] for part in PARTS)
            yield GuardRow(label, base, number, percent, cap)

    def guards(self) -> dict[str, dict[str, Any]]:
        """Return the overrides as the feed keeps them."""
        given = {guard.code: {part: self.cleaned_data[_field(guard, part)] for part in PARTS} for guard in _counting()}
        set_by_hand = {
            code: {part: value for part, value in limits.items() if value is not None} for code, limits in given.items()
        }
        return {**self.kept, **{code: limits for code, limits in set_by_hand.items() if limits}}

    def _add_limits(self, guard: Guard, known: dict[str, Any], limit: Limit) -> None:
        label = GUARD_WORDS[guard.code][0]
        names = {"number": _("more than"), "percent": _("and more than, in percent"), "cap": _("or more than")}
        for part in PARTS:
            default = getattr(limit, part)
            shown = _("no limit") if default is None else f"{default:g}"
            attributes = {"placeholder": shown, "aria-label": f"{label}: {names[part]}"}
            kind = forms.FloatField if part == "percent" else forms.IntegerField
            self.fields[_field(guard, part)] = kind(
                required=False,
                min_value=0,
                max_value=100 if part == "percent" else MOST,
                initial=known.get(part),
                widget=forms.NumberInput(attributes),
            )


class FeedListForm(PlainForm):
    """Which feeds to list, and in what order; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Name contains"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)


def _counting() -> Iterator[Guard]:
    return (guard for guard in GUARDS if guard.code in GUARD_WORDS)


def _field(guard: Guard, part: str) -> str:
    return f"{guard.code}-{part}"
