"""What the pages of licenses take in."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import pool_key
from orgsync.server.directory.models import LicenseState, Pool
from orgsync.server.directory.queries_licenses import BY_HAND, LONG
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.groups import PeopleForm, PlaceForm
from orgsync.server.web.forms.plain import PlainForm

HISTORY: Final = "history"
VIEWS: Final = [
    (LicenseState.ACTIVE.value, _("Granted")),
    (LicenseState.WAITING.value, _("Waiting for a seat")),
    (LicenseState.SCHEDULED.value, _("From their first day")),
    (LicenseState.DENIED.value, _("Revoked by hand")),
    (BY_HAND, _("Kept by hand")),
    (LONG, _("Held for 90 days")),
    (HISTORY, _("History")),
]
SEARCHED: Final = frozenset({LicenseState.ACTIVE.value, LicenseState.SCHEDULED.value, LicenseState.DENIED.value})
"""Views in which people can be searched: sorted by name."""
_MOST_SEATS: Final = 2**31 - 1


class PoolForm(PlainForm):
    """A pool's name and seats."""

    name = forms.CharField(label=_("Name"), max_length=255, widget=forms.TextInput({"autocomplete": "off"}))
    seats = forms.IntegerField(
        label=_("Seats"), required=False, min_value=0, max_value=_MOST_SEATS, help_text=_("Empty: no limit.")
    )


class NewPoolForm(PoolForm):
    """A pool that is not there yet, with the column by which files speak of it."""

    header = forms.CharField(
        label=_("Column in files"),
        max_length=255,
        help_text=_("license_<type>_status, or <budget group>_license_<type>_status."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    field_order = ("header", "name", "seats")

    def __init__(self, data: Any, organization: Organization, **more: Any) -> None:
        super().__init__(data, **more)
        self.organization = organization

    def clean_header(self) -> str:
        header: str = self.cleaned_data["header"].strip()
        key = pool_key(header)
        if key is None:
            raise forms.ValidationError(_("This is no license column; write license_<type>_status."))
        if Pool.objects.filter(organization=self.organization, key=key).exists():
            raise forms.ValidationError(_("There is a pool of this column already."))
        return header


class ViewForm(PlaceForm):
    """Which of the people of a pool, which of them by name, and which page."""

    show = forms.ChoiceField(required=False, choices=VIEWS, widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("Name, e-mail or ID begins with"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )

    @property
    def view(self) -> str:
        """Return the view that was asked for, or the first."""
        self.full_clean()
        return self.cleaned_data.get("show") or LicenseState.ACTIVE.value

    @property
    def text(self) -> str:
        return self.cleaned_data.get("q") or ""


class HoldersForm(PeopleForm):
    """People who are to get a license or lose it, or of whom files may decide again."""

    GRANT, REVOKE, LIFT = "grant", "revoke", "lift"
    WORDS: Sequence[str] = (GRANT, REVOKE, LIFT)
