"""Me › Authenticate › API applications: programs that fetch short-lived access tokens themselves."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import feed_of
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.applicationlist import (
    ApplicationFilter,
    application_of,
    applications_csv,
    page_of_applications,
)
from orgsync.server.tokens.applications import Wanted, is_over, make_application, revoke_application, rotate_secret
from orgsync.server.tokens.models import Application
from orgsync.server.tokens.tokens import TokenRefused
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.applications import NO_FEED, ApplicationFilterForm, ApplicationForm, SecretForm
from orgsync.server.web.recipes import token_shells
from orgsync.server.web.screens import AdminRequest, screen

SECTION = {"section": "applications"}


# No copy of an answer that holds a secret may stay in a cache, the browser's own included.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_TOKENS)
def index(request: AdminRequest) -> HttpResponse:
    """List the applications; a POST makes one and shows its secret, in this answer and never again."""
    form = ApplicationForm(request.POST if request.method == "POST" else None, request.admin)
    made = _make(request, form) if form.is_bound and form.is_valid() else None
    if made is not None:
        form = ApplicationForm(None, request.admin)
    values = {"form": form, **_listing(request), **_shown(made)}
    return render(request, "web/applications/index.html", SECTION | values)


@require_safe
@screen(Permission.MANAGE_TOKENS)
def download(request: AdminRequest) -> StreamingHttpResponse:
    """Send the applications, as filtered, as a CSV file."""
    chosen = ApplicationFilterForm(request.GET).chosen()
    record_look(request.organization.pk, Action.APPLICATIONS_EXPORTED)
    return csv_attachment(applications_csv(request.organization, chosen), "api-applications")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_TOKENS)
def rotate(request: AdminRequest, application: int) -> HttpResponse:
    """Ask how long both secrets are to work; a POST makes the new one and shows it, once."""
    found = _find(request, application)
    form = SecretForm(request.POST if request.method == "POST" else None)
    secret = _rotated(request, found, form) if form.is_bound and form.is_valid() else None
    now = timezone.now()
    values = {"application": _find(request, application), "form": form, "is_over": is_over(found, now)}
    shown = _shown(None if secret is None else (found, secret))
    return render(request, "web/applications/rotate.html", SECTION | values | shown)


@require_POST
@screen(Permission.MANAGE_TOKENS)
def revoke(request: AdminRequest, application: int) -> HttpResponse:
    """Ask whether an application is to be revoked; the answer, a second POST, does it."""
    found = _find(request, application)
    if not request.POST.get("is_sure"):
        return render(request, "web/applications/revoke.html", SECTION | {"application": found})
    if revoke_application(request.organization, found.pk, now=timezone.now()):
        messages.success(request, _("The application %s is revoked.") % found.name, extra_tags="good")
    else:
        messages.warning(request, _("The application %s was revoked before.") % found.name, extra_tags="warn")
    return redirect("web:applications")


def _find(request: AdminRequest, application: int) -> Application:
    found = application_of(request.organization, application)
    if found is None:
        raise Http404
    return found


def _make(request: AdminRequest, form: ApplicationForm) -> tuple[Application, str] | None:
    given = form.cleaned_data
    now = timezone.now()
    wanted = Wanted(
        given["name"], _feed(request, given["feed"]), form.all_scopes(), form.expires_at(now), given["allowed_networks"]
    )
    try:
        return make_application(request.organization, wanted, created_by=request.admin.account, now=now)
    except TokenRefused as refused:
        form.add_error(refused.field, refused.reason)
        return None


def _feed(request: AdminRequest, chosen: str) -> Feed | None:
    if chosen == NO_FEED:
        return None
    found = feed_of(request.organization, int(chosen))
    if found is None:
        raise Http404
    return found


def _rotated(request: AdminRequest, application: Application, form: SecretForm) -> str | None:
    now = timezone.now()
    try:
        return rotate_secret(application, former_ends_at=form.ends_at(now), by=request.admin, now=now)
    except TokenRefused as refused:
        form.add_error(None, refused.reason)
        return None


def _listing(request: AdminRequest) -> dict[str, Any]:
    form = ApplicationFilterForm(request.GET)
    chosen = form.chosen()
    page = page_of_applications(request.organization, chosen, now=timezone.now(), after=form.after_id())
    is_narrowed = chosen not in {ApplicationFilter(), ApplicationFilter(by_name=True)}
    return {"filters": form, "page": page, "is_narrowed": is_narrowed, "is_later": form.after_id() is not None}


def _shown(made: tuple[Application, str] | None) -> dict[str, Any]:
    if made is None:
        return {"shells": token_shells()}
    application, secret = made
    return {"made": application, "secret": secret, "shells": token_shells(application.client_id, secret)}
