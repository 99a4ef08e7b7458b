"""A small world for uploads: organizations with feeds and tokens, a storage folder, a caller."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client

from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.tokens import make_token
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import Media, MediaKind

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
PEOPLE = b"primary_email_address,first_name\nanna@example.com,Anna\n"
UPLOAD = "/media/upload?media_type=enterprise_csv_upload"
JOBS = "/v2/enterpriseUploadJobs"
PROCESS = f"{JOBS}?action=processFile"
BOUNDARY = "----------------------d74496d66958873e"

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Sender:
    """A feed with a token, calling the server."""

    feed: Feed
    token: AccessToken
    text: str

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: bytes = b"", content_type: str = "text/csv", **headers: str) -> HttpResponse:
        return self.call("POST", path, body, content_type, **headers)

    def upload(self, body: bytes = PEOPLE, query: str = "", **headers: str) -> HttpResponse:
        return self.post(UPLOAD + query, body, **headers)

    def upload_form(self, *parts: bytes) -> HttpResponse:
        return self.post(UPLOAD, form(*parts), f"multipart/form-data; boundary={BOUNDARY}")

    def process(self, urn: str, query: str = "") -> HttpResponse:
        return self.post(PROCESS + query, f'{{"mediaUrn": "{urn}"}}'.encode(), "application/json")

    def call(
        self, method: str, path: str, body: bytes = b"", content_type: str = "text/csv", **headers: str
    ) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Authorization", f"Bearer {self.text}")
        return answer(method, path, body, content_type, named)


def answer(
    method: str, path: str, body: bytes = b"", content_type: str = "text/csv", headers: dict[str, str] | None = None
) -> HttpResponse:
    """Call the server as anybody; errors inside it become its own 500."""
    client = Client(raise_request_exception=False, headers=headers)
    return client.generic(method, path, body, content_type)


def make_organization(name: str = "Example Ltd") -> Organization:
    return Organization.objects.create(name=name)


def make_feed(organization: Organization, **values: Any) -> Feed:
    values.setdefault("name", f"Feed {next(_numbers)}")
    return Feed.objects.create(organization=organization, **values)


def make_sender(organization: Organization | None = None, *, feed: Feed | None = None, **token: Any) -> Sender:
    """Make a sender of its own feed, or a further one of a feed that is there; the token's scope is sync."""
    feed = feed or make_feed(organization or make_organization())
    token.setdefault("scopes", ["sync"])
    made, text = make_token(feed.organization, feed, "HR server", **{"expires_at": None, "created_by": None} | token)
    return Sender(feed, made, text)


def make_media(
    feed: Feed, content: bytes = PEOPLE, kind: MediaKind = MediaKind.SOURCE, *, now: datetime = NOW, **values: Any
) -> Media:
    media = store_media([content], feed=feed, kind=kind, file_name="people.csv", now=now)
    Media.objects.filter(id=media.pk).update(**values)
    media.refresh_from_db()
    return media


def form(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    """Return a well-formed multipart body; each part is headers, blank line, content."""
    separated = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return separated + b"--" + boundary.encode() + b"--\r\n"


def file_part(content: bytes, name: str = "file", file_name: str = "people.csv") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: text/csv\r\n\r\n'
    return head.encode() + content


def field_part(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
