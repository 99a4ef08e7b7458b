"""A bulk action: who is meant by the address, and what is to become of them."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orgsync.core.columns import label_of
from orgsync.core.edits import Edit
from orgsync.core.normalize import fold_key
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.models import Feed, Group
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.learner import FORM_ATTRIBUTES, STATUS, person_named
from orgsync.server.web.forms.learners import LearnersForm
from orgsync.server.web.forms.plain import PlainForm

ALL: Final = "all"
HAND: Final = "hand"
LIFT: Final = "lift"
ACTIONS: Final = [
    ("", gettext_lazy("Choose …")),
    ("set", gettext_lazy("Set an attribute")),
    ("clear", gettext_lazy("Clear an attribute")),
    ("join", gettext_lazy("Put into a group")),
    ("leave", gettext_lazy("Take out of a group")),
    ("grant", gettext_lazy("Grant a license")),
    ("revoke", gettext_lazy("Revoke a license")),
    ("manager", gettext_lazy("Give a manager")),
    ("protect", gettext_lazy("Protect from leaving by a file")),
    ("unprotect", gettext_lazy("Protect no longer")),
    ("deactivate", gettext_lazy("Let leave")),
    (LIFT, gettext_lazy("Lift every local override")),
    (HAND, gettext_lazy("Hand to a feed")),
]
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "set": ("attribute", "value"),
    "clear": ("attribute",),
    "join": ("group",),
    "leave": ("group",),
    "grant": ("pool",),
    "revoke": ("pool",),
    "manager": ("manager",),
    HAND: ("feed",),
}


def meant_by(query: QueryDict, form: LearnersForm) -> Criteria | None:
    """Return whom a bulk action is about: those ticked, or everybody whom the filter finds; None for nobody."""
    if query.get("whom") == ALL:
        return form.criteria
    ids = tuple(int(text) for text in query.getlist("id") if text.isdecimal() and len(text) < 19)
    return Criteria(ids=ids, within=form.people) if ids else None


class BulkForm(PlainForm):
    """What is to become of people; only the fields that the action needs count."""

    do = forms.ChoiceField(label=gettext_lazy("What to do"), choices=ACTIONS)
    attribute = forms.ChoiceField(label=gettext_lazy("Attribute"), required=False)
    value = forms.CharField(label=gettext_lazy("Value"), required=False, max_length=2_000)
    keeps = forms.BooleanField(label=gettext_lazy("Files leave it alone from now on"), required=False)
    group = forms.CharField(
        label=gettext_lazy("Group"),
        required=False,
        max_length=255,
        widget=forms.TextInput({"list": "groups", "autocomplete": "off"}),
    )
    pool = forms.ChoiceField(label=gettext_lazy("License pool"), required=False)
    manager = forms.CharField(
        label=gettext_lazy("Manager"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Address or unique user ID of somebody in the directory."),
    )
    feed = forms.ChoiceField(label=gettext_lazy("Feed"), required=False)
    is_alone = forms.BooleanField(label=gettext_lazy("Other feeds claim them no longer"), required=False, initial=True)
    is_sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, organization: Organization, offered: Any) -> None:
        super().__init__(data)
        self.organization = organization
        attributes = [(name, label_of(name)) for name in (*FORM_ATTRIBUTES, *offered.custom_attributes)]
        self._offer("attribute", attributes)
        self._offer("pool", offered.pools)
        self._offer("feed", offered.feeds)

    def _offer(self, name: str, choices: Any) -> None:
        shown = [("", _("Choose …")), *((str(value), text) for value, text in choices)]
        self.fields[name].choices = shown  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in NEEDED.get(given.get("do", ""), ()):
            if name not in self.errors and not given.get(name):
                self.add_error(name, _("This is needed."))
        return given

    def clean_group(self) -> str:
        """Look the group up; what is cleaned is its name as it is written."""
        name = str(self.cleaned_data["group"]).strip()
        if not name or self.cleaned_data.get("do") not in {"join", "leave"}:
            return ""
        found = Group.objects.filter(organization=self.organization, name_key=fold_key(name)).first()
        if found is None:
            raise ValidationError(_("There is no group of this name."))
        return found.name

    def clean_manager(self) -> str:
        """Look the manager up; what is cleaned is the address."""
        text = str(self.cleaned_data["manager"]).strip()
        if not text or self.cleaned_data.get("do") != "manager":
            return ""
        found = person_named(self.organization.pk, text)
        if found is None:
            raise ValidationError(_("Nobody in the directory has this address or ID."))
        return found.primary_email_address

    def edit(self) -> Edit:
        """Return the edit of each person; the form must be valid."""
        return Edit(0, "", **_EDITS[self.cleaned_data["do"]](self))

    def feed_to(self) -> Feed:
        """Return the feed that gets the people."""
        return Feed.objects.get(organization=self.organization, id=int(self.cleaned_data["feed"]))

    def title(self) -> str:
        """Return the action in words, without any person: it becomes the name of the job's file."""
        given = self.cleaned_data
        said = dict(ACTIONS)[given["do"]]
        shown = {"attribute": label_of, "pool": self._pool_name}
        about = [shown.get(name, str)(given[name]) for name in NEEDED.get(given["do"], ()) if name != "manager"]
        return f"{said}: {' = '.join(about)}" if about else str(said)

    def changed(self) -> dict[str, Any]:
        """Return what is set by `set` and `clear`."""
        name = self.cleaned_data["attribute"]
        value = self.cleaned_data["value"].strip() if self.cleaned_data["do"] == "set" else None
        return {"values": {name: value}, "keeps": [name] if self.cleaned_data["keeps"] else []}

    def license(self) -> dict[str, Any]:
        pool = self.organization.pool_set.get(id=int(self.cleaned_data["pool"]))
        return {"licenses": {pool.key: self.cleaned_data["do"] == "grant"}}

    def _pool_name(self, number: str) -> str:
        return str(dict(self.fields["pool"].choices)[number])  # type: ignore[attr-defined]  # a ChoiceField


_EDITS: Final[dict[str, Callable[[BulkForm], dict[str, Any]]]] = {
    "set": BulkForm.changed,
    "clear": BulkForm.changed,
    "join": lambda form: {"joins": [form.cleaned_data["group"]]},
    "leave": lambda form: {"leaves": [form.cleaned_data["group"]]},
    "grant": BulkForm.license,
    "revoke": BulkForm.license,
    "manager": lambda form: {"manager": form.cleaned_data["manager"]},
    "protect": lambda _form: {"is_protected": True},
    "unprotect": lambda _form: {"is_protected": False},
    "deactivate": lambda _form: {"values": {STATUS: "inactive"}},
    LIFT: lambda _form: {},
}
