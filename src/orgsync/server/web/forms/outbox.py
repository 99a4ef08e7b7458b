"""Outbox: which mails to list."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.server.notify.queries import MailFilter
from orgsync.server.web.forms.plain import PlainForm

UNSENT: Final = "unsent"


class MailFilterForm(PlainForm):
    """Filters of the outbox; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Recipient begins with"),
        required=False,
        max_length=254,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    show = forms.ChoiceField(label=_("Show"), required=False, choices=[("", _("All")), (UNSENT, _("Not sent"))])
    older_than = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def chosen(self) -> MailFilter:
        self.full_clean()
        given = self.cleaned_data
        return MailFilter(is_unsent=given.get("show") == UNSENT, text=(given.get("q") or "").strip())

    def older_than_id(self) -> int | None:
        return self.cleaned_data.get("older_than")
