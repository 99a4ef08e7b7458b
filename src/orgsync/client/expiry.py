"""When the access token of a target expires, as far as anybody on this machine knows."""

import os
from datetime import date

from orgsync.client.connection import Connection
from orgsync.client.credentials import CREDENTIAL_VARIABLE
from orgsync.client.statefolder import target_name
from orgsync.client.tokenstore import TokenStore


def token_expiry(connection: Connection) -> date | None:
    """Return the day that the configuration says, else the one that `orgsync token set` was told, else None."""
    target = connection.target
    if target.token_expires or target.token_file or CREDENTIAL_VARIABLE in os.environ:
        return target.token_expires
    stored = TokenStore(target_name(target.server, target.name)).get()
    return stored.expires if stored else None
