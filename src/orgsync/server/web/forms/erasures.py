"""Erasing: the address that is typed to confirm, the deletion file, and the word on it."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgsync.core.errors import UnreadableFile
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.deletionfile import LARGEST, NoDeletionFile, read_deletion_file
from orgsync.server.uploads.models import ErasureRequest
from orgsync.server.uploads.storage import storage
from orgsync.server.uploads.stored import open_stored
from orgsync.server.web.forms.plain import PlainForm

PROBLEM_WORDS: Final = {
    "unknown": gettext_lazy("Nobody in the directory has this address or ID."),
    "two_people": gettext_lazy("The address and the ID are not one person's."),
    "empty": gettext_lazy("The row names nobody."),
}


class EraseForm(PlainForm):
    """The address of the person, typed once more."""

    address = forms.CharField(
        label=gettext_lazy("Type the e-mail address of the person to confirm"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any, learner: Learner) -> None:
        super().__init__(data)
        self.learner = learner

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if fold_key(address.strip()) != self.learner.email_key:
            raise ValidationError(_("That is not the address of this person. Nobody was erased."))
        return address


class DeletionForm(PlainForm):
    """A deletion file. It is read at once and not kept."""

    file = forms.FileField(
        label=gettext_lazy("Deletion file (CSV)"), widget=forms.FileInput({"accept": ".csv,text/csv"})
    )

    def __init__(self, data: Any, files: Any, organization: Organization) -> None:
        super().__init__(data, files)
        self.organization = organization

    def clean_file(self) -> Any:
        """Read the file; what is cleaned is whom it names."""
        received = self.cleaned_data["file"].received
        if received.size > LARGEST:
            raise ValidationError(_("The file is too large for a deletion file."))
        try:
            return read_deletion_file(self.organization.pk, b"".join(open_stored(storage(), received)))
        except NoDeletionFile as error:
            raise ValidationError(str(error)) from error
        except UnreadableFile as error:
            raise ValidationError(f"{error.reason} {error.hint}") from error


class ErasureDecisionForm(PlainForm):
    """An owner's word on a request; who approves says how many people that are."""

    APPROVE, REJECT = "approve", "reject"

    decision = forms.ChoiceField(choices=[(APPROVE, APPROVE), (REJECT, REJECT)])
    people = forms.IntegerField(required=False)

    def __init__(self, data: Any, request: ErasureRequest) -> None:
        super().__init__(data)
        self.request = request

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("decision") == self.APPROVE and given.get("people") != len(self.request.learner_ids):
            raise ValidationError(_("Type how many people would be erased. Nobody was erased."))
        return given

    def refusal(self) -> str:
        return " ".join(str(error) for errors in self.errors.values() for error in errors)
