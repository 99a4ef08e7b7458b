"""Fill the running product's database: organizations with an owner, a pool, two feeds and a token for each.

Prints what the harness must know as JSON.
"""

import json
import sys

import django

django.setup()

from orgsync.core.guards import GUARDS  # noqa: E402 - Django must be set up first
from orgsync.core.model import Mode  # noqa: E402
from orgsync.server.directory.models import Feed  # noqa: E402
from orgsync.server.orgs.models import Account, Organization  # noqa: E402
from orgsync.server.setup import ensure_feed, set_up_organization  # noqa: E402
from orgsync.server.tokens.tokens import make_token  # noqa: E402

WIDE = {guard.code: {"number": 10**6, "percent": 100.0, "cap": 10**6} for guard in GUARDS if guard.has_limit}
"""Only the guard that nothing switches off holds: more than half of a feed's people leave."""


def make_organization(name: str) -> dict[str, object]:
    email = f"owner@{name.lower()}.example.com"
    organization = set_up_organization(name, email, "a long enough password")
    owner = Account.objects.get(email_key=email)
    tokens = {}
    for mode in (Mode.FULL, Mode.CHANGES):
        feed = ensure_feed(organization, f"Feed {mode}", mode)
        Feed.objects.filter(organization=organization, id=feed.pk).update(guards=WIDE)
        _, tokens[mode.value] = make_token(
            organization, feed, mode.value, scopes=["sync"], expires_at=None, created_by=owner
        )
    revision = Organization.objects.get(id=organization.pk).revision
    return {"id": organization.pk, "name": name, "owner": email, "tokens": tokens, "revision": revision}


print(json.dumps([make_organization(name) for name in sys.argv[1:]]))
