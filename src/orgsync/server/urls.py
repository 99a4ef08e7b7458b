"""Every address of the server."""

from django.urls import include, path

handler400 = "orgsync.server.api.errors.bad_request"
handler403 = "orgsync.server.api.errors.forbidden"
handler404 = "orgsync.server.api.errors.not_found"
handler500 = "orgsync.server.api.errors.server_error"

urlpatterns = [
    path("", include("orgsync.server.api.urls")),
]
