"""A strict stand-in for api.linkedin.com: a process of its own that knows LinkedIn and nothing of ours.

Run it with `python fake_linkedin.py PORT-FILE`; it writes the port that it listens on into the file. Tests steer it by
`POST /fake/script` and look behind it by `GET /fake/state`.
"""

import csv
import hashlib
import io
import json
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "linkedin-token-0123456789"
EMAILS = ("invited_email_address", "primary_email_address")
PLAIN = {
    *("preferred_first_name", "preferred_last_name", "work_title", "department_name", "job_function", "job_level"),
    *("worker_type", "worker_status", "start_date", "manager_primary_email_address", "manager_unique_user_id"),
    *("country_code", "work_phone_number", "mobile_phone_number", "profile_description", "unique_user_id"),
}
SPECIAL = {"existing_email_address", "new_unique_user_id", "groups", "add_to_groups", "remove_from_groups"}
LICENSE = re.compile(r"^(?:.+_)?license_.+_status$", re.IGNORECASE)


class Linkedin:
    """Everything that the fake knows, and how it is to misbehave."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.people: dict[str, dict[str, Any]] = {}
        self.media: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.uploads: list[dict[str, Any]] = []
        self.processed: list[str] = []
        self.calls: list[str] = []
        self.violations: list[str] = []
        self.script: dict[str, Any] = {}

    def state(self) -> dict[str, Any]:
        people = {mail: {**facts, "groups": sorted(facts["groups"])} for mail, facts in self.people.items()}
        shown = {name: getattr(self, name) for name in ("uploads", "processed", "calls", "violations", "script")}
        return {"people": people, "jobs": {name: job["answer"] for name, job in self.jobs.items()}, **shown}

    def take(self, name: str) -> bool:
        """Count one of the times that something odd is to happen down."""
        left = self.script.get(name, 0)
        self.script[name] = max(left - 1, 0)
        return left > 0

    def upload(self, content: bytes, *, starts: bool) -> str:
        urn = "urn:li:media:" + hashlib.sha256(f"{len(self.uploads)}".encode() + content).hexdigest()[:40]
        text = content.decode("utf-8")
        self.uploads.append({"urn": urn, "text": text, "automatic": starts})
        self.media[urn] = content
        if starts:
            self.process(urn)
        return urn

    def process(self, urn: str) -> str:
        known = next((name for name, job in self.jobs.items() if job["media"] == urn), None)
        if known:
            return known
        self.processed.append(urn)
        results, counts, is_refused = self.apply(self.media[urn].decode("utf-8"))
        result = f"urn:li:media:result{len(self.jobs)}"
        self.media[result] = results
        words = ["TERMINATED_EARLY"] if is_refused and self.script.get("odd_refusal") else []
        answer = {
            "resultStats": counts,
            "created": 1466552257141,
            "lastModified": 1466552257141,
            "sourceMedia": urn.replace("media:", "media: "),
            "messages": self.script.get("messages", []),
            "Id": 6000 + len(self.jobs),
            "resultMedia": None if self.script.get("results") == "none" else result.replace("media:", "media: "),
            "status": "FAILED" if is_refused else "DONE",
        }
        waits = [*words, *self.script.get("statuses", ["QUEUED"])]
        self.jobs[str(answer["Id"])] = {"media": urn, "answer": answer, "waits": waits}
        return str(answer["Id"])

    def job(self, name: str) -> dict[str, Any] | None:
        job = self.jobs.get(name)
        if job is None:
            return None
        if job["waits"]:
            return {**job["answer"], "status": job["waits"].pop(0), "resultMedia": None}
        return job["answer"]

    def apply(self, text: str) -> tuple[bytes, dict[str, int], bool]:
        """Take a file as the processor does; return results, counts, and whether the file as a whole was refused."""
        reader = csv.reader(io.StringIO(text, newline=""))
        headers = next(reader, [])
        rows = [cells for cells in reader if cells]
        unknown = [header for header in headers if not self.knows(header)]
        if unknown or len(set(EMAILS) & set(headers)) != 1:
            self.violations.append(f"headers {unknown or headers}")
            return self.results(headers, [(cells, "Unknown header") for cells in rows]), self.counts(0, len(rows)), True
        judged = []
        for cells in rows:
            self.watch(headers, cells)
            message = self.row(dict(zip(headers, cells, strict=True)))
            judged.append((cells, message))
            if self.script.get("critical") and len(judged) == self.script["critical"]:
                judged += [(rest, "") for rest in rows[len(judged) :]]
                break
        errors = sum(bool(message) for _, message in judged)
        return self.results(headers, judged), self.counts(len(rows) - errors, errors), False

    def knows(self, header: str) -> bool:
        return header in {*EMAILS, *PLAIN, *SPECIAL} or header.startswith("attribute_") or bool(LICENSE.match(header))

    def watch(self, headers: list[str], cells: list[str]) -> None:
        blank = [header for header, cell in zip(headers, cells, strict=True) if not cell.strip()]
        if blank:
            self.violations.append(f"blank {blank}")

    def row(self, cells: dict[str, str]) -> str:
        """Take one row; return what is wrong with it."""
        mail = next(cells[name] for name in EMAILS if name in cells).casefold()
        if mail in self.script.get("rejects", []) or "@" not in mail:
            return "The row could not be processed"
        old = cells.get("existing_email_address", "").casefold()
        if old:
            if old not in self.people:
                return "No such user"
            self.people[mail] = self.people.pop(old)
        person = self.people.setdefault(mail, {"groups": []})
        for name, value in cells.items():
            if value and name not in {*EMAILS, *SPECIAL}:
                person[name] = value
        if cells.get("new_unique_user_id"):
            person["unique_user_id"] = cells["new_unique_user_id"]
        groups = set(person["groups"])
        if cells.get("groups"):
            groups = set(listed(cells["groups"]))
        groups |= set(listed(cells.get("add_to_groups", "")))
        person["groups"] = sorted(groups - set(listed(cells.get("remove_from_groups", ""))))
        return ""

    def results(self, headers: list[str], judged: list[tuple[list[str], str]]) -> bytes:
        shape = self.script.get("results", "full")
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if self.script.get("critical"):
            writer.writerow(["A critical error interrupted the processing"])
        if shape == "only_messages":
            writer.writerow(["Messages"])
            text.writelines(f'"{message}"\r\n' for _, message in judged)
        elif shape == "nothing_known":
            writer.writerow(["Column A", "Column B"])
            writer.writerows([["x", "y"] for _ in judged])
        else:
            extra = ["Status", "Messages"] if shape == "full" else ["MESSAGES"]
            writer.writerow([*headers, *extra])
            for cells, message in judged:
                word = "ERROR" if message else self.script.get("word", "SUCCESS")
                if shape != "errors_only" or message:
                    writer.writerow([*cells, *([word] if shape == "full" else []), message])
        return text.getvalue().encode()

    def counts(self, good: int, bad: int) -> dict[str, int]:
        # The total is 0, as in the printed example.
        return {"updatedCount": good, "deletedCount": 0, "warningCount": 0, "totalCount": 0, "errorCount": bad}


def listed(cell: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([cell], skipinitialspace=True), []) if name.strip()]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    linkedin: Linkedin

    def do_GET(self) -> None:
        self.serve()

    def do_POST(self) -> None:
        self.serve()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.linkedin.lock:
            parts = urlsplit(self.path)
            if parts.path.startswith("/fake/"):
                self.steer(parts.path, body)
                return
            self.linkedin.calls.append(f"{self.command} {parts.path}")
            if self.linkedin.take("breaks_before"):
                self.break_off()
                return
            status, answer = self.odd() or self.answer(parts, body)
            if self.linkedin.take("breaks_after"):
                self.break_off()
                return
        self.send(status, answer)

    def odd(self) -> tuple[int, object] | None:
        given = self.headers.get("Authorization", "")
        if not given:
            return 401, {"message": "Empty oauth2_access_token", "serviceErrorCode": 401, "status": 401}
        if given != f"Bearer {TOKEN}":
            return 401, {"serviceErrorCode": 65600, "message": "Invalid access token", "status": 401}
        if self.linkedin.take("fresh"):
            message = "The token used in the request has been revoked by the user"
            return 401, {"serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN", "message": message, "status": 401}
        if self.linkedin.take("throttles"):
            message = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
            return 429, {"serviceErrorCode": 101, "message": message, "status": 429}
        return None

    def answer(self, parts: Any, body: bytes) -> tuple[int, object]:
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        foreign = [name for name in self.headers if name.lower().startswith("x-") or name == "Idempotency-Key"]
        if foreign:
            self.linkedin.violations.append(f"request headers {foreign}")
        if parts.path == "/media/upload" and query.get("media_type") != "enterprise_csv_upload":
            return 400, {"message": "media_type", "status": 400}
        extra = set(query) - {"media_type", "auto_notify", "action", "id"}
        if extra:
            self.linkedin.violations.append(f"parameters {sorted(extra)}")
        if self.command == "POST" and parts.path == "/media/upload":
            content = file_of(body, self.headers["Content-Type"])
            urn = self.linkedin.upload(content, starts=query.get("auto_notify") == "true")
            return 201, {"location": urn.replace("media:", "media: ")}
        if self.command == "GET" and parts.path == "/media/upload":
            content = self.linkedin.media.get("".join(query.get("id", "").split()))
            return (200, content) if content is not None else NOT_FOUND
        if self.command == "POST" and parts.path == "/v2/enterpriseUploadJobs" and query.get("action") == "processFile":
            urn = "".join(json.loads(body)["mediaUrn"].split())
            return (201, {"value": self.linkedin.process(urn)}) if urn in self.linkedin.media else NOT_FOUND
        name = parts.path.removeprefix("/v2/enterpriseUploadJobs/")
        job = self.linkedin.job(name) if self.command == "GET" else None
        return (200, job) if job else NOT_FOUND

    def steer(self, path: str, body: bytes) -> None:
        if path == "/fake/script":
            self.linkedin.script = json.loads(body)
        self.send(200, self.linkedin.state())

    def send(self, status: int, answer: object) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/csv" if isinstance(answer, bytes) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


NOT_FOUND: tuple[int, object] = (
    404,
    {"status": 404, "code": "RESOURCE_NOT_FOUND", "message": "No virtual resource found"},
)


def file_of(body: bytes, content_type: str) -> bytes:
    boundary = b"--" + content_type.split("boundary=", 1)[1].strip().strip('"').encode()
    _, part, _ = body.split(boundary)
    return part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")


class Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A connection that was broken on purpose is no error."""


def main(port_file: Path, port: int = 0) -> None:
    Handler.linkedin = Linkedin()
    server = Http(("127.0.0.1", port), Handler)
    port_file.with_suffix(".new").write_text(str(server.server_port))
    port_file.with_suffix(".new").replace(port_file)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    server.serve_forever(poll_interval=0.05)


def _leave_with_parent() -> None:
    """A test that is killed must not leave the fake behind: its standard input ends with it."""
    sys.stdin.read()
    time.sleep(0.1)
    import os

    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
