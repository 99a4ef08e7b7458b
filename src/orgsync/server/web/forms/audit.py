"""Audit: which entries to list."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgsync.server.audit.actions import MEANINGS, Action
from orgsync.server.audit.actors import Actor, ActorKind, account
from orgsync.server.audit.queries import EntryFilter
from orgsync.server.orgs.models import Admin, Organization
from orgsync.server.web.forms.plain import PlainForm

OTHERS: Final = [(ActorKind.SYSTEM.value, _("The server by itself")), (ActorKind.COMMAND.value, _("The command line"))]


class AuditForm(PlainForm):
    """Filters of the audit log; a value that does not exist does not narrow."""

    action = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("All")), *((one.value, MEANINGS[one]) for one in Action)]
    )
    who = forms.ChoiceField(label=_("Who"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}))
    older_than = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        admins = Admin.everyone.filter(organization=organization).order_by("account__email_key")
        people = [(f"account-{key}", email) for key, email in admins.values_list("account_id", "account__email")]
        self.fields["who"].choices = [("", _("All")), *people, *OTHERS]  # type: ignore[attr-defined]

    def chosen(self) -> EntryFilter:
        self.full_clean()
        given = self.cleaned_data
        until = given.get("until")
        return EntryFilter(
            given.get("action") or "",
            _actor(given.get("who") or ""),
            _midnight(given.get("since")),
            _midnight(until + timedelta(days=1)) if until else None,
        )

    def older_than_number(self) -> int | None:
        return self.cleaned_data.get("older_than")


def _actor(who: str) -> Actor | None:
    if who.startswith("account-"):
        return account(int(who.removeprefix("account-")))
    return Actor(ActorKind(who)) if who else None


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else timezone.make_aware(datetime.combine(day, time()))
