"""The page that makes access tokens and lists them."""

from html import unescape
from typing import Any

from django.test import Client

PAGE = "/admin/authenticate/"
NEW = {
    "name": "HR server",
    "feed": "new",
    "new_feed": "Nightly HR",
    "mode": "full",
    "scopes": ["sync"],
    "expires": "90",
    "emails_creator": "on",
}


def text_of(client: Client, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def generate(client: Client, **given: Any) -> str:
    answer = client.post(PAGE, NEW | given)
    assert answer.status_code == 200
    return unescape(answer.content.decode())
