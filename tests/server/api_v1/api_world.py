"""A caller of our own API: an owner's token of a feed of its own, and what it hears."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import make_token

BASE = "/api/v1"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a token."""

    text: str
    token: AccessToken

    def get(self, path: str, **query: Any) -> HttpResponse:
        return Client().get(f"{BASE}/{path}", query, headers=self.headers())

    def send(self, method: str, path: str, body: object = None, **headers: str) -> HttpResponse:
        sent = b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().generic(method, f"{BASE}/{path}", sent, "application/json", headers=self.headers() | named)

    def post(self, path: str, body: object = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)

    def walk(self, path: str, **query: Any) -> list[Any]:
        """Return the items of all pages of a list."""
        found, cursor = [], ""
        while True:
            page = self.get(path, **query, cursor=cursor).json()
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = page["next"]

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}


def make_caller(organization: Organization, by: Any, scopes: list[str] | None = None) -> Caller:
    """Make a token with all scopes, or these, of a feed of its own."""
    feed = Feed.objects.create(organization=organization, name=f"Console {Feed.objects.count()}")
    chosen = [scope.value for scope in Scope] if scopes is None else scopes
    expires_at = datetime.now(UTC) + timedelta(days=30)
    token, text = make_token(organization, feed, "Caller", scopes=chosen, expires_at=expires_at, created_by=by)
    return Caller(text, token)
