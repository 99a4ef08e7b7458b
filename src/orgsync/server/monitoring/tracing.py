"""Traces of requests and jobs by OpenTelemetry, sent by OTLP; nothing of it is loaded unless a collector is named.

The usual variables configure it (OTEL_EXPORTER_OTLP_ENDPOINT and its kin); the extra `otel` brings the library. The id
of a request is the id of its trace, so that the log, the answer's x-li-uuid and the trace find each other, and the job
that a request starts is in the same trace, in whatever process it runs.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final
from uuid import UUID

import structlog

from orgsync.server.env import ConfigurationError

VARIABLES: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Attributes = dict[str, str | int]

_tracer: Any = None


def start(role: str) -> None:
    """Begin to trace in this process when a collector is named; raise ConfigurationError when the extra is missing."""
    global _tracer  # noqa: PLW0603  one tracer a process, as the library has it
    name = next((name for name in VARIABLES if os.environ.get(name)), None)
    if name is None or _tracer is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  dear
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(name, "needs the extra: pip install 'orgsync[server,otel]'") from error

    class ByRequest(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            return trace_id_of(structlog.contextvars.get_contextvars().get("request_id")) or super().generate_trace_id()

    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "orgsync"), "orgsync.role": role})
    provider = TracerProvider(resource=resource, id_generator=ByRequest())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("orgsync")


def trace_id_of(request_id: object) -> int:
    """Return the id of a request's trace; 0 where there is no request."""
    try:
        return UUID(str(request_id)).int
    except ValueError:
        return 0


def span(name: str, attributes: Attributes | None = None) -> AbstractContextManager[Any]:
    """Trace the block; gives the span, or None when nothing is traced. Errors are noted by type, without their text."""
    return nullcontext() if _tracer is None else _traced(name, attributes)


@contextmanager
def _traced(name: str, attributes: Attributes | None) -> Iterator[Any]:
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
            current.set_status(_error_status())
            raise


def begin(name: str) -> Any:
    """Begin a span that `end` ends; None when nothing is traced."""
    return None if _tracer is None else _tracer.start_span(name)


def end(begun: Any) -> None:
    if begun is not None:
        begun.end()


def name_request(current: Any, method: str, route: str, status: int) -> None:
    """Say what the span of a request was: known only when it has been answered."""
    if current is None:
        return
    current.update_name(f"{method} {route}")
    current.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= 500:
        current.set_status(_error_status())


def _error_status() -> Any:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  loaded by now

    return Status(StatusCode.ERROR)
