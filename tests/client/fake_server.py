"""A small strict server that knows nothing but the wire, and can misbehave on request."""

import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "good-token-0123456789"
DONE: dict[str, Any] = {"status": "DONE", "resultStats": {"totalCount": 1, "updatedCount": 1}}


@dataclass(frozen=True)
class Fault:
    """What to do instead of answering one call: another status, or a broken connection before or after the work."""

    status: int | None = None
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    breaks_after_work: bool = False
    sends_only: int | None = None
    """Bytes of the body after which the connection breaks."""


@dataclass(frozen=True)
class Upload:
    """One file as it arrived."""

    content: bytes
    file_name: str
    headers: dict[str, str]
    parameters: dict[str, str]


class FakeServer:
    """State of the server. `jobs` holds what each later job says, one answer a call, the last one for ever."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.uploads: list[Upload] = []
        self.processed: list[tuple[str, dict[str, str]]] = []
        self.media: dict[str, bytes] = {}
        self.results = b"Status\r\nUPDATED\r\n"
        self.answers: list[dict[str, Any]] = [DONE]
        self.ranges: list[str] = []
        self.knows_idempotency = True
        self.knows_ranges = True
        self._faults: list[tuple[str, Fault]] = []
        self._keys: dict[str, tuple[str, str]] = {}
        self._jobs: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self.address = ""

    def fail(self, call: str, *faults: Fault) -> None:
        """Meet the next calls that start like `call` ("POST /media") with these faults, one each."""
        self._faults += [(call, fault) for fault in faults]

    def fault_for(self, call: str) -> Fault | None:
        for entry in self._faults:
            if call.startswith(entry[0]):
                self._faults.remove(entry)
                return entry[1]
        return None

    def forget(self) -> None:
        """Lose all media and jobs."""
        self.media.clear()
        self._jobs.clear()
        self._keys.clear()

    def take_upload(self, upload: Upload) -> str | None:
        """Keep a file and return its URN; None when its idempotency key came with another body."""
        digest = hashlib.sha256(upload.content).hexdigest()
        key = upload.headers.get("idempotency-key", "")
        if self.knows_idempotency and key in self._keys:
            known, urn = self._keys[key]
            return urn if known == digest else None
        self.uploads.append(upload)
        urn = f"urn:li:media:source-{len(self.uploads)}"
        self.media[urn] = upload.content
        self._keys[key] = (digest, urn)
        return urn

    def start_job(self, urn: str, parameters: dict[str, str]) -> str:
        """Return the job of a media; a new one only when it has none."""
        for job, (media, _) in self._jobs.items():
            if media == urn:
                return job
        self.processed.append((urn, parameters))
        job, result = str(40 + len(self.processed)), f"urn:li:media:result-{len(self.processed)}"
        self.media[result] = self.results
        self._jobs[job] = (urn, [{"sourceMedia": urn, "resultMedia": result, **answer} for answer in self.answers])
        return job

    def job(self, job: str) -> dict[str, Any] | None:
        if job not in self._jobs:
            return None
        answers = self._jobs[job][1]
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Http"

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        fake, call = self.server.fake, f"{self.command} {self.path}"
        fake.calls.append(call)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = fake.fault_for(call)
        if fault and fault.status:
            self._answer(fault.status, fault.body, fault.headers)
        elif fault and not fault.breaks_after_work and fault.sends_only is None:
            self._break_off()
        else:
            self._work(body, fault)

    def _work(self, body: bytes, fault: Fault | None) -> None:
        status, answer = self._judge(body)
        if fault and fault.breaks_after_work:
            self._break_off()
        elif isinstance(answer, bytes):
            self._send_file(answer, fault)
        else:
            self._answer(status, answer, {})

    def _judge(self, body: bytes) -> tuple[int, object]:
        if not self.headers.get("Authorization"):
            return error(401, "Empty oauth2_access_token", 401)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return error(401, "Invalid access token", 65600, "INVALID_ACCESS_TOKEN")
        parts = urlsplit(self.path)
        parameters = {
            name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()
        }
        match self.command, parts.path:
            case "POST", "/media/upload":
                return self._upload(body, parameters)
            case "GET", "/media/upload":
                return self._file(parameters)
            case "POST", "/v2/enterpriseUploadJobs":
                return self._process(body, parameters)
            case "GET", path if path.startswith("/v2/enterpriseUploadJobs/"):
                job = self.server.fake.job(path.rsplit("/", 1)[1])
                return (200, job) if job else NOT_FOUND
        return NOT_FOUND

    def _upload(self, body: bytes, parameters: dict[str, str]) -> tuple[int, object]:
        if "Content-Length" not in self.headers or "Transfer-Encoding" in self.headers:
            return error(411, "Length required", None, "LENGTH_REQUIRED")
        if parameters.get("media_type") != "enterprise_csv_upload" or parameters.get("auto_notify") not in {
            "true",
            "false",
        }:
            return error(400, "media_type or auto_notify", None, "INVALID_REQUEST")
        content, name = part_of(body, self.headers["Content-Type"])
        headers = {key.lower(): value for key, value in self.headers.items()}
        sent = headers.get("x-content-sha256")
        if sent and sent != hashlib.sha256(content).hexdigest():
            return error(400, "X-Content-SHA256", None, "INVALID_REQUEST")
        urn = self.server.fake.take_upload(Upload(content, name, headers, parameters))
        if urn is None:
            return error(422, "Idempotency-Key", None, "IDEMPOTENCY_CONFLICT")
        # With the blank that the printed answers have.
        return 201, {"location": urn.replace("media:", "media: ")}

    def _process(self, body: bytes, parameters: dict[str, str]) -> tuple[int, object]:
        if parameters.get("action") != "processFile" or self.headers["Content-Type"] != "application/json":
            return error(400, "action or content type", None, "INVALID_REQUEST")
        urn = json.loads(body)["mediaUrn"]
        if urn not in self.server.fake.media:
            return NOT_FOUND
        return 201, {"value": self.server.fake.start_job(urn, parameters)}

    def _file(self, parameters: dict[str, str]) -> tuple[int, object]:
        if parameters.get("media_type") != "enterprise_csv_upload":
            return error(400, "media_type", None, "INVALID_REQUEST")
        content = self.server.fake.media.get(parameters["id"])
        return (200, content) if content is not None else NOT_FOUND

    def _send_file(self, content: bytes, fault: Fault | None) -> None:
        asked = self.headers.get("Range", "")
        self.server.fake.ranges.append(asked)
        start = re.fullmatch(r"bytes=(\d+)-", asked) if self.server.fake.knows_ranges else None
        first = int(start[1]) if start else 0
        rest = content[first:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if fault and fault.sends_only is not None:
            self.wfile.write(rest[: fault.sends_only])
            self.wfile.flush()
            self._break_off()
        else:
            self.wfile.write(rest)

    def _answer(self, status: int, answer: object, headers: dict[str, str]) -> None:
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "x-li-uuid": "req-1", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeServer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.fake = fake

    def handle_error(self, *_: object) -> None:
        """A connection that was broken on purpose is no error."""


def error(status: int, message: str, number: int | None, code: str | None = None) -> tuple[int, object]:
    """Return LinkedIn's shape of an error."""
    facts = {"message": message, "serviceErrorCode": number, "status": status, "code": code}
    return status, {name: value for name, value in facts.items() if value is not None}


NOT_FOUND = error(404, "No virtual resource found", None, "RESOURCE_NOT_FOUND")


def part_of(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Return content and file name of the one part of a multipart body; fail on anything else."""
    boundary = b"--" + content_type.split("boundary=", 1)[1].encode()
    before, part, after = body.split(boundary)
    assert (before, after) == (b"", b"--\r\n"), "not one part between two boundaries"
    head, content = part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1)
    name = re.search(rb'filename="([^"]*)"', head)
    assert name is not None
    assert b"Content-Type: text/csv" in head
    return content.removesuffix(b"\r\n"), name[1].decode()


@contextmanager
def running(fake: FakeServer) -> Iterator[FakeServer]:
    """Serve on a free port of the loopback address while the block runs."""
    server = Http(fake)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
