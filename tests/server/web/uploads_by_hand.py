"""The form that takes a file in, and the page of a file that was taken in."""

from html import unescape
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from orgsync.server.uploads.models import Media
from tests.upload_world import PEOPLE

UPLOAD = "/admin/people/upload/"
WRONG = b"""primary_email_address,preferred_first_name,shoe_size
anna@example.com,Anna,38
no address,Ben,43
carl@example.com
"""


def send(client: Client, content: bytes = PEOPLE, name: str = "people.csv", **given: Any) -> HttpResponse:
    """Send the form as a browser does, without any script."""
    file = SimpleUploadedFile(name, content, "text/csv")
    answer: HttpResponse = client.post(UPLOAD, {"feed": "by_hand", "file": file} | given)
    return answer


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return unescape(answer.content.decode())


def path_of(media: Media) -> str:
    return f"{UPLOAD}{media.public_id}/"


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def start(client: Client, media: Media, how: str) -> HttpResponse:
    answer: HttpResponse = client.post(path_of(media), {"start": how}, follow=False)
    return answer
