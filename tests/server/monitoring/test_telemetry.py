"""Traces and errors on the wire: a real collector's and a real sink's addresses, and what arrives there."""

import gzip
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SITE = Path(__file__).with_name("broken_site.py")
PLANTED = (b"Zebulon", b"zebulon", b"Quartzmann", b"planted-token")


class Sink(ThreadingHTTPServer):
    """Takes whatever is posted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[str, bytes]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.taken.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    server = Sink()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def ran(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run the site once, with both addresses; return what it printed."""
    data_dir = str(tmp_path_factory.mktemp("data"))
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "SENTRY_DSN": f"http://public@127.0.0.1:{sink.port}/1",
        "ORGSYNC_DATA_DIR": data_dir,
    }
    root = str(Path(__file__).parents[3])
    return subprocess.run(
        [sys.executable, SITE], env=os.environ | given, cwd=root, check=True, capture_output=True, text=True
    )


def test_a_request_and_its_job_are_one_trace(sink: Sink, ran: subprocess.CompletedProcess[str]) -> None:
    """By OTLP: names of routes and phases, the request's id as the trace's, and nothing of anybody."""
    bodies = [body for path, body in sink.taken if path == "/v1/traces"]
    spans = [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    trace = uuid.UUID(ran.stdout.strip()).bytes
    named = {span.name for span in spans if span.trace_id == trace}
    [job] = [span for span in spans if span.name == "upload job"]
    [failed] = [span for span in spans if span.name == "POST broken/<int:number>"]

    assert named == {"POST broken/<int:number>", "upload job", "read", "plan"}
    assert {span.name for span in spans} == named | {"GET healthz"}
    assert {span.parent_span_id for span in spans if span.name in {"read", "plan"}} == {job.span_id}
    assert failed.status.code == 2
    assert [word for word in PLANTED for body in bodies if word in body] == []


def test_an_error_is_sent_without_whose_it_is(sink: Sink, ran: subprocess.CompletedProcess[str]) -> None:
    """Type, place and request id; neither text, variables, body, query, headers nor earlier lines."""
    envelopes = [body for path, body in sink.taken if "/envelope/" in path]
    events = [json.loads(line) for body in envelopes for line in body.splitlines() if b'"exception"' in line]

    assert events[0]["exception"]["values"][0]["type"] == "ValueError"
    frames = events[0]["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "broken"
    assert events[0]["tags"]["request_id"] == ran.stdout.strip()
    assert events[0]["tags"]["role"] == "web"
    assert any(b'"logentry"' in body for body in envelopes)
    assert [word for word in PLANTED for body in envelopes if word in body] == []
    assert [word for word in PLANTED if word.decode() in ran.stderr] == []


def test_nothing_is_loaded_when_nothing_is_configured() -> None:
    """Start-up time matters: neither library is imported."""
    code = (
        "import sys\nfrom orgsync.server.monitoring.starting import start\nstart('web')\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'sentry'))])"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SENTRY_"))}
    ran = subprocess.run([sys.executable, "-c", code], env=clean, check=True, capture_output=True, text=True)

    assert ran.stdout.strip() == "[]"
