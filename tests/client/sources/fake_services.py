"""Small strict stand-ins for the web services that employees are pulled from, run as real HTTP servers."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "a-key-of-the-tests"
PEOPLE = [{"id": number, "name": f"Person {number}", "home": {"city": "Lisbon"}} for number in range(1, 8)]


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What to send back."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Service:
    """Answers by path; `troubles` are given first, one a request."""

    def __init__(self, routes: dict[str, Callable[[Asked], Answer]]) -> None:
        self.routes = routes
        self.asked: list[Asked] = []
        self.troubles: list[Answer] = []
        self.address = ""

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.troubles:
            return self.troubles.pop(0)
        route = self.routes.get(asked.path)
        return route(asked) if route else Answer({"message": "no such thing"}, 404)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.service.answer(Asked(self.command, parts.path, query, headers, body))
        content = answer.content()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.service = service


@contextmanager
def running(service: Service) -> Iterator[Service]:
    """Serve on a free port of the loopback address while the block runs."""
    server = Server(service)
    service.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def refuse(asked: Asked, wanted: str) -> Answer | None:
    """Return the refusal of a request that is not signed as wanted."""
    return None if asked.headers.get("authorization") == wanted else Answer({"message": "who are you"}, 401)


def bamboohr() -> Service:
    """BambooHR's directory and reports, as far as its public documentation describes them."""
    known = {
        "firstName": "First Name",
        "workEmail": "Work Email",
        "hireDate": "Hire Date",
        "employeeNumber": "Employee #",
    }
    people = [
        {
            "id": "4",
            "firstName": "Ana",
            "workEmail": "ana@example.com",
            "hireDate": "2024-02-01",
            "employeeNumber": "007",
        },
        {"id": "9", "firstName": "Bo", "workEmail": None, "hireDate": "0000-00-00", "employeeNumber": "008"},
    ]

    def shown(names: list[str]) -> dict[str, Any]:
        kept = [name for name in names if name in known]
        return {
            "title": "orgsync",
            "fields": [{"id": name, "type": "text", "name": known[name]} for name in kept],
            "employees": [{"id": one["id"], **{name: one[name] for name in kept}} for one in people],
        }

    def custom(asked: Asked) -> Answer:
        if refused := refuse(asked, basic(KEY, "x")):
            return refused
        if asked.headers.get("content-type") != "application/json":
            return Answer(b"", 400, {"X-BambooHR-Error-Message": "Malformed XML"})
        if asked.method != "POST" or asked.query.get("format") != "JSON":
            return Answer(b"", 404)
        return Answer(shown(json.loads(asked.body)["fields"]))

    def fetched(asked: Asked) -> Answer:
        if refused := refuse(asked, basic(KEY, "x")):
            return refused
        if asked.method != "GET" or asked.headers.get("accept") != "application/json":
            return Answer(b"", 404)
        return Answer(shown(list(known)))

    return Service(
        {"/api/v1/reports/custom": custom, "/api/v1/reports/12": fetched, "/api/v1/employees/directory": fetched}
    )


WORKDAY_REPORT = "/ccx/service/customreport2/acme/isu_orgsync/All_Workers"


def workday() -> Service:
    """One Workday report as a web service."""

    def report(asked: Asked) -> Answer:
        if refused := refuse(asked, basic("isu_orgsync@acme", KEY)):
            return refused
        if asked.query.get("format") == "csv":
            return Answer(b'"Employee_ID","Job"\r\n"00021","Cook"\r\n', headers={"Content-Type": "text/csv"})
        if asked.query.get("format") != "json":
            return Answer(b"<wd:Report_Data/>", headers={"Content-Type": "text/xml"})
        rows = [
            {
                "Employee_ID": "00021",
                "Email": "ana@example.com",
                "FTE": "1",
                "Orgs": [{"Org": "Sales"}, {"Org": "EMEA"}],
            },
            {"Employee_ID": "00022", "Email": "bo@example.com", "Manager": {"ID": "00021"}},
        ]
        return Answer({"Report_Entry": rows})

    return Service({WORKDAY_REPORT: report})


def scim(*, total: int = 5, most: int = 2) -> Service:
    """A SCIM service that hands out at most two users a page, whatever is asked for."""

    def users(asked: Asked) -> Answer:
        if refused := refuse(asked, f"Bearer {KEY}"):
            return refused
        if "application/scim+json" not in asked.headers["accept"]:
            return Answer({"detail": "not acceptable"}, 406)
        start, count = int(asked.query["startIndex"]), min(int(asked.query["count"]), most)
        numbers = range(start, min(start + count, 6))
        body: dict[str, Any] = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": total,
            "startIndex": start,
            "itemsPerPage": len(numbers),
        }
        if numbers:
            body["Resources"] = [scim_user(number) for number in numbers]
        return Answer(body, headers={"Content-Type": "application/scim+json"})

    return Service({"/scim/v2/Users": users})


def scim_user(number: int) -> dict[str, Any]:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
        "id": f"u{number}",
        "userName": f"person{number}@example.com",
        "active": number != 5,
        "name": {"givenName": "Ana", "familyName": f"Silva {number}"},
        "emails": [
            {"value": f"home{number}@example.com", "type": "home"},
            {"value": f"person{number}@example.com", "type": "work", "primary": True},
        ],
        enterprise: {"employeeNumber": f"00{number}", "manager": {"value": "u1"}},
        "meta": {"resourceType": "User"},
    }
