"""What the page of recommendation rules takes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import label_of
from orgsync.core.normalize import fold_key
from orgsync.server.learning.models import Content, RecommendationRule
from orgsync.server.learning.recommending.rules import Wanted, attributes_of, skills_of
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.groups import PlaceForm
from orgsync.server.web.forms.plain import PlainForm

PAGE: Final = 50
MOST_CHOICES: Final = 500
"""Content that the form offers; more is found by what its title begins with."""


class RuleForm(PlainForm):
    """A rule to be made."""

    attribute = forms.ChoiceField(label=_("People whose"))
    value = forms.CharField(
        label=_("is"),
        max_length=200,
        help_text=_("Capital and small letters are the same."),
        widget=forms.TextInput({"autocomplete": "off", "list": "values"}),
    )
    content_id = forms.TypedChoiceField(
        label=_("are recommended"), required=False, coerce=int, empty_value=None, help_text=_("One course or path …")
    )
    skill = forms.ChoiceField(
        label=_("or everything that teaches"), required=False, help_text=_("… or a skill, whatever content has it.")
    )
    why = forms.CharField(
        label=_("What they read about it"),
        required=False,
        max_length=200,
        help_text=_("Empty: a sentence with your organization's name."),
    )

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        contents = Content.objects.filter(organization=organization, archived_at=None).order_by("title_key")
        titles = contents.values_list("id", "title")[:MOST_CHOICES]
        fields: dict[str, Any] = self.fields
        fields["attribute"].choices = [(name, label_of(name)) for name in attributes_of(organization.pk)]
        fields["content_id"].choices = [("", "–"), *((str(number), title) for number, title in titles)]
        fields["skill"].choices = [("", "–"), *((skill, skill) for skill in skills_of(organization.pk))]

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(given["attribute"], given["value"], given["content_id"], given["skill"], given["why"])


@dataclass(frozen=True, slots=True)
class RulePage:
    """Some of the rules, and where the neighbouring pages begin."""

    rules: Sequence[RecommendationRule]
    after: int | None
    before: int | None


class RulesForm(PlaceForm):
    """Search and place in the list."""

    q = forms.CharField(
        label=_("Value or skill"), required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )

    def found(self, organization: Organization) -> QuerySet[RecommendationRule]:
        """Return the rules that are meant, the newest first."""
        self.full_clean()
        rules = RecommendationRule.objects.filter(organization=organization)
        if text := (self.cleaned_data.get("q") or "").strip():
            rules = rules.filter(Q(value_key__contains=fold_key(text)) | Q(skill__icontains=text))
        return rules.order_by("-id")

    def page(self, organization: Organization) -> RulePage:
        """Return the rules to show."""
        rules, place = self.found(organization), self.place()
        before = place.get("before")
        if before is not None:
            some = list(rules.filter(id__gt=before).order_by("id")[: PAGE + 1])
            shown, has_previous, has_next = some[:PAGE][::-1], len(some) > PAGE, bool(some)
        else:
            after = place.get("after")
            some = list((rules if after is None else rules.filter(id__lt=after))[: PAGE + 1])
            shown, has_previous, has_next = some[:PAGE], after is not None and bool(some), len(some) > PAGE
        return RulePage(
            shown, shown[-1].pk if shown and has_next else None, shown[0].pk if shown and has_previous else None
        )
