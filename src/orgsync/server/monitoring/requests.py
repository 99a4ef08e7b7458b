"""Figures on HTTP requests, counted in this web process.

One web process runs with many threads (`serve.web_child`), so that its own memory is the whole truth: the files that
several processes would have to share are not needed. Several web machines are scraped one by one.
"""

from typing import Final

from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# When a series began is of no use here, and doubles their number.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library says nothing of it
REGISTRY: Final = CollectorRegistry()
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOWHERE: Final = "(unknown)"
"""The route of paths that lead nowhere: a scanner's guesses are not to become labels."""

_REQUESTS: Final = Counter(
    "orgsync_http_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
_SECONDS: Final = Histogram(
    "orgsync_http_request_seconds",
    "Time until an answer began, by route.",
    ("route",),
    buckets=BUCKETS,
    registry=REGISTRY,
)
IN_PROGRESS: Final = Gauge("orgsync_http_requests_in_progress", "Requests being answered.", registry=REGISTRY)


def count_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one answered request under its route: the pattern of its path, never the path."""
    route = route_of(request)
    _REQUESTS.labels(request.method if request.method in _METHODS else "other", route, status).inc()
    _SECONDS.labels(route).observe(seconds)


def route_of(request: HttpRequest) -> str:
    """Return the pattern that the path fits, such as `v2/enterpriseUploadJobs/<str:job_id>`."""
    match = request.resolver_match
    return _NOWHERE if match is None else match.route or "/"
