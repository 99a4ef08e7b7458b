"""Put an organization with a feed of full files into the running server's database. Prints the text of its token."""

import sys

import django

django.setup()

from orgsync.core.model import Mode  # noqa: E402 - Django must be set up first
from orgsync.server.directory.feeds import set_guard  # noqa: E402
from orgsync.server.orgs.models import Account  # noqa: E402
from orgsync.server.setup import ensure_feed, set_up_organization  # noqa: E402
from orgsync.server.tokens.tokens import make_token  # noqa: E402

OWNER = "owner@example.com"

organization = set_up_organization(sys.argv[1], OWNER, "only for this run")
feed = ensure_feed(organization, "Nightly HR", Mode.FULL)
for kind in ("leavers", "licenses_revoked", "managers_changed", "group_removals"):
    # What is ordinary in a very large company is over the caps that suit most.
    set_guard(feed, kind, {"cap": 1_000_000})
owner = Account.objects.get(email_key=OWNER)
_, text = make_token(organization, feed, "bench", scopes=["sync"], expires_at=None, created_by=owner)
print(text)
