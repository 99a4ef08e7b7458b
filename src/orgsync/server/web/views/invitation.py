"""The page behind the link of an invitation: the only way by which an account comes to be after the first."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orgsync.server.admins import inviting
from orgsync.server.admins.roles import AdminRefused
from orgsync.server.orgs.models import Account, Invitation, Role
from orgsync.server.web.forms.admins import ROLE_WORDS, PasswordForm
from orgsync.server.web.screens import CHOSEN_ORGANIZATION
from orgsync.server.web.views.account import BACKEND


# The key stands in the query, which no log of ours holds; no copy of the page may stay in a cache.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Show what the invitation is to; a POST accepts it, with a password where the address has no account yet."""
    found = inviting.find_invitation(request.GET.get("key", ""), now=timezone.now())
    if found is None:
        return render(request, "web/invitation.html", {"invitation": None}, status=404)
    account = inviting.account_of(found)
    form = PasswordForm(request.POST if request.method == "POST" and account is None else None)
    try:
        if request.method == "POST" and _accept(request, found, account, form):
            request.session[CHOSEN_ORGANIZATION] = found.organization_id
            messages.success(request, _("Welcome to %s.") % found.organization.name, extra_tags="good")
            return redirect("web:home")
    except AdminRefused as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, refused.reason)
        else:
            messages.error(request, refused.reason, extra_tags="bad")
    values = {
        "invitation": found,
        "role": ROLE_WORDS[Role(found.role)],
        "form": form,
        "has_account": account is not None,
        "is_signed_in": account is not None and request.user == account,
        "is_other": request.user.is_authenticated and request.user != account,
    }
    return render(request, "web/invitation.html", values)


def _accept(request: HttpRequest, found: Invitation, account: Account | None, form: PasswordForm) -> bool:
    if account is not None:
        if request.user != account:
            return False
        inviting.accept(found, account, now=timezone.now())
        return True
    if request.user.is_authenticated or not form.is_valid():
        return False
    made = inviting.accept_new(found, form.cleaned_data["password"], now=timezone.now())
    login(request, made, backend=BACKEND)
    return True
