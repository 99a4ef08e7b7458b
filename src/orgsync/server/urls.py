"""Every address of the server."""

from django.urls import include, path

handler404 = "orgsync.server.api.errors.not_found"
handler500 = "orgsync.server.api.errors.server_error"

urlpatterns = [
    path("", include("orgsync.server.api.urls")),
]
