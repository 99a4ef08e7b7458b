"""Feeds: what one is to be, and which ones to list."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orgsync.core.guards import limits_of
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.criteria import NONE
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import is_name_taken
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.authenticate import MODES
from orgsync.server.web.forms.guards import GuardFields
from orgsync.server.web.forms.plain import PlainForm

ROWS: Final = [
    (RowPolicy.GOOD_ROWS.value, _("Good rows: rows in error are left out, the others are applied")),
    (RowPolicy.ALL_OR_NOTHING.value, _("All or nothing: one row in error, and nothing of the file is applied")),
]
SORTS: Final = [("rank", _("Order")), ("name", _("Name")), ("last", _("Last file")), ("people", _("People"))]
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


class FeedSettingsForm(GuardFields, FeedForm):
    """Everything that can be set on a feed.

    A limit left empty is the organization's, or the default; it stands in the field in grey.
    """

    rows = forms.ChoiceField(label=_("Rows in error"), choices=ROWS, widget=forms.RadioSelect)
    missing_files = forms.IntegerField(
        label=_("Full files in a row without a person until they leave"),
        min_value=1,
        max_value=100,
        help_text=_("Only in the mode “full file”. 1: whoever is missing in one file leaves."),
    )
    late_after_hours = forms.IntegerField(
        label=_("Hours without a file until the admins are told"),
        min_value=0,
        max_value=8_760,
        help_text=_("26 fits a nightly file. 0: never."),
    )

    def __init__(self, data: Any, organization: Organization, feed: Feed) -> None:
        super().__init__(data, organization, feed)
        self.initial.update({name: getattr(feed, name) for name in ("rows", "missing_files", "late_after_hours")})
        self.add_limits(feed.guards, limits_of(organization.guards))


class HandForm(PlainForm):
    """Whose people are handed to a feed: those of another feed, or of none."""

    source = forms.ChoiceField(label=_("Hand to this feed"))

    def __init__(
        self, data: Any, feed: Feed, others: Sequence[Feed], counts: Mapping[int, int], unclaimed: int
    ) -> None:
        super().__init__(data)
        self.feeds = {str(other.pk): other for other in others if counts.get(other.pk) and other.pk != feed.pk}
        nobody = [(NONE, _("people without a feed (%s)") % f"{unclaimed:,}")] if unclaimed else []
        people = [(key, f"{other.name} ({counts[other.pk]:,})") for key, other in self.feeds.items()]
        self.fields["source"].choices = [*nobody, *people]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def has_any(self) -> bool:
        return bool(self.fields["source"].choices)  # type: ignore[attr-defined]  # a ChoiceField


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
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)
