"""Fill the running server's database: two organizations, a token each. Prints the tokens as JSON."""

import json

import django

django.setup()

from orgsync.server.directory.models import Feed  # noqa: E402 - Django must be set up first
from orgsync.server.orgs.models import Organization  # noqa: E402
from orgsync.server.tokens.tokens import make_token  # noqa: E402


def make_feed_token(name: str) -> str:
    organization = Organization.objects.create(name=name)
    feed = Feed.objects.create(organization=organization, name="Nightly HR")
    _, text = make_token(organization, feed, "HR server", scopes=["sync"], expires_at=None, created_by=None)
    return text


print(json.dumps({"token": make_feed_token("Example Ltd"), "neighbour": make_feed_token("Neighbour Ltd")}))
