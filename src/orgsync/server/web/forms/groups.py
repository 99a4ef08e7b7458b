"""What the pages of groups take in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.groupnames import NAME_LENGTH
from orgsync.core.normalize import fold_key
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.models import Group, Learner
from orgsync.server.directory.queries import NOBODY, Order, Page, find_page
from orgsync.server.directory.queries_groups import SORTS, GroupFilter, GroupOrder, GroupPage, page_of_groups
from orgsync.server.directory.scope import learners_within
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.plain import PlainForm

KINDS: Final = [
    ("", _("All")),
    ("rule", _("By rule")),
    ("file", _("By file")),
    ("hand", _("By hand")),
    ("scim", _("By SCIM")),
    ("empty", _("Nobody in it")),
]
MOST_PASTED: Final = 5_000
"""People whom one form may name; more of them come by a file."""
_BIG: Final = 2**63 - 1


class PlaceForm(PlainForm):
    """Which page of a list: ids of what it begins behind or ends before."""

    after = forms.IntegerField(required=False, min_value=0, max_value=_BIG, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=0, max_value=_BIG, widget=forms.HiddenInput)

    def place(self) -> dict[str, int]:
        """Return what was asked for and can be understood."""
        self.full_clean()
        found = {name: self.cleaned_data.get(name) for name in ("after", "before")}
        return {name: value for name, value in found.items() if value is not None}


class GroupsForm(PlaceForm):
    """Search, kind, order and place of the list; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Name"), required=False, max_length=NAME_LENGTH, widget=forms.TextInput({"type": "search"})
    )
    kind = forms.ChoiceField(label=_("Filled"), required=False, choices=KINDS)
    sort = forms.ChoiceField(
        required=False, widget=forms.HiddenInput, choices=[(sign + key, key) for key in SORTS for sign in ("", "-")]
    )

    def chosen(self, only: Collection[int] | None) -> GroupFilter:
        self.full_clean()
        given = self.cleaned_data
        return GroupFilter(given.get("q") or "", given.get("kind") or "", only)

    def page(self, organization: Organization, only: Collection[int] | None) -> GroupPage:
        """Return the groups to show."""
        chosen, sort = self.chosen(only), self.cleaned_data.get("sort") or "name"
        order = GroupOrder(sort.removeprefix("-"), is_descending=sort.startswith("-"))
        return page_of_groups(organization.pk, chosen, order, **self.place())


class MembersForm(PlaceForm):
    """Search and place among the people of a group."""

    q = forms.CharField(
        label=_("Name, e-mail or ID begins with"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )

    def page(self, organization: Organization, **criteria: Any) -> Page:
        """Return the people to show: those of the criteria among whom is searched."""
        place = self.place()
        if self.errors:
            return NOBODY
        return find_page(organization.pk, Criteria(text=self.cleaned_data["q"], **criteria), Order(), **place)


class NameForm(PlainForm):
    """A group's name."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH, widget=forms.TextInput({"autocomplete": "off"}))


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a text names, each once, and what of it names nobody."""

    people: Sequence[Learner]
    unknown: Sequence[str]


class PeopleForm(PlainForm):
    """People to be put into a group or taken out of it, by their addresses or unique user ids or ticked in a list."""

    JOIN, LEAVE = "join", "leave"
    WORDS: Sequence[str] = (JOIN, LEAVE)
    """What can be done with them."""

    do = forms.ChoiceField(widget=forms.HiddenInput)
    people = forms.CharField(
        label=_("E-mail addresses or unique user IDs"),
        required=False,
        help_text=_(
            "One a line, or separated by commas, semicolons or blanks: a column of a spreadsheet can be pasted."
        ),
        widget=forms.Textarea({"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )
    who = forms.TypedMultipleChoiceField(required=False, coerce=int)

    def __init__(self, data: Any, organization: Organization, within: People) -> None:
        super().__init__(data)
        self.organization, self.within = organization, within
        self.fields["do"].choices = [(word, word) for word in self.WORDS]  # type: ignore[attr-defined]
        ticked = [] if data is None else [text for text in data.getlist("who") if text.isdecimal()]
        self.fields["who"].choices = [(text, text) for text in ticked]  # type: ignore[attr-defined]

    def clean_people(self) -> list[str]:
        """Split the text into what names people."""
        text = self.cleaned_data["people"]
        for separator in ",;":
            text = text.replace(separator, " ")
        words = list(dict.fromkeys(text.split()))
        if len(words) > MOST_PASTED:
            told = _("These are %(count)s people; send more than %(most)s by a file.")
            raise forms.ValidationError(told, params={"count": len(words), "most": MOST_PASTED})
        return words

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not given["people"] and not given["who"]:
            raise forms.ValidationError(_("Say who: tick people, or write their addresses."))
        return given

    def named(self) -> Named:
        """Return who is meant, of those whom the sender may change; two statements, whatever their number."""
        words, ticked = self.cleaned_data["people"], self.cleaned_data["who"]
        everybody = learners_within(self.organization.pk, self.within)
        keys = {fold_key(word): word for word in words}
        by_mail = {one.email_key: one for one in everybody.filter(email_key__in=keys)}
        rest = [word for key, word in keys.items() if key not in by_mail]
        by_id = {one.unique_user_id: one for one in everybody.filter(unique_user_id__in=rest)}
        people = [*by_mail.values(), *by_id.values(), *everybody.filter(id__in=ticked)]
        return Named(list({one.id: one for one in people}.values()), [word for word in rest if word not in by_id])


def find_group(organization: Organization, name: str) -> Group | None:
    """Return the group of that name, whatever its case."""
    return Group.objects.filter(organization=organization, name_key=fold_key(name.strip())).first()
