"""The token itself."""

from typing import Any

from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.shapes import Shape, iso

resource = Resource("token", "The access token that a call comes with.")


class AboutToken(Shape):
    """What a token may do."""

    name: str
    prefix: str = Field(description="Its readable beginning.")
    feed: str | None = Field(description="The feed whose files it sends.")
    scopes: list[str]
    expires_at: str | None


@resource.get("/token", None, AboutToken)
def about_token(request: ApiRequest) -> dict[str, Any]:
    """Say what the token may do and how long it is good."""
    token = request.token
    return {
        "name": token.name,
        "prefix": token.prefix,
        "feed": token.feed.name if token.feed else None,
        "scopes": sorted(token.scopes),
        "expires_at": iso(token.expires_at),
    }
