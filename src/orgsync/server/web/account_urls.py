"""The pages of the sign-in library that we offer: those that need neither sign-up nor mail to an unproven address."""

from typing import NoReturn

from allauth.account import views as account
from django.http import Http404, HttpRequest
from django.urls import include, path, re_path

from orgsync.server.web.views import signon
from orgsync.server.web.views.account import SignIn


def nowhere(request: HttpRequest) -> NoReturn:  # noqa: ARG001  a view's signature
    """Be a name that the library looks up, without a page behind it."""
    raise Http404


urlpatterns = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("single-sign-on/", signon.choose, name="sign_on"),
    path("single-sign-on/cancelled/", signon.cancelled, name="socialaccount_login_cancelled"),
    path("oidc/<slug:provider_id>/login/", signon.begin, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", signon.come_back, name="openid_connect_callback"),
    path("3rdparty/signup/", nowhere, name="socialaccount_signup"),
    path("3rdparty/", nowhere, name="socialaccount_connections"),
    path("signup/", nowhere, name="account_signup"),
    path("email/", nowhere, name="account_email"),
    path("password/set/", nowhere, name="account_set_password"),
    path("confirm-email/", nowhere, name="account_email_verification_sent"),
]
