"""What the page of one learner takes in: a single change, or a whole form of values."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgsync.core.columns import ATTRIBUTE_NAMES, BY_NAME, CUSTOM_PREFIX, CellKind, custom_column, label_of
from orgsync.core.edits import Edit
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import CustomAttribute, Group, Learner, Override, Pool
from orgsync.server.web.forms.plain import PlainForm

ADDRESS: Final = "primary_email_address"
USER_ID: Final = "unique_user_id"
MANAGER: Final = "manager"
KEYS: Final = (ADDRESS, USER_ID, MANAGER)
"""What may be kept from files beside attributes."""
KEY_WORDS: Final = {
    ADDRESS: gettext_lazy("E-mail address"),
    USER_ID: gettext_lazy("Unique user ID"),
    MANAGER: gettext_lazy("Manager"),
}
STATUS: Final = "worker_status"
"""Set by "let leave" and "bring back", not in the form of values."""
FORM_ATTRIBUTES: Final = tuple(name for name in ATTRIBUTE_NAMES if name != STATUS)
_LINK: Final = re.compile(r"(?:group|license):\d{1,18}")
LONG_TEXTS: Final = frozenset({"profile_description"})


def words_of(target: str) -> str:
    """Return what an attribute or a key is called."""
    return str(KEY_WORDS.get(target) or label_of(target))


def person_named(organization_id: int, text: str) -> Learner | None:
    """Return whom an address or a unique user id names."""
    people = Learner.objects.filter(organization_id=organization_id)
    return people.filter(email_key=fold_key(text)).first() or people.filter(unique_user_id=text).first()


class ChangeForm(PlainForm):
    """One change of one learner: `do` is a verb, or a verb and what it is about, as in `keep:work_title`."""

    do = forms.CharField(max_length=400)
    group = forms.CharField(required=False, max_length=255)

    def __init__(self, data: Any, learner: Learner) -> None:
        super().__init__(data)
        self.learner = learner
        self.mine = {"organization_id": learner.organization_id}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        verb, _colon, about = given.get("do", "").partition(":")
        make = _VERBS.get(verb)
        if make is None:
            raise ValidationError(_("That is no change."))
        given["edit"] = make(self, about)
        return given

    def edit(self) -> Edit:
        """Return the change; the form must be valid."""
        return Edit(self.learner.id, self.learner.primary_email_address, **self.cleaned_data["edit"])

    def refusal(self) -> str:
        return " ".join(str(error) for errors in self.errors.values() for error in errors)

    def join(self, _about: str) -> dict[str, Any]:
        name = self.cleaned_data.get("group", "").strip()
        found = Group.objects.filter(**self.mine, name_key=fold_key(name)).first()
        if found is None:
            raise ValidationError(_("There is no group of this name."))
        return {"joins": [found.name]}

    def leave(self, about: str) -> dict[str, Any]:
        return {"leaves": [self._known(Group.objects.filter(**self.mine), about).name]}

    def license(self, about: str, *, is_granted: bool) -> dict[str, Any]:
        return {"licenses": {self._known(Pool.objects.filter(**self.mine), about).key: is_granted}}

    def keep(self, about: str) -> dict[str, Any]:
        if about not in {*ATTRIBUTE_NAMES, *KEYS} and not self._is_custom(about):
            raise ValidationError(_("There is no such attribute."))
        return {"keeps": [about]}

    def lift(self, about: str) -> dict[str, Any]:
        is_link = _LINK.fullmatch(about) is not None
        return {"lifts": [about]} if is_link else {"lifts": self.keep(about)["keeps"]}

    def _known(self, known: Any, number: str) -> Any:
        found = known.filter(id=int(number)).first() if number.isdecimal() and len(number) < 19 else None
        if found is None:
            raise ValidationError(_("That is not there any more."))
        return found

    def _is_custom(self, name: str) -> bool:
        return CustomAttribute.objects.filter(**self.mine, name=name).exists()


_VERBS: Final[Mapping[str, Callable[[ChangeForm, str], dict[str, Any]]]] = {
    "protect": lambda _form, _about: {"is_protected": True},
    "unprotect": lambda _form, _about: {"is_protected": False},
    "deactivate": lambda _form, _about: {"values": {STATUS: "inactive"}},
    "reactivate": lambda _form, _about: {"values": {STATUS: "active"}},
    "join": ChangeForm.join,
    "leave": ChangeForm.leave,
    "grant": lambda form, about: form.license(about, is_granted=True),
    "revoke": lambda form, about: form.license(about, is_granted=False),
    "keep": ChangeForm.keep,
    "lift": ChangeForm.lift,
}


class ValuesForm(PlainForm):
    """Keys and attributes of a person; the base of editing one and adding one."""

    def __init__(self, data: Any, organization_id: int, initial: Mapping[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.organization_id = organization_id
        names = CustomAttribute.objects.filter(organization_id=organization_id).order_by("name")
        self.attributes = (*FORM_ATTRIBUTES, *names.values_list("name", flat=True))
        self.fields[ADDRESS] = forms.CharField(label=KEY_WORDS[ADDRESS], max_length=254)
        self.fields[USER_ID] = forms.CharField(label=KEY_WORDS[USER_ID], max_length=128, required=False)
        self.fields[MANAGER] = forms.CharField(
            label=KEY_WORDS[MANAGER],
            max_length=254,
            required=False,
            help_text=gettext_lazy("Address or unique user ID of somebody in the directory."),
        )
        for name in self.attributes:
            self.fields[name] = _field_of(name)

    def clean_manager(self) -> str:
        """Look the manager up; what is cleaned is the address, or nothing."""
        text = str(self.cleaned_data[MANAGER]).strip()
        if not text:
            return ""
        found = person_named(self.organization_id, text)
        if found is None:
            raise ValidationError(_("Nobody in the directory has this address or ID."))
        return found.primary_email_address

    def add_findings(self, found: Sequence[Mapping[str, Any]]) -> None:
        """Put what the engine has found in the row beside the fields that it is about."""
        for message in found:
            name = _FIELD_OF_COLUMN.get(message["column"], message["column"])
            self.add_error(name if name in self.fields else None, str(message["message"]))

    def text_of(self, name: str) -> str | None:
        """Return a given value as a cell; None where the field is empty."""
        value = self.cleaned_data[name]
        return value.isoformat() if isinstance(value, date) else str(value).strip() or None if value else None


class LearnerForm(ValuesForm):
    """Everything that can be said of one learner, and what files are to leave alone."""

    def __init__(self, data: Any, learner: Learner, manager: str) -> None:
        self.learner = learner
        stored = {name: getattr(learner, name) for name in FORM_ATTRIBUTES} | dict(learner.custom)
        keys = {ADDRESS: learner.primary_email_address, USER_ID: learner.unique_user_id, MANAGER: manager}
        super().__init__(data, learner.organization_id, stored | keys)
        kept = Override.objects.filter(organization_id=learner.organization_id, learner_id=learner.id)
        self.kept = frozenset(kept.values_list("target", flat=True))
        for name in (*KEYS, *self.attributes):
            label = _("Files leave this alone: %s") % words_of(name)
            self.fields[f"keep-{name}"] = forms.BooleanField(label=label, required=False, initial=name in self.kept)

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return each field with the switch that keeps files from it."""
        return [(self[name], self[f"keep-{name}"]) for name in (*KEYS, *self.attributes)]

    def edit(self) -> Edit | None:
        """Return what was changed in the form, which must be valid; None when nothing was."""
        changed = {name: self.text_of(name) for name in (*KEYS, *self.attributes) if self._is_changed(name)}
        switched = [name for name in (*KEYS, *self.attributes) if self._is_kept(name) != (name in self.kept)]
        if not changed and not switched:
            return None
        return Edit(
            self.learner.id,
            self.learner.primary_email_address,
            values={name: value for name, value in changed.items() if name not in KEYS},
            new_address=changed.get(ADDRESS),
            new_user_id=changed.get(USER_ID),
            drops_user_id=USER_ID in changed and changed[USER_ID] is None,
            manager=(changed[MANAGER] or "") if MANAGER in changed else None,
            keeps=[name for name in switched if self._is_kept(name)],
            lifts=[name for name in switched if not self._is_kept(name)],
        )

    def _is_kept(self, name: str) -> bool:
        return bool(self.cleaned_data[f"keep-{name}"])

    def _is_changed(self, name: str) -> bool:
        stored = self.initial.get(name)
        return self.text_of(name) != (None if stored in {None, ""} else str(stored))


class NewLearnerForm(ValuesForm):
    """A learner who is added by hand."""

    def clean_primary_email_address(self) -> str:
        address = str(self.cleaned_data[ADDRESS]).strip()
        people = Learner.objects.filter(organization_id=self.organization_id, email_key=fold_key(address))
        if people.exists():
            raise ValidationError(_("Somebody in the directory has this address already."))
        return address

    def clean_unique_user_id(self) -> str:
        user_id = str(self.cleaned_data[USER_ID]).strip()
        if user_id and Learner.objects.filter(organization_id=self.organization_id, unique_user_id=user_id).exists():
            raise ValidationError(_("Somebody in the directory has this ID already."))
        return user_id

    def cells(self) -> dict[str, str]:
        """Return the row of the person as a file would have it; the form must be valid."""
        columns = {name: _COLUMN_OF_FIELD.get(name, name) for name in (*KEYS, *self.attributes)}
        return {column: value for name, column in columns.items() if (value := self.text_of(name)) is not None}


_COLUMN_OF_FIELD: Final = {MANAGER: "manager_primary_email_address"}
_FIELD_OF_COLUMN: Final = {"manager_primary_email_address": MANAGER, "new_unique_user_id": USER_ID}


def _field_of(name: str) -> forms.Field:
    column = custom_column(name) if name.startswith(CUSTOM_PREFIX) else BY_NAME[name]
    common: dict[str, Any] = {"label": label_of(name), "required": False}
    if column.kind is CellKind.DATE:
        return forms.DateField(**common, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    widget = forms.Textarea({"rows": 3}) if name in LONG_TEXTS else forms.TextInput({"autocomplete": "off"})
    return forms.CharField(**common, max_length=column.max_length, widget=widget)
