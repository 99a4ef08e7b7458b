"""Webhooks: where to tell of what, and which deliveries to list."""

from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from orgsync.server.hooks.events import CHOSEN, MEANINGS
from orgsync.server.hooks.models import Webhook
from orgsync.server.web.forms.plain import PlainForm

FAILED: Final = "failed"
_DIGITS: Final = 19
"""Of the largest number that the database can hold."""


class WebhookForm(PlainForm):
    """An address and the events that it is told of."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        widget=forms.URLInput({"placeholder": "https://example.com/hooks/orgsync", "autocomplete": "off"}),
        help_text=_(
            "Gets a signed POST for each event. It must be a public https address; redirects are not followed."
        ),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(event.value, MEANINGS[event].replace("`", "")) for event in CHOSEN],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any, webhook: Webhook | None = None) -> None:
        chosen = [event.value for event in CHOSEN]
        super().__init__(
            data, initial={"url": webhook.url, "events": webhook.events} if webhook else {"events": chosen}
        )


class DeliveryFilterForm(PlainForm):
    """Which deliveries to list; a value that does not exist does not narrow."""

    show = forms.ChoiceField(label=_("Show"), required=False, choices=[("", _("All")), (FAILED, _("Not delivered"))])
    older_than = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.full_clean()
        self.is_failed = self.cleaned_data.get("show") == FAILED
        self.older: int | None = self.cleaned_data.get("older_than")


def ticked(data: QueryDict) -> list[int]:
    """Return the ids of the deliveries that were ticked; what is none is left out."""
    return [int(one) for one in data.getlist("delivery") if one.isascii() and one.isdecimal() and len(one) < _DIGITS]
