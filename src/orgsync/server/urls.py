"""Every address of the server."""

from django.urls import include, path

from orgsync.server.web.views.account import SignIn

handler400 = "orgsync.server.handlers.bad_request"
handler403 = "orgsync.server.handlers.forbidden"
handler404 = "orgsync.server.handlers.not_found"
handler500 = "orgsync.server.handlers.server_error"

urlpatterns = [
    path("", include("orgsync.server.api.urls")),
    path("accounts/login/", SignIn.as_view(), name="account_login"),
    path("accounts/", include("allauth.urls")),
    path("", include("orgsync.server.web.urls")),
]
