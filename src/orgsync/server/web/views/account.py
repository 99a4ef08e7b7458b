"""Before the Account Center: first-run set-up, sign-in, which organization."""

from typing import Any

from allauth.account.views import LoginView
from axes.decorators import axes_dispatch, axes_form_invalid
from django import forms
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.server.orgs.models import Account, Organization
from orgsync.server.setup import SetupRefused, set_up_organization
from orgsync.server.signon.configuring import sign_ons_on
from orgsync.server.web.screens import CHOSEN_ORGANIZATION, chosen_role, roles_here

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@method_decorator(axes_dispatch, name="dispatch")
@method_decorator(axes_form_invalid, name="form_invalid")
class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    """Sign-in with lock-out on guessing."""

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**given)
        return {**context, "has_sign_on": sign_ons_on().exists()}


class SetupForm(forms.Form):
    """What the first run has to know."""

    organization = forms.CharField(label=_("Name of your organization"), max_length=200)
    email = forms.EmailField(label=_("Your e-mail address"), help_text=_("You become the first owner."))
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("At least 12 characters."),
    )


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead to where the visitor belongs: set-up, sign-in, or the way to the admin screen."""
    if not Organization.objects.exists():
        return redirect("web:setup")
    if not request.user.is_authenticated:
        return redirect("account_login")
    admin = chosen_role(request)
    return render(request, "web/start.html", {"role": admin, "organization": admin and admin.organization})


@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first organization; the page is gone once there is one."""
    if Organization.objects.exists():
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _set_up(request, form.cleaned_data, form):
        return redirect("web:home")
    return render(request, "web/setup.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def organizations(request: HttpRequest) -> HttpResponse:
    """Let an admin of several organizations choose one."""
    roles = roles_here(request)
    chosen = request.POST.get("organization", "")
    if any(str(role.organization_id) == chosen for role in roles):
        request.session[CHOSEN_ORGANIZATION] = int(chosen)
        return redirect("web:home")
    return render(request, "web/organizations.html", {"roles": roles})


def _set_up(request: HttpRequest, given: dict[str, Any], form: SetupForm) -> bool:
    try:
        set_up_organization(given["organization"], given["email"], given["password"])
    except SetupRefused as refused:
        form.add_error(refused.field, refused.reason)
        return False
    login(request, Account.objects.get_by_natural_key(given["email"]), backend=BACKEND)
    return True
