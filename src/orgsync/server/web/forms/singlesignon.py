"""Single sign-on: the issuer, our name there, and who may come in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgsync.core.normalize import fold_key
from orgsync.server.orgs.models import SingleSignOn
from orgsync.server.signon.configuring import MOST_DOMAINS, Wanted, is_domain
from orgsync.server.web.forms.plain import PlainForm


class SignOnForm(PlainForm):
    """What an owner says about the organization's identity provider."""

    is_on = forms.BooleanField(label=gettext_lazy("Single sign-on is on"), required=False)
    issuer = forms.CharField(
        label=gettext_lazy("Issuer URL"),
        max_length=1_000,
        widget=forms.URLInput({"placeholder": "https://login.example.com", "autocomplete": "off"}),
        help_text=gettext_lazy("As the provider writes it itself; its discovery document is read from there."),
    )
    client_id = forms.CharField(
        label=gettext_lazy("Client ID"), max_length=500, widget=forms.TextInput({"autocomplete": "off"})
    )
    secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=1_000,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted and never shown again. Leave it empty to keep the one that is stored."),
    )
    domains = forms.CharField(
        label=gettext_lazy("E-mail domains"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea({"rows": 3, "placeholder": "example.com"}),
        help_text=gettext_lazy("One a line. People with such an address find your sign-in on the sign-in page."),
    )
    makes_admins = forms.BooleanField(
        label=gettext_lazy("Make people of these domains read-only admins when they first sign in"),
        required=False,
        help_text=gettext_lazy("Off: only admins come in, those whose verified address is known here."),
    )

    def __init__(self, data: Any, known: SingleSignOn | None) -> None:
        initial = {} if known is None else {name: getattr(known, name) for name in ("issuer", "client_id", "is_on")}
        if known is not None:
            initial |= {"domains": "\n".join(known.domains), "makes_admins": known.makes_admins}
        super().__init__(data, initial=initial)

    def clean_issuer(self) -> str:
        return str(self.cleaned_data["issuer"]).strip()

    def clean_domains(self) -> list[str]:
        found = sorted(
            {fold_key(one.strip("@")) for one in str(self.cleaned_data["domains"]).replace(",", " ").split()}
        )
        if wrong := [one for one in found if not is_domain(one)]:
            raise ValidationError(_("Not a domain such as example.com: %s.") % ", ".join(wrong))
        if len(found) > MOST_DOMAINS:
            raise ValidationError(_("At most 50 domains."))
        return found

    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)
