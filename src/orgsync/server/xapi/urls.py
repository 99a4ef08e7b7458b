"""The addresses of the Experience API, below /xapi."""

from django.urls import path

from orgsync.server.api.authentication import by_method
from orgsync.server.xapi import known, views
from orgsync.server.xapi.documents import ACTIVITY_PROFILE, AGENT_PROFILE, STATE, document_views
from orgsync.server.xapi.protocol import xapi

_STATEMENTS = xapi(by_method(POST=views.post_statements, PUT=views.put_statement, GET=views.get_statements))

urlpatterns = [
    path("about", xapi(by_method(GET=views.about), any_version=True)),
    path("statements", _STATEMENTS),
    path("statements/", _STATEMENTS),
    *(path(resource, xapi(document_views(resource))) for resource in (STATE, ACTIVITY_PROFILE, AGENT_PROFILE)),
    path("agents", xapi(by_method(GET=known.agent))),
    path("activities", xapi(by_method(GET=known.activity))),
]
