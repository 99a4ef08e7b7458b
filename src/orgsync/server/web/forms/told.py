"""Which admin is told of what: a row for each admin, a box for each thing."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from orgsync.server.orgs.models import Admin
from orgsync.server.orgs.telling import SWITCHES
from orgsync.server.web.forms.plain import PlainForm


class ToldForm(PlainForm):
    """The switches of all admins."""

    heads = tuple(SWITCHES.values())

    def __init__(self, data: Any, admins: Sequence[Admin]) -> None:
        self.admins = admins
        super().__init__(data)
        for admin in admins:
            for name, about in SWITCHES.items():
                box = forms.CheckboxInput({"aria-label": f"{admin.account.email}: {about}"})
                is_on = getattr(admin, name)
                self.fields[_field(admin, name)] = forms.BooleanField(required=False, initial=is_on, widget=box)

    def rows(self) -> Iterator[tuple[Admin, list[forms.BoundField]]]:
        for admin in self.admins:
            yield admin, [self[_field(admin, name)] for name in SWITCHES]

    def wanted(self) -> dict[int, frozenset[str]]:
        """Return, by admin id, the switches that are on."""
        return {
            admin.pk: frozenset(name for name in SWITCHES if self.cleaned_data[_field(admin, name)])
            for admin in self.admins
        }


def _field(admin: Admin, name: str) -> str:
    return f"{admin.pk}-{name}"
