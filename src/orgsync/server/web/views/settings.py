"""Settings: one place, a page for each section, help beside each field."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.core.guards import GUARDS
from orgsync.server.configuring import WrongSetting, change_settings
from orgsync.server.directory.leaving import stages_of
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.blackouts import WrongBlackout, add_blackout, blackouts_of, remove_blackout
from orgsync.server.orgs.catalogue import SECTIONS, SETTINGS, Section
from orgsync.server.orgs.limits import set_organization_guards
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.queries_guards import NIGHTS, GuardPast, guards_lately
from orgsync.server.web.forms.guards import GUARD_WORDS, GuardRow
from orgsync.server.web.forms.settings import (
    BlackoutForm,
    FirstDayForm,
    OrganizationGuardsForm,
    SettingsForm,
    default_words,
)
from orgsync.server.web.screens import AdminRequest, screen
from orgsync.server.web.settingspages import PAGES, show
from orgsync.server.web.views.settings_mail import mail_standing


@require_safe
@screen(Permission.MANAGE_SETTINGS)
def index(request: AdminRequest) -> HttpResponse:
    """List the pages of settings, and what on each is not as it comes."""
    changed = {section.value: _changed(request.organization, section) for section in Section}
    listed = [(page, changed.get(page.slug, [])) for page in PAGES]
    return show(request, "index", {"listed": listed, "guards_set": len(request.organization.guards)})


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def section(request: AdminRequest, slug: str) -> HttpResponse:
    """Show one section of the catalogue; a POST changes what was given another value."""
    chosen = _section(slug)
    if chosen is None:
        raise Http404
    form = SettingsForm(request.POST if request.method == "POST" else None, request.organization, chosen)
    if form.is_bound and form.is_valid() and _save(request, form):
        return redirect("web:settings-section", slug=slug)
    title, about = SECTIONS[chosen]
    lines = [(setting, field, default_words(setting)) for setting, field in form.lines()]
    values = {"title": title, "about": about, "form": form, "lines": lines}
    return show(request, "section", values | _BESIDE.get(chosen, _nothing)(request), slug)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def guards(request: AdminRequest) -> HttpResponse:
    """Show the limits that hold for all feeds, beside what the last nights brought; a POST sets them."""
    form = OrganizationGuardsForm(request.POST if request.method == "POST" else None, request.organization)
    if form.is_bound and form.is_valid():
        if set_organization_guards(request.organization, form.guards()):
            messages.success(request, _("Saved. The next job of every feed goes by it."), extra_tags="good")
        return redirect("web:settings-guards")
    lately = guards_lately(request.organization, timezone.now())
    rows: list[tuple[GuardRow, GuardPast]] = [(row, lately.get(row.code, GuardPast())) for row in form.guard_rows()]
    always = [(guard, lately.get(guard.code, GuardPast())) for guard in GUARDS if guard.code not in GUARD_WORDS]
    return show(request, "guards", {"form": form, "rows": rows, "always": always, "nights": NIGHTS}, "guards")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SETTINGS)
def blackouts(request: AdminRequest) -> HttpResponse:
    """List the days on which nothing is applied; a POST adds some."""
    form = BlackoutForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _add(request, form):
        return redirect("web:settings-blackouts")
    today = timezone.localdate()
    return show(
        request, "blackouts", {"form": form, "spans": blackouts_of(request.organization), "today": today}, "blackouts"
    )


@require_POST
@screen(Permission.MANAGE_SETTINGS)
def remove(request: AdminRequest) -> HttpResponse:
    """Take back the blackouts that begin on a day."""
    form = FirstDayForm(request.POST)
    try:
        gone = remove_blackout(request.organization, form.cleaned_data["first"]) if form.is_valid() else []
    except WrongBlackout as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        for span in gone:
            told = _("Taken back: %s. Jobs that are held already stay held.") % span.why
            messages.success(request, told, extra_tags="good")
    return redirect("web:settings-blackouts")


def _section(slug: str) -> Section | None:
    return next((one for one in Section if one.value == slug), None)


def _changed(organization: Organization, section: Section) -> list[str]:
    mine = [setting for setting in SETTINGS if setting.section is section and setting.default is not None]
    return [setting.label for setting in mine if getattr(organization, setting.name) != setting.default]


def _save(request: AdminRequest, form: SettingsForm) -> bool:
    try:
        changed = change_settings(request.organization, form.values())
    except WrongSetting as wrong:
        form.add_error(wrong.name, wrong.reason)
        return False
    except DirectoryBusy as busy:
        form.add_error(None, str(busy))
        return False
    if changed:
        messages.success(request, _("Saved."), extra_tags="good")
    else:
        messages.info(request, _("Nothing was changed: everything is as it was."))
    return True


def _add(request: AdminRequest, form: BlackoutForm) -> bool:
    given = form.cleaned_data
    try:
        added = add_blackout(request.organization, given["first"], given["last"], given["why"])
    except WrongBlackout as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _("Added: %s.") % added.why, extra_tags="good")
    return True


def _nothing(_request: AdminRequest) -> dict[str, Any]:
    return {}


def _stages(request: AdminRequest) -> dict[str, Any]:
    to_anonymize, to_purge = stages_of(request.organization.pk, timezone.now())
    return {"to_anonymize": to_anonymize, "to_purge": to_purge}


_BESIDE: Final[Mapping[Section, Callable[[AdminRequest], dict[str, Any]]]] = {
    Section.LEAVERS: _stages,
    Section.MAIL: mail_standing,
}
"""What stands beside a section's fields."""
