"""Me › Authenticate › Single sign-on: the organization's own identity provider."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orgsync.server.orgs.access import Permission
from orgsync.server.signon.configuring import (
    SignOnRefused,
    callback_address,
    new_public_id,
    save_sign_on,
    sign_on_of,
)
from orgsync.server.web.forms.singlesignon import SignOnForm
from orgsync.server.web.screens import AdminRequest, screen

PUBLIC_ID = "sign_on_public_id"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MANAGE_SIGN_IN)
def index(request: AdminRequest) -> HttpResponse:
    """Show how the organization's admins sign in; a POST checks the provider and saves."""
    known = sign_on_of(request.organization)
    public_id = known.public_id if known else _kept_public_id(request)
    form = SignOnForm(request.POST if request.method == "POST" else None, known)
    if form.is_bound and form.is_valid() and _save(request, public_id, form):
        return redirect("web:single-sign-on")
    values = {"form": form, "known": known, "callback": callback_address(public_id)}
    return render(request, "web/authenticate/single_sign_on.html", {"section": "single-sign-on", **values})


def _save(request: AdminRequest, public_id: str, form: SignOnForm) -> bool:
    try:
        saved = save_sign_on(request.organization, public_id, form.wanted(), now=timezone.now())
    except SignOnRefused as refused:
        form.add_error(refused.field, refused.reason)
        return False
    told = _("Saved. Single sign-on is on.") if saved.is_on else _("Saved. Single sign-on is off.")
    messages.success(request, told, extra_tags="good")
    return True


def _kept_public_id(request: AdminRequest) -> str:
    """Return the name that this organization's addresses will have: the provider has to know it before we save."""
    key = f"{PUBLIC_ID}_{request.organization.pk}"
    if key not in request.session:
        request.session[key] = new_public_id()
    return str(request.session[key])
