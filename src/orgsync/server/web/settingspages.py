"""The pages of settings, in the order in which they are listed: from the catalogue, and those of their own."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orgsync.server.orgs.catalogue import SECTIONS, Section
from orgsync.server.web.screens import AdminRequest


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """One page of settings: its name, where it is, and what is there."""

    slug: str
    title: str | Promise
    about: str | Promise

    @property
    def address(self) -> str:
        named = f"web:settings-{self.slug}"
        return reverse(named) if self.slug in OWN else reverse("web:settings-section", kwargs={"slug": self.slug})


def _of(section: Section) -> SettingsPage:
    return SettingsPage(section.value, *SECTIONS[section])


PAGES: Final = (
    _of(Section.ORGANIZATION),
    SettingsPage("branding", _("Branding"), _("The logo and the colour of the pages.")),
    _of(Section.CONTACTS),
    SettingsPage("guards", _("Guards"), _("How much a file may change before a person looks at it.")),
    _of(Section.APPROVALS),
    SettingsPage("blackouts", _("Blackout days"), _("Days on which nothing is applied.")),
    _of(Section.FILES),
    _of(Section.LEAVERS),
    _of(Section.RETENTION),
    _of(Section.MAIL),
    SettingsPage("told", _("Who is told of what"), _("Which admin gets which mail.")),
    SettingsPage("webhooks", _("Webhooks"), _("Other systems that are told of events.")),
    SettingsPage("sandbox", _("Sandbox"), _("An organization for trying things out.")),
)
OWN: Final = frozenset({"branding", "guards", "blackouts", "told", "webhooks", "sandbox"})
"""Pages that are more than a form over the catalogue."""


def show(request: AdminRequest, name: str, values: dict[str, Any], slug: str = "") -> HttpResponse:
    """Render a page of settings with the way to the others."""
    shared = {"section": "settings", "pages": PAGES, "slug": slug}
    return render(request, f"web/settings/{name}.html", {**shared, **values})
