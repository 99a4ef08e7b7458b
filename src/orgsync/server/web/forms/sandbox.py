"""Sandbox: make one, or empty the one that this is."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orgsync.server.orgs.models import Organization
from orgsync.server.sandbox import LEAST_PEOPLE, MOST_PEOPLE, PEOPLE
from orgsync.server.web.forms.plain import PlainForm


class SandboxForm(PlainForm):
    """A new sandbox."""

    name = forms.CharField(label=_("Name"), max_length=200)
    people = forms.IntegerField(
        label=_("People"),
        min_value=LEAST_PEOPLE,
        max_value=MOST_PEOPLE,
        initial=PEOPLE,
        help_text=_("Of a company that does not exist; three nights of its files are sent."),
    )


class ResetForm(PlainForm):
    """The word that empties a sandbox."""

    name = forms.CharField(
        label=_("Type its name"),
        help_text=_("To be sure that it is this one."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    refills = forms.BooleanField(label=_("Fill it with the sample company again"), required=False, initial=True)

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        self.organization = organization

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name.strip() != self.organization.name:
            raise ValidationError(_("That is not its name. Nothing was removed."))
        return name
