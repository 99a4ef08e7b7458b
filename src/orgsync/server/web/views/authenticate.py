"""Me › Authenticate › Automatic user management: access tokens, made, listed and revoked."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from orgsync.core.model import Mode
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import feed_of
from orgsync.server.orgs.access import Permission
from orgsync.server.setup import ensure_feed
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.queries import TokenFilter, page_of_tokens, token_of
from orgsync.server.tokens.rotating import rotate_token
from orgsync.server.tokens.tokens import TokenRefused, make_token, revoke_token
from orgsync.server.web.forms.authenticate import NEW_FEED, RotateForm, TokenFilterForm, TokenForm
from orgsync.server.web.recipes import shells
from orgsync.server.web.screens import AdminRequest, screen


# No copy of an answer that holds a token may stay in a cache, the browser's own included.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_TOKENS)
def index(request: AdminRequest) -> HttpResponse:
    """List the tokens; a POST makes one and shows its text, in this answer and never again."""
    is_for_scim = request.GET.get("for") == "scim"
    form = TokenForm(request.POST if request.method == "POST" else None, request.admin, is_for_scim=is_for_scim)
    made = _generate(request, form) if form.is_bound and form.is_valid() else None
    if made is not None:
        form = TokenForm(None, request.admin)
    values = {"form": form, "made": made, **_listing(request), **_commands(made)}
    values |= {"is_for_scim": is_for_scim and made is None, "scim_address": f"{settings.BASE_URL}/scim/v2"}
    return render(request, "web/authenticate/index.html", {"section": "authenticate", **values})


@require_POST
@screen(Permission.MANAGE_TOKENS)
def revoke(request: AdminRequest, token: int) -> HttpResponse:
    """Ask whether a token is to be revoked; the answer, a second POST, does it."""
    found = token_of(request.organization, token)
    if found is None:
        raise Http404
    if not request.POST.get("is_sure"):
        return render(request, "web/authenticate/revoke.html", {"section": "authenticate", "token": found})
    if revoke_token(request.organization, found.pk, now=timezone.now()):
        messages.success(request, _("The token %s is revoked.") % found.name, extra_tags="good")
    else:
        messages.warning(request, _("The token %s was revoked before.") % found.name, extra_tags="warn")
    return redirect("web:authenticate")


# As on the page that makes one: no copy of an answer with a token may stay in a cache.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_TOKENS)
def rotate(request: AdminRequest, token: int) -> HttpResponse:
    """Ask how long both tokens are to work; a POST makes the successor and shows its text, once."""
    found = token_of(request.organization, token)
    if found is None:
        raise Http404
    form = RotateForm(request.POST if request.method == "POST" else None)
    made = _rotated(request, found, form) if form.is_bound and form.is_valid() else None
    values = {"section": "authenticate", "old": token_of(request.organization, token), "form": form, "made": made}
    return render(request, "web/authenticate/rotate.html", {**values, **_commands(made)})


def _rotated(request: AdminRequest, token: AccessToken, form: RotateForm) -> tuple[AccessToken, str] | None:
    now = timezone.now()
    ends_at, expires_at = form.ends_at(now), form.expires_at(now)
    try:
        return rotate_token(token, ends_at=ends_at, expires_at=expires_at, by=request.admin, now=now)
    except TokenRefused as refused:
        form.add_error(None, refused.reason)
        return None


def _generate(request: AdminRequest, form: TokenForm) -> tuple[AccessToken, str] | None:
    """Make the token, and the feed where a new one is asked for; on refusal the form says why."""
    given = form.cleaned_data
    try:
        with transaction.atomic():
            return make_token(
                request.organization,
                _feed(request, given),
                given["name"],
                scopes=form.all_scopes(),
                expires_at=form.expires_at(timezone.now()),
                created_by=request.admin.account,
                notify_addresses=given["notify_addresses"],
                emails_creator=given["emails_creator"],
                mails_in_manual_mode=given["mails_in_manual_mode"],
                allowed_networks=given["allowed_networks"],
            )
    except TokenRefused as refused:
        form.add_error(refused.field, refused.reason)
        return None


def _feed(request: AdminRequest, given: dict[str, Any]) -> Feed:
    if given["feed"] == NEW_FEED:
        return ensure_feed(request.organization, given["new_feed"], Mode(given["mode"]))
    found = feed_of(request.organization, int(given["feed"]))
    if found is None:
        raise Http404
    return found


def _listing(request: AdminRequest) -> dict[str, Any]:
    form = TokenFilterForm(request.GET, request.organization)
    chosen = form.chosen()
    page = page_of_tokens(request.organization, chosen, now=timezone.now(), older_than=form.older_than_id())
    return {"filters": form, "page": page, "is_narrowed": chosen != TokenFilter(), "is_later": form.older_than_id()}


def _commands(made: tuple[AccessToken, str] | None) -> dict[str, Any]:
    if made is None:
        return {"shells": shells()}
    token, text = made
    return {"token": token, "text": text, "shells": shells(text)}
