"""The addresses of SCIM, below /scim/v2."""

from django.urls import path

from orgsync.server.api.authentication import by_method
from orgsync.server.scim import views
from orgsync.server.scim.errors import scim

_SEARCH = scim(by_method(POST=views.search_resources))
_LIST = scim(by_method(GET=views.list_resources, POST=views.write_resource))
_ONE = scim(
    by_method(
        GET=views.show_resource,
        PUT=views.write_resource,
        PATCH=views.write_resource,
        DELETE=views.write_resource,
    )
)

urlpatterns = [
    *(path(f"{kind}", _LIST, {"kind": kind}) for kind in ("Users", "Groups")),
    *(path(f"{kind}/", _LIST, {"kind": kind}) for kind in ("Users", "Groups")),
    *(path(f"{kind}/.search", _SEARCH, {"kind": kind}) for kind in ("Users", "Groups")),
    *(path(f"{kind}/<str:resource_id>", _ONE, {"kind": kind}) for kind in ("Users", "Groups")),
    path(".search", scim(by_method(POST=views.search_everything))),
    path("Bulk", scim(by_method(POST=views.bulk))),
    path("ServiceProviderConfig", scim(by_method(GET=views.service_provider_config))),
    path("Schemas", scim(by_method(GET=views.list_schemas))),
    path("Schemas/<str:schema_id>", scim(by_method(GET=views.show_schema))),
    path("ResourceTypes", scim(by_method(GET=views.list_resource_types))),
    path("ResourceTypes/<str:name>", scim(by_method(GET=views.show_resource_type))),
    path("", scim(views.nothing)),
    path("<path:path>", scim(views.nothing)),
]
