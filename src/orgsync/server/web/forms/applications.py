"""API applications: what a new one is to be, how its secret is rotated, and which to list."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orgsync.server.orgs.models import Admin
from orgsync.server.tokens.applicationlist import ApplicationFilter, is_application_named
from orgsync.server.tokens.queries import Shown
from orgsync.server.tokens.scopes import Scope
from orgsync.server.web.forms.authenticate import SHOWN, CredentialForm
from orgsync.server.web.forms.plain import PlainForm

NO_FEED: Final = "none"
BY_NAME: Final = "name"
SORTS: Final = [("newest", _("The newest first")), (BY_NAME, _("By name"))]


class ApplicationForm(CredentialForm):
    """What a new application is to be."""

    def __init__(self, data: Any, admin: Admin) -> None:
        super().__init__(data, admin, {"feed": NO_FEED})
        self.fields["name"].help_text = _("Which program it is, such as “HR console”.")
        self.fields["feed"].help_text = _("Whose files it sends and sees. Without one it sends none.")
        self.fields["feed"].choices = [(NO_FEED, _("None")), *self.feeds]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if is_application_named(self.organization, name):
            text = _("An application of this name is in use already. Revoke it first, or choose another name.")
            raise ValidationError(text)
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("feed") == NO_FEED and Scope.SYNC in given.get("scopes", []):
            self.add_error("feed", _("The scope sync needs a feed: choose whose files it sends."))
        return given


class SecretForm(PlainForm):
    """How long the old secret works beside the new one."""

    overlap = forms.IntegerField(
        label=_("The old secret works for another … days"),
        min_value=0,
        max_value=90,
        initial=7,
        help_text=_("Time to put the new one where the old one is. 0: it ends now."),
    )

    def ends_at(self, now: datetime) -> datetime:
        return now + timedelta(days=self.cleaned_data["overlap"])


class ApplicationFilterForm(PlainForm):
    """Which applications to list, and in which order; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Name or client ID begins with"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    show = forms.ChoiceField(label=_("Show"), required=False, choices=SHOWN)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)
    after = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def chosen(self) -> ApplicationFilter:
        self.full_clean()
        given = self.cleaned_data
        shown = Shown(given.get("show") or Shown.IN_USE)
        return ApplicationFilter(shown, (given.get("q") or "").strip(), by_name=given.get("sort") == BY_NAME)

    def after_id(self) -> int | None:
        return self.cleaned_data.get("after")
