"""Fields for the limits of guards, on a feed and on an organization alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgsync.core.guards import GUARDS, Guard, Limit
from orgsync.server.web.forms.plain import PlainForm

GUARD_WORDS: Final[dict[str, tuple[Promise, Promise]]] = {
    "leavers": (_("Leavers"), _("of the active people whom the feed claims, in all or of one department")),
    "reactivations": (_("People who come back"), _("of the active people whom the feed claims")),
    "emails_changed": (_("Changed addresses"), _("of the active people whom the feed claims")),
    "managers_changed": (_("Changed managers"), _("of the active people whom the feed claims")),
    "licenses_revoked": (_("Licenses revoked"), _("of the active licenses, in all, of one pool or department")),
    "group_removals": (_("Memberships ended"), _("of the memberships, in all or of one group")),
    "values_cleared": (_("Values cleared"), _("of the people who have one, for each attribute")),
    "values_changed": (_("Values rewritten"), _("of the people who have one, for each attribute")),
    "joiners": (_("Joiners"), _("of the active people, but in the first file")),
    "rows_in_error": (_("Rows in error"), _("of the file's rows")),
    "new_groups": (_("New groups"), _("of the groups there are, but in the first file")),
    "new_attributes": (_("New attributes"), _("of the custom attributes there are, but in the first file")),
    "new_values": (_("New values"), _("of the values that an attribute has, but in the first file")),
    "row_count_drop": (_("Fewer rows than last time"), _("of the rows of the last full file")),
}
"""The guards that count; the others hold whenever what they look for is there."""
PARTS: Final = ("number", "percent", "cap")
MOST: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class GuardRow:
    """One guard with the fields for its limits."""

    code: str
    label: Promise
    base: Promise
    number: forms.BoundField
    percent: forms.BoundField
    cap: forms.BoundField


class GuardFields(PlainForm):
    """A form with three numbers for each guard that counts.

    A number left empty is what stands below: the organization's, or the default; it stands in the field in grey.
    """

    def add_limits(self, own: Mapping[str, Mapping[str, Any]], below: Mapping[str, Limit]) -> None:
        """Add the fields, filled with `own` numbers; `below` is what holds without them."""
        self.kept = {code: dict(limits) for code, limits in own.items() if code not in GUARD_WORDS}
        for guard in _counting():
            self._add(guard, own.get(guard.code, {}), below[guard.code])

    def guard_rows(self) -> Iterator[GuardRow]:
        for guard in _counting():
            label, base = GUARD_WORDS[guard.code]
            number, percent, cap = (self[_field(guard, part)] for part in PARTS)
            yield GuardRow(guard.code, label, base, number, percent, cap)

    def guards(self) -> dict[str, dict[str, Any]]:
        """Return the numbers that were given, as they are kept."""
        given = {guard.code: {part: self.cleaned_data[_field(guard, part)] for part in PARTS} for guard in _counting()}
        set_by_hand = {
            code: {part: value for part, value in limits.items() if value is not None} for code, limits in given.items()
        }
        return {**self.kept, **{code: limits for code, limits in set_by_hand.items() if limits}}

    def _add(self, guard: Guard, known: Mapping[str, Any], limit: Limit) -> None:
        label = GUARD_WORDS[guard.code][0]
        names = {"number": _("more than"), "percent": _("and more than, in percent"), "cap": _("or more than")}
        for part in PARTS:
            default = getattr(limit, part)
            shown = _("no limit") if default is None else f"{default:g}"
            attributes = {"placeholder": shown, "aria-label": f"{label}: {names[part]}"}
            kind = forms.FloatField if part == "percent" else forms.IntegerField
            self.fields[_field(guard, part)] = kind(
                required=False,
                min_value=0,
                max_value=100 if part == "percent" else MOST,
                initial=known.get(part),
                widget=forms.NumberInput(attributes),
            )


def _counting() -> Iterator[Guard]:
    return (guard for guard in GUARDS if guard.code in GUARD_WORDS)


def _field(guard: Guard, part: str) -> str:
    return f"{guard.code}-{part}"
