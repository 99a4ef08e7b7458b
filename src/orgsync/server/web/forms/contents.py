"""What the pages of content take in."""

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Group, Pool
from orgsync.server.learning.contents import PARTS_OF
from orgsync.server.learning.contentvalues import (
    KEY_LENGTH,
    LEVELS,
    MOST_MINUTES,
    SHORT_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    ContentValues,
    problems_of,
    split_list,
)
from orgsync.server.learning.models import Content, ContentKind
from orgsync.server.learning.queries_contents import SORTS, ContentFilter, ContentPage, choices_of, page_of_contents
from orgsync.server.orgs.models import Organization
from orgsync.server.web.forms.groups import PlaceForm
from orgsync.server.web.forms.names import check_known, groups_named
from orgsync.server.web.forms.plain import PlainForm

KIND_WORDS: Final = {
    ContentKind.COURSE.value: _("Course"),
    ContentKind.PATH.value: _("Learning path"),
    ContentKind.COLLECTION.value: _("Collection"),
}
STATES: Final = [("", _("Offered")), ("assigned", _("Assigned")), ("archived", _("Archived"))]


class ContentsForm(PlaceForm):
    """Search, filters, order and place of the list; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Title, provider or key"),
        required=False,
        max_length=TITLE_LENGTH,
        widget=forms.TextInput({"type": "search"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *KIND_WORDS.items()])
    provider = forms.ChoiceField(label=_("Provider"), required=False)
    skill = forms.ChoiceField(label=_("Skill"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    state = forms.ChoiceField(label=_("Shown"), required=False, choices=STATES)
    sort = forms.ChoiceField(
        required=False, widget=forms.HiddenInput, choices=[(sign + key, key) for key in SORTS for sign in ("", "-")]
    )

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        self.organization = organization
        for name, values in choices_of(organization.pk).items():
            choices = [("", _("All")), *((value, value) for value in values)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> ContentFilter:
        self.full_clean()
        given = self.cleaned_data
        names = ("kind", "provider", "skill", "language", "state")
        return ContentFilter(given.get("q") or "", **{name: given.get(name) or "" for name in names})

    @property
    def is_narrowed(self) -> bool:
        return self.chosen() != ContentFilter()

    def page(self, today: date) -> ContentPage:
        """Return the content to show."""
        chosen, sort = self.chosen(), self.cleaned_data.get("sort") or "title"
        return page_of_contents(self.organization.pk, chosen, sort, today=today, **self.place())


class ContentForm(PlainForm):
    """Everything that is said of a content."""

    kind = forms.ChoiceField(label=_("Kind"), choices=list(KIND_WORDS.items()))
    title = forms.CharField(label=_("Title"), max_length=TITLE_LENGTH)
    url = forms.CharField(
        label=_("Address"), required=False, max_length=URL_LENGTH, help_text=_("Where people learn it: https://…")
    )
    provider = forms.CharField(
        label=_("Provider"), required=False, max_length=SHORT_LENGTH, help_text=_("Whose it is, or In-house.")
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=0,
        max_value=MOST_MINUTES,
        help_text=_("How long it takes. A learning path takes what its courses take."),
    )
    level = forms.CharField(
        label=_("Level"), required=False, max_length=SHORT_LENGTH, widget=forms.TextInput({"list": "levels"})
    )
    language = forms.CharField(label=_("Language"), required=False, max_length=35, help_text=_("A tag: en, de, pt-BR."))
    skills = forms.CharField(
        label=_("Skills"),
        required=False,
        help_text=_("What one learns, separated by semicolons. Recommendations and reports read it."),
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=TEXT_LENGTH, widget=forms.Textarea({"rows": 5})
    )
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=KEY_LENGTH,
        help_text=_(
            "What the provider calls it; files, xAPI statements and the API name it by this. Empty: its address."
        ),
    )
    levels = LEVELS

    def __init__(self, data: Any, content: Content | None = None, *, kinds: list[str] | None = None) -> None:
        super().__init__(data, initial=_initial(content))
        self.content = content
        if content is not None:
            del self.fields["kind"]
        elif kinds is not None:
            choices = [(kind, word) for kind, word in KIND_WORDS.items() if kind in kinds]
            self.fields["kind"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def values(self) -> ContentValues:
        given = self.cleaned_data
        kind = self.content.kind if self.content else given["kind"]
        texts = {
            name: given[name].strip()
            for name in ("title", "key", "provider", "url", "description", "language", "level")
        }
        return ContentValues(
            kind=ContentKind(kind), minutes=given["minutes"], skills=split_list(given["skills"]), **texts
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            for name, problem in problems_of(self.values()).items():
                self.add_error(name, problem)
        return given


def _initial(content: Content | None) -> dict[str, Any]:
    if content is None:
        return {}
    names = ("title", "key", "provider", "url", "description", "language", "level")
    minutes = None if content.seconds is None else content.seconds // 60
    return {name: getattr(content, name) for name in names} | {"minutes": minutes, "skills": "; ".join(content.skills)}


class PartsForm(PlainForm):
    """Of what a path or a collection consists: one title or key a line, in order."""

    parts = forms.CharField(
        label=_("Parts, in order"),
        required=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
        help_text=_("One a line: the title or the key. A path consists of courses, a collection of courses and paths."),
    )

    def __init__(self, data: Any, whole: Content, parts: list[Content]) -> None:
        super().__init__(data, initial={"parts": "\n".join(part.title for part in parts)})
        self.whole = whole

    def clean_parts(self) -> list[Content]:
        words = [word.strip() for word in self.cleaned_data["parts"].splitlines() if word.strip()]
        kinds = PARTS_OF.get(ContentKind(self.whole.kind), ())
        mine = Content.objects.filter(organization_id=self.whole.organization_id, kind__in=kinds, archived_at=None)
        by_key = {one.key: one for one in mine.filter(key__in=words)}
        by_title = {one.title_key: one for one in mine.filter(title_key__in=[fold_key(word) for word in words])}
        found = [by_key.get(word) or by_title.get(fold_key(word)) for word in words]
        unknown = [word for word, one in zip(words, found, strict=True) if one is None]
        check_known(unknown, _("There is nothing called %(what)s that it may consist of."))
        return [one for one in found if one is not None]


class AudienceForm(PlainForm):
    """The groups whose people see a content."""

    groups = forms.CharField(
        label=_("Groups whose people see it"),
        required=False,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        help_text=_("One name a line. Empty: everybody sees it. To assign it is another thing."),
    )

    def __init__(self, data: Any, content: Content, groups: list[Group]) -> None:
        super().__init__(data, initial={"groups": "\n".join(group.name for group in groups)})
        self.content = content

    def clean_groups(self) -> list[Group]:
        mine = Group.objects.filter(organization_id=self.content.organization_id)
        return groups_named(mine, self.cleaned_data["groups"])


class LicenseForm(PlainForm):
    """The license that a content takes."""

    pool = forms.ChoiceField(
        label=_("Takes a license of"),
        required=False,
        help_text=_("Who has no active one sees it, but cannot start it, and is not recommended it."),
    )

    def __init__(self, data: Any, content: Content) -> None:
        super().__init__(data, initial={"pool": content.pool_id or ""})
        self.pools = {str(one.pk): one for one in Pool.objects.filter(organization_id=content.organization_id)}
        names = sorted((one.name, number) for number, one in self.pools.items())
        choices = [("", _("No license")), *((number, name) for name, number in names)]
        self.fields["pool"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> Pool | None:
        return self.pools.get(self.cleaned_data["pool"])


class ImportForm(PlainForm):
    """A file of content."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput({"accept": ".csv,.txt,text/csv"}),
        help_text=_("At most 10,000 rows and 2.5 MB."),
        error_messages={"required": _("Choose a file of at most 2.5 MB.")},
    )
