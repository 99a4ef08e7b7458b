"""The sign-in library's forms for a code, with guesses counted in the database: its own count is each process's."""

from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orgsync.server.orgs import factors


class _Counted(BaseAuthenticateForm):  # type: ignore[misc]  # allauth has no types
    def clean_code(self) -> str:
        """Return the code when it is right and new; a guess too many is not even looked at."""
        now = timezone.now()
        with transaction.atomic():
            factors.take_turn(self.user)
            if not factors.may_try(self.user, now=now):
                raise forms.ValidationError(_("Too many wrong codes: wait a quarter of an hour."))
            refused = self._refusal()
            code = self.cleaned_data["code"]
            if refused is None and factors.was_used(self.user, code, now=now):
                refused = forms.ValidationError(_("This code has been used: wait for the next one."))
            factors.note(self.user, None if refused else code, now=now)
        if refused is not None:
            raise refused
        return str(code)

    def _refusal(self) -> forms.ValidationError | None:
        try:
            super().clean_code()
        except forms.ValidationError as error:
            return error
        return None


class CodeForm(_Counted, AuthenticateForm):  # type: ignore[misc]
    """Asked for after the password."""


class CodeAgainForm(_Counted, ReauthenticateForm):  # type: ignore[misc]
    """Asked for before something that matters is changed."""
