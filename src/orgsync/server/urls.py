"""Every address of the server."""

from django.urls import include, path

handler400 = "orgsync.server.handlers.bad_request"
handler403 = "orgsync.server.handlers.forbidden"
handler404 = "orgsync.server.handlers.not_found"
handler500 = "orgsync.server.handlers.server_error"

urlpatterns = [
    path("", include("orgsync.server.api.urls")),
    path("api/v1/", include("orgsync.server.api_v1.urls")),
    path("xapi/", include("orgsync.server.xapi.urls")),
    path("scim/v2/", include("orgsync.server.scim.urls")),
    path("accounts/", include("orgsync.server.web.account_urls")),
    path("learn/", include("orgsync.server.web.learn.urls")),
    path("", include("orgsync.server.web.urls")),
]
