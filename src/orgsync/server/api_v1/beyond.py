"""What a token does not do although whoever made it may: give more than it has, loosen what watches over it."""

from collections.abc import Iterable

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api.errors import access_denied
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.refusals import impossible
from orgsync.server.tokens.giving import check_may_give
from orgsync.server.tokens.networks import is_network, lies_within
from orgsync.server.tokens.scopes import Scope, has_scope


def check_given(request: MakerRequest, feed_id: int | None, scopes: Iterable[str], networks: Iterable[str]) -> None:
    """
    Refuse to give what the calling token has not, whoever made it.

    It has the scopes, and may be used from everywhere from where what it gives may be. Who both sends and approves
    gives for its own feed only: otherwise it could send by one token and approve by another.
    """
    chosen, token = set(scopes), request.token
    if beyond := sorted(chosen - set(token.scopes)):
        raise access_denied(f"This token has not the scope {', '.join(beyond)} itself, so it does not give it.")
    check_may_give(request.admin, sorted(chosen))
    given = list(networks)
    if wrong := [network for network in given if not is_network(network)]:
        raise impossible(f"allowed_networks: {wrong[0]} is no network such as 192.0.2.0/24.")
    if token.allowed_networks and not (given and all(lies_within(one, token.allowed_networks) for one in given)):
        raise access_denied("This token may be used from some networks only, and gives nothing for others.")
    sends = has_scope(token, Scope.SYNC)
    decides = has_scope(token, Scope.JOBS_APPROVE) or has_scope(token, Scope.JOBS_UNDO)
    if sends and decides and feed_id != token.feed_id:
        raise access_denied("A token that sends files and decides on jobs gives nothing for another feed than its own.")


def check_no_sender(request: ApiRequest) -> None:
    """Refuse a token that sends files: it would set the limits that hold its own."""
    if has_scope(request.token, Scope.SYNC):
        raise access_denied("A token that sends files does not set what holds them: use one without the scope sync.")
