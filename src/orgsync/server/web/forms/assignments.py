"""What the pages of assignments take in."""

from typing import Any, Final

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.core.columns import ATTRIBUTE_NAMES, label_of
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import CustomAttribute, Group, Learner
from orgsync.server.directory.scope import groups_within, learners_within
from orgsync.server.learning.models import Assignment, Content
from orgsync.server.learning.queries_assignments import OPEN, VIEWS, AssignmentPage, page_of_assignments
from orgsync.server.orgs.access import People
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.assigning import MOST_DAYS, NOTE_LENGTH, Terms
from orgsync.server.web.forms.groups import PlaceForm
from orgsync.server.web.forms.names import check_known, names_in
from orgsync.server.web.forms.plain import PlainForm

OFFERED: Final = 20
"""Groups that are offered beside the chosen ones: for another one its name is searched."""
NAME_LENGTH: Final = 200
VIEW_WORDS: Final = {
    "open": _("Open"),
    "overdue": _("Overdue"),
    "completed": _("Completed"),
    "closed": _("Closed"),
}
WHOM: Final = [
    (AudienceKind.GROUP.value, _("Groups")),
    (AudienceKind.PERSON.value, _("People")),
    (AudienceKind.ATTRIBUTE.value, _("Whoever has a value of an attribute")),
    (AudienceKind.EVERYBODY.value, _("Everybody")),
]
DUE: Final = [
    (DueKind.NEVER.value, _("No due day")),
    (DueKind.ON_DATE.value, _("On a day")),
    (DueKind.AFTER_START.value, _("Days after their start date")),
    (DueKind.AFTER_REACHING.value, _("Days after it reaches them")),
]


class StandingForm(PlaceForm):
    """How people stand, and which page of them."""

    view = forms.ChoiceField(required=False, widget=forms.HiddenInput, choices=[(view, view) for view in VIEWS])

    @property
    def chosen(self) -> str:
        self.full_clean()
        return str(self.cleaned_data.get("view") or OPEN)


class AssignmentsForm(PlaceForm):
    """Search, filter and place of the list of assignments."""

    q = forms.CharField(label=_("Title"), required=False, max_length=200, widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(
        label=_("Shown"), required=False, choices=[("", _("In force")), ("ended", _("Ended")), ("all", _("All"))]
    )

    @property
    def is_narrowed(self) -> bool:
        self.full_clean()
        return bool(self.cleaned_data.get("q") or self.cleaned_data.get("state"))

    def chosen(self, assignments: QuerySet[Assignment]) -> QuerySet[Assignment]:
        """Return those that are meant, the newest first."""
        self.full_clean()
        state, text = self.cleaned_data.get("state"), (self.cleaned_data.get("q") or "").strip()
        if state != "all":
            assignments = assignments.filter(ended_at__isnull=state != "ended")
        if text:
            titled = Content.objects.filter(
                title_key__contains=fold_key(text), organization_id=OuterRef("organization_id")
            )
            assignments = assignments.filter(Exists(titled.filter(id=OuterRef("content_id"))))
        return assignments.order_by("-id")

    def page(self, assignments: QuerySet[Assignment]) -> AssignmentPage:
        """Return the assignments to show."""
        return page_of_assignments(self.chosen(assignments), **self.place())


class AssignForm(PlainForm):
    """To whom, by when, and what they are told."""

    whom = forms.ChoiceField(label=_("Assign to"), choices=WHOM, initial=AudienceKind.GROUP.value)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label=_("Groups"),
        required=False,
        help_text=_("Whoever joins a group later gets it too, and so do the people of groups inside it."),
    )
    people = forms.CharField(
        label=_("E-mail addresses or unique user IDs"),
        required=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One a line, at most 50. For more make a group."),
    )
    attribute = forms.ChoiceField(label=_("Attribute"), required=False)
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=255,
        help_text=_("Whoever has it now or gets it later; case does not count."),
    )
    due = forms.ChoiceField(label=_("Due"), choices=DUE, initial=DueKind.NEVER.value)
    due_on = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput({"type": "date"}))
    due_days = forms.IntegerField(
        label=_("Days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_("Who started so long ago that the day would be past has as many days from now on."),
    )
    reminders = forms.CharField(
        label=_("Remind by mail, days before"),
        required=False,
        max_length=50,
        help_text=_("For example 7, 1. Empty: no reminder."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Why, or what to do: people read it beside the course."),
    )

    def __init__(self, data: Any, organization: Organization, people: People, **more: Any) -> None:
        super().__init__(data, **more)
        self.organization, self.within = organization, people
        custom = CustomAttribute.objects.filter(organization=organization).order_by("name")
        names = [*ATTRIBUTE_NAMES, *custom.values_list("name", flat=True)]
        self.fields["attribute"].choices = [("", "—"), *((name, label_of(name)) for name in names)]  # type: ignore[attr-defined]
        if not people.is_everybody:
            choices = [choice for choice in WHOM if choice[0] in {AudienceKind.GROUP, AudienceKind.PERSON}]
            self.fields["whom"].choices = choices  # type: ignore[attr-defined]
        self.fields["groups"].queryset = groups_within(organization.pk, people)  # type: ignore[attr-defined]
        self.find = ""
        """Part of the name of the groups that are offered."""

    @classmethod
    def looking(cls, posted: QueryDict, organization: Organization, people: People) -> "AssignForm":
        """Return the form as it was filled in, with the groups that its search finds; nothing is checked yet."""
        written: dict[str, Any] = {name: posted.get(name, "") for name in cls.base_fields}
        form = cls(None, organization, people, initial=written | {"groups": posted.getlist("groups")})
        form.find = posted.get("find", "")[:NAME_LENGTH]
        return form

    @property
    def offered(self) -> list[tuple[Group, bool]]:
        """Return the groups to choose from, and whether each is chosen: the chosen ones, then some that are found."""
        given = self["groups"].value() or ()
        numbers = [int(one) for one in map(str, given) if one.isdecimal() and len(one) < 19]
        among: QuerySet[Group] = self.fields["groups"].queryset  # type: ignore[attr-defined]
        chosen = list(among.filter(pk__in=numbers).order_by("name_key"))
        found = among.filter(name_key__contains=fold_key(self.find)).exclude(pk__in=numbers).order_by("name_key")
        return [*((group, True) for group in chosen), *((group, False) for group in found[:OFFERED])]

    def clean_people(self) -> list[Learner]:
        words = names_in(self.cleaned_data["people"])[:51]
        if len(words) > 50:
            raise forms.ValidationError(_("These are more than 50 people: make a group of them."))
        mine = learners_within(self.organization.pk, self.within)
        by_mail = {one.email_key: one for one in mine.filter(email_key__in=[fold_key(word) for word in words])}
        by_id = {one.unique_user_id: one for one in mine.filter(unique_user_id__in=words)}
        found = [by_mail.get(fold_key(word)) or by_id.get(word) for word in words]
        unknown = [word for word, one in zip(words, found, strict=True) if one is None]
        check_known(unknown, _("Nobody has the address or unique user ID %(what)s."))
        return [one for one in found if one is not None]

    def clean_reminders(self) -> list[int]:
        words = self.cleaned_data["reminders"].replace(",", " ").split()
        if any(not word.isdecimal() or len(word) > 3 for word in words):
            raise forms.ValidationError(_("Write numbers of days, such as 7, 1."))
        return [int(word) for word in words]

    def audiences(self) -> list[Audience]:
        """Return to whom it is to be assigned, each an assignment of its own."""
        given = self.cleaned_data
        kind = AudienceKind(given["whom"])
        if kind is AudienceKind.GROUP:
            return [Audience(kind, group_id=group.pk) for group in given["groups"]]
        if kind is AudienceKind.PERSON:
            return [Audience(kind, learner_id=one.id) for one in given["people"]]
        if kind is AudienceKind.ATTRIBUTE:
            return [Audience(kind, attribute=given["attribute"], value=given["value"])]
        return [Audience(kind)]

    def terms(self) -> Terms:
        given = self.cleaned_data
        due = Due(DueKind(given["due"]), given["due_on"], given["due_days"] or 0)
        return Terms(due, given["reminders"], given["note"])
