"""An identity provider with a token of a feed of its own, that talks to the server."""

import json
from collections.abc import Iterable
from typing import Any, Final

from django.test import Client

from orgsync.core.model import Mode
from orgsync.server.directory.models import Learner
from orgsync.server.setup import ensure_feed
from orgsync.server.tokens.tokens import make_token
from orgsync.server.uploads.models import UploadJob

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WRITING: Final = ("directory:read", "directory:write")


class Provider:
    """One provider of one organization."""

    def __init__(self, world: Any, scopes: Iterable[str] = WRITING, name: str = "Okta") -> None:
        self.world = world
        self.feed = ensure_feed(world.organization, name, Mode.CHANGES)
        self.token, self.text = make_token(
            world.organization, self.feed, name, scopes=list(scopes), expires_at=None, created_by=world.owner
        )

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(headers={"Authorization": f"Bearer {self.text}", **named}).generic(
            method, f"/scim/v2{path}", "" if body is None else json.dumps(body), "application/scim+json"
        )

    def get(self, path: str, **query: str) -> Any:
        answer = Client(headers={"Authorization": f"Bearer {self.text}"}).get(f"/scim/v2{path}", query)
        return answer.json()

    def user(self, called: str, /, **more: Any) -> dict[str, Any]:
        """Make a user with the address; return it."""
        address = f"{called}@example.com"
        body = {"schemas": [USER], "userName": address, "active": True, "emails": [{"value": address, "type": "work"}]}
        answer = self.call("POST", "/Users", body | more)
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        return self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def person(self, name: str) -> Learner:
        return Learner.objects.get(**self.world.mine, email_key=f"{name}@example.com")

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """What the list of jobs shows of them: words and status, the oldest first."""
        jobs = UploadJob.objects.select_related("source").filter(**self.world.mine, feed=self.feed).order_by("id")
        return [(job.source.file_name, job.status) for job in jobs]
