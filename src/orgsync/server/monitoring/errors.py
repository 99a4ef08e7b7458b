"""Errors sent to Sentry, or to what speaks its protocol; nothing of it is loaded unless SENTRY_DSN is set.

An event says where something broke, never with whose data: no text of an exception, no variables, no request body,
headers, cookies, query, address or user, and no lines that were logged before.
"""

import os
from typing import Any, Final

import structlog

from orgsync.server.env import ConfigurationError
from orgsync.server.monitoring.logs import hidden

VARIABLE: Final = "SENTRY_DSN"
_KEPT: Final = frozenset(
    {"event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk", "transaction", "tags"}
)
"""What holds nobody's data. `transaction` is the pattern of an address, not the address."""
_KEPT_OF_TRACE: Final = ("trace_id", "span_id")


def start(role: str) -> None:
    """Begin to send errors of this process when an address is given; raise ConfigurationError without the extra."""
    if not os.environ.get(VARIABLE):
        return
    try:
        import sentry_sdk  # noqa: PLC0415  dear
    except ImportError as error:
        raise ConfigurationError(VARIABLE, "needs the extra: pip install 'orgsync[server,sentry]'") from error
    sentry_sdk.init(
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        before_send=scrub,
    )
    sentry_sdk.set_tag("role", role)


def scrub(event: Any, _hint: Any) -> Any:
    """Return what of an event may leave the house: chosen piece by piece, so that a new one stays here."""
    kept = {name: value for name, value in event.items() if name in _KEPT}
    if line := event.get("logentry"):
        kept["logentry"] = {"message": hidden(str(line.get("message", "")))}
    if errors := event.get("exception"):
        kept["exception"] = {"values": [error | {"value": ""} for error in errors.get("values", ())]}
    trace = event.get("contexts", {}).get("trace", {})
    kept["contexts"] = {"trace": {name: trace[name] for name in _KEPT_OF_TRACE if name in trace}}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        kept["tags"] = {**kept.get("tags", {}), "request_id": request_id}
    return kept
