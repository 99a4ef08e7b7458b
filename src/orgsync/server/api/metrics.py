"""`/metrics`: figures for Prometheus, for this machine and for those who are let in by network or token."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from orgsync.server.api.errors import resource_not_found
from orgsync.server.monitoring.database import DatabaseFigures
from orgsync.server.monitoring.requests import REGISTRY
from orgsync.server.tokens.networks import is_within, peer_address

_LOOPBACK = ("127.0.0.0/8", "::1/128")
_DATABASE = CollectorRegistry()
_DATABASE.register(DatabaseFigures())


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever may know how the installation does; to anybody else there is nothing here."""
    if not _may_read(request):
        raise resource_not_found()
    body = generate_latest(REGISTRY) + generate_latest(_DATABASE)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and not settings.TRUSTED_PROXIES:
        # A proxy on this machine that nobody told us of: its own address says nothing of who asks.
        return False
    address = peer_address(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES)
    return is_within(address, settings.METRICS_NETWORKS or _LOOPBACK)
