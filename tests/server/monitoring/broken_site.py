"""A site of one page that breaks, for a process of its own: what becomes of its error is looked at from outside.

Run as a program; collector and sink are named by the environment.
"""

import logging
import os
from importlib import import_module

import structlog
from django.conf import settings
from django.test import Client
from django.urls import include, path

from orgsync.server.monitoring import tracing

os.environ["DJANGO_SETTINGS_MODULE"] = "orgsync.server.settings"


def broken(request: object, number: int) -> None:
    secret = "Zebulon Quartzmann"
    raise ValueError(f"{secret} <zebulon@example.com> exists already")


urlpatterns = [path("broken/<int:number>", broken)]


def main() -> None:
    # What a web process loads; models can be imported only then.
    import_module("orgsync.server.wsgi")
    from orgsync.server.uploads.phases import Phases

    urlpatterns.append(path("", include("orgsync.server.urls")))
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False, headers={"Authorization": "Bearer planted-token"})
    answer = client.post("/broken/7?mail=zebulon@example.com", {"name": "Zebulon"})
    assert answer.status_code == 500
    client.get("/healthz")
    structlog.contextvars.bind_contextvars(request_id=answer["x-li-uuid"])
    with tracing.span("upload job", {"orgsync.job": 7}):
        phases = Phases()
        for phase in ("read", "plan"):
            phases.begin(phase)
        phases.end()
    logging.getLogger("any").error("Sent to %s", "zebulon@example.com")
    print(answer["x-li-uuid"])


if __name__ == "__main__":
    main()
