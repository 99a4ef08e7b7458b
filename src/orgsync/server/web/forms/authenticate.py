"""Create OAuth Access Tokens: what a new token is to be, and which tokens to list."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from orgsync.core.model import Mode
from orgsync.server.directory.queries_feeds import is_name_taken
from orgsync.server.orgs.models import Admin, Organization
from orgsync.server.tokens.giving import scopes_to_give
from orgsync.server.tokens.networks import is_network
from orgsync.server.tokens.queries import Shown, TokenFilter, is_name_in_use
from orgsync.server.tokens.scopes import DEFAULT_PRESET, POWERFUL, PRESETS, Scope
from orgsync.server.uploads.queries import feeds_of
from orgsync.server.web.forms.plain import PlainForm

NEW_FEED: Final = "new"
ON_A_DATE: Final = "date"
LONGEST: Final = timedelta(days=3650)
MOST_ADDRESSES: Final = 20
SCOPE_WORDS: Final = {
    Scope.SYNC: _("upload files, start them, and fetch status and results of its own feed"),
    Scope.PLANS_READ: _("read what a job would change"),
    Scope.JOBS_APPROVE: _("approve or reject held jobs of other feeds"),
    Scope.JOBS_UNDO: _("undo jobs of other feeds"),
    Scope.DIRECTORY_READ: _("read learners, groups and licenses"),
    Scope.DIRECTORY_WRITE: _("change learners, groups and licenses without a file"),
    Scope.PERMISSIONS_WRITE: _("let permission columns of its files count; an owner approves each such file"),
    Scope.ERASE: _("erase people for good"),
    Scope.REPORTS_READ: _("read reports"),
    Scope.XAPI_READ: _("read the xAPI statements that were sent"),
    Scope.XAPI_WRITE: _("send xAPI statements of what people learn"),
    Scope.ADMIN: _("everything an owner may do"),
}
MODES: Final = [
    (Mode.CHANGES.value, _("Changes: some people; nobody leaves because a file does not name them")),
    (Mode.FULL.value, _("Full file: everybody; who is missing in a file leaves")),
    (Mode.ADDITIONS_ONLY.value, _("Additions only: new people and new licenses; nothing is taken away")),
]
EXPIRIES: Final = [(str(days), format_lazy(_("in {days} days"), days=days)) for days in (30, 60, 90, 180, 365)]
SHOWN: Final = [
    (Shown.IN_USE.value, _("In use")),
    (Shown.REVOKED.value, _("Revoked")),
    (Shown.ALL.value, _("All")),
]


class CredentialForm(PlainForm):
    """What tokens and API applications share. Scopes beyond what their maker may give are no choices."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Who uses it, such as “HR server, nightly”."))
    feed = forms.ChoiceField(label=_("Feed"), help_text=_("The origin that the files of this token belong to."))
    scopes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    powerful = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    expires = forms.ChoiceField(label=_("Expires"), choices=[*EXPIRIES, (ON_A_DATE, _("on a date"))], initial="365")
    expires_on = forms.DateField(
        label=_("Date"), required=False, widget=forms.DateInput({"type": "date"}), help_text=_("Its last day.")
    )
    allowed_networks = forms.CharField(
        label=_("IP allow-list"),
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "192.0.2.0/24"}),
        help_text=_("Addresses or networks, one a line, that may use it. Empty: from anywhere."),
    )

    def __init__(self, data: Any, admin: Admin, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.organization = admin.organization
        self.feeds = [(str(feed.pk), feed.name) for feed in feeds_of(admin.organization)]
        given = scopes_to_give(admin)
        self.fields["scopes"].choices = _choices(given, is_powerful=False)  # type: ignore[attr-defined]
        self.fields["powerful"].choices = _choices(given, is_powerful=True)  # type: ignore[attr-defined]

    def clean_allowed_networks(self) -> list[str]:
        networks = _words(self.cleaned_data["allowed_networks"])
        if wrong := [network for network in networks if not is_network(network)]:
            raise ValidationError(_("Not an address or network such as 192.0.2.0/24: %s") % ", ".join(wrong))
        return networks

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("expires") == ON_A_DATE and "expires_on" not in self.errors:
            self._check_date(given.get("expires_on"))
        if not given.get("scopes") and not given.get("powerful") and "scopes" not in self.errors:
            self.add_error("scopes", _("Choose at least one scope."))
        return given

    def all_scopes(self) -> list[str]:
        return [*self.cleaned_data["scopes"], *self.cleaned_data["powerful"]]

    def expires_at(self, now: datetime) -> datetime:
        """Return the end: so many days from now, or the end of the chosen day in the reader's time zone."""
        if self.cleaned_data["expires"] != ON_A_DATE:
            return now + timedelta(days=int(self.cleaned_data["expires"]))
        day: date = self.cleaned_data["expires_on"] + timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, time()))

    def _check_date(self, day: date | None) -> None:
        today = timezone.localdate()
        if day is None:
            self.add_error("expires_on", _("Give the date."))
        elif not today <= day <= today + LONGEST:
            self.add_error("expires_on", _("Choose a day between today and ten years from now."))


class TokenForm(CredentialForm):
    """What a new token is to be."""

    new_feed = forms.CharField(label=_("Name of the new feed"), max_length=100, required=False)
    mode = forms.ChoiceField(
        label=_("Mode of the new feed"),
        choices=MODES,
        required=False,
        initial=Mode.CHANGES.value,
        widget=forms.RadioSelect,
    )
    emails_creator = forms.BooleanField(label=_("E-mail me the results"), required=False, initial=True)
    mails_in_manual_mode = forms.BooleanField(label=_("In manual mode too"), required=False)
    notify_addresses = forms.CharField(
        label=_("Further addresses"),
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "hr-team@example.com"}),
        help_text=_("Who else gets the results, one a line."),
    )

    def __init__(self, data: Any, admin: Admin, *, is_for_scim: bool = False) -> None:
        super().__init__(data, admin, {"scopes": sorted(PRESETS[DEFAULT_PRESET])})
        self.initial["feed"] = self.feeds[0][0] if self.feeds else NEW_FEED
        self.initial["new_feed"] = "" if self.feeds else _("Nightly HR")
        self.fields["feed"].choices = [*self.feeds, (NEW_FEED, _("A new feed"))]  # type: ignore[attr-defined]
        if is_for_scim:
            scopes = {"scopes": [Scope.DIRECTORY_READ.value], "powerful": [Scope.DIRECTORY_WRITE.value]}
            self.initial.update({"name": _("Identity provider"), "feed": NEW_FEED, "new_feed": _("SCIM"), **scopes})

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if is_name_in_use(self.organization, name):
            raise ValidationError(_("A token of this name is in use already. Revoke it first, or choose another name."))
        return name

    def clean_notify_addresses(self) -> list[str]:
        addresses = _words(self.cleaned_data["notify_addresses"])
        if len(addresses) > MOST_ADDRESSES:
            raise ValidationError(_("At most %s addresses; use one of a list instead.") % MOST_ADDRESSES)
        for address in addresses:
            _check_address(address)
        return addresses

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("feed") == NEW_FEED:
            self._check_new_feed(given.get("new_feed", "").strip())
        return given

    def _check_new_feed(self, name: str) -> None:
        if not name:
            self.add_error("new_feed", _("Give the new feed a name."))
        elif is_name_taken(self.organization, name):
            self.add_error("new_feed", _("There is a feed of this name; choose it above."))
        if not self.cleaned_data.get("mode") and "mode" not in self.errors:
            self.add_error("mode", _("Choose what the files of the new feed are."))


class RotateForm(PlainForm):
    """How long the old token works beside its successor, and how long the successor does."""

    overlap = forms.IntegerField(
        label=_("The old token works for another … days"),
        min_value=0,
        max_value=90,
        initial=7,
        help_text=_("Time to put the new one where the old one is. 0: it ends now."),
    )
    expires = forms.ChoiceField(label=_("The new token expires"), choices=EXPIRIES, initial="365")

    def ends_at(self, now: datetime) -> datetime:
        return now + timedelta(days=self.cleaned_data["overlap"])

    def expires_at(self, now: datetime) -> datetime:
        return now + timedelta(days=int(self.cleaned_data["expires"]))


class TokenFilterForm(PlainForm):
    """Which tokens to list; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Name or token begins with"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    feed_id = forms.ChoiceField(label=_("Feed"), required=False)
    show = forms.ChoiceField(label=_("Show"), required=False, choices=SHOWN)
    older_than = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        feeds = [(str(feed.pk), feed.name) for feed in feeds_of(organization)]
        self.fields["feed_id"].choices = [("", _("All")), *feeds]  # type: ignore[attr-defined]

    def chosen(self) -> TokenFilter:
        self.full_clean()
        given = self.cleaned_data
        feed = given.get("feed_id")
        return TokenFilter(
            Shown(given.get("show") or Shown.IN_USE), int(feed) if feed else None, (given.get("q") or "").strip()
        )

    def older_than_id(self) -> int | None:
        return self.cleaned_data.get("older_than")


def _choices(given: list[Scope], *, is_powerful: bool) -> list[tuple[str, Any]]:
    return [(scope.value, SCOPE_WORDS[scope]) for scope in given if (scope in POWERFUL) is is_powerful]


def _words(text: str) -> list[str]:
    """Return what stands on lines or between commas, each once, in order."""
    return list(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValidationError(_("No e-mail address: %s") % address) from error
