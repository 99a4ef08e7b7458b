"""Settings of the organization: fields made from the one catalogue, and the few that are more than one value."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orgsync.core.guards import limits_of
from orgsync.server.orgs.catalogue import Kind, Section, Setting, settings_in
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import zone_names
from orgsync.server.web.forms.guards import GuardFields
from orgsync.server.web.forms.plain import PlainForm


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class _LinesField(forms.CharField):
    """A list of texts, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return _lines(super().clean(value))


def _number(setting: Setting, shared: dict[str, Any]) -> forms.Field:
    attributes = {"inputmode": "numeric", "placeholder": "never"} if setting.kind is Kind.NUMBER_OR_NEVER else {}
    return forms.IntegerField(
        min_value=setting.minimum, max_value=setting.maximum, widget=forms.NumberInput(attributes), **shared
    )


_FIELDS: Final[Mapping[Kind, Callable[[Setting, dict[str, Any]], forms.Field]]] = {
    Kind.TEXT: lambda one, shared: forms.CharField(max_length=one.maximum, **shared),
    Kind.LONG_TEXT: lambda one, shared: forms.CharField(
        max_length=one.maximum, widget=forms.Textarea({"rows": 6}), **shared
    ),
    Kind.EMAIL: lambda _one, shared: forms.EmailField(**shared),
    Kind.FLAG: lambda _one, shared: forms.BooleanField(**shared),
    Kind.NUMBER: _number,
    Kind.NUMBER_OR_NEVER: _number,
    Kind.CHOICE: lambda one, shared: forms.ChoiceField(choices=one.choices, **shared),
    Kind.SEVERAL: lambda one, shared: forms.MultipleChoiceField(
        choices=one.choices, widget=forms.CheckboxSelectMultiple, **shared
    ),
    Kind.LINES: lambda _one, shared: _LinesField(widget=forms.Textarea({"rows": 3, "class": "mono"}), **shared),
    Kind.ZONE: lambda _one, shared: forms.ChoiceField(choices=[(name, name) for name in zone_names()], **shared),
}
_NEEDED: Final = frozenset({Kind.NUMBER, Kind.ZONE})


class SettingsForm(PlainForm):
    """One section of the catalogue, filled with what the organization has."""

    def __init__(self, data: Any, organization: Organization, section: Section) -> None:
        self.settings = tuple(settings_in(section))
        super().__init__(data, initial={one.name: getattr(organization, one.name) for one in self.settings})
        for setting in self.settings:
            self.fields[setting.name] = _field_of(setting)

    def values(self) -> dict[str, Any]:
        """Return what was given, by setting."""
        return {setting.name: self.cleaned_data[setting.name] for setting in self.settings}

    def lines(self) -> list[tuple[Setting, forms.BoundField]]:
        """Return each setting with its field."""
        return [(setting, self[setting.name]) for setting in self.settings]


def _field_of(setting: Setting) -> forms.Field:
    is_needed = setting.kind in _NEEDED or (setting.kind is Kind.TEXT and setting.default is None)
    label = f"{setting.label} ({setting.unit})" if setting.unit else setting.label
    return _FIELDS[setting.kind](setting, {"label": label, "help_text": setting.help, "required": is_needed})


def default_words(setting: Setting) -> str:
    """Say what a setting is when nobody has changed it."""
    if setting.default is None:
        return "never" if setting.kind is Kind.NUMBER_OR_NEVER else ""
    if isinstance(setting.default, bool):
        return "yes" if setting.default else "no"
    return str(setting.default or "")


class OrganizationGuardsForm(GuardFields):
    """The guards of the whole organization; an empty number is the default, in grey."""

    def __init__(self, data: Any, organization: Organization) -> None:
        super().__init__(data)
        self.add_limits(organization.guards, limits_of())


class BlackoutForm(PlainForm):
    """Days on which nothing is applied."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("Until, that day included"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    why = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("Those who wait for a file read it: “year end”, “migration”.")
    )


class FirstDayForm(PlainForm):
    """Names blackouts by the day on which they begin."""

    first = forms.DateField()


class AccentForm(PlainForm):
    """The colour of buttons and links."""

    accent = forms.RegexField(
        r"(?i)\A#[0-9a-f]{6}\Z",
        label=_("Accent colour"),
        required=False,
        error_messages={"invalid": _("Write it as #0b6e6e.")},
        widget=forms.TextInput({"placeholder": "#0b6e6e", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As #rrggbb. Where it would be hard to read it is darkened, and lightened in the dark."),
    )


class LogoForm(PlainForm):
    """A picture for the head of every page."""

    logo = forms.FileField(
        label=_("Logo"),
        widget=forms.FileInput({"accept": ".png,.svg,image/png,image/svg+xml"}),
        help_text=_("PNG or SVG, at most 100 kB; shown 28 pixels high. An SVG may hold shapes and text, nothing more."),
    )
