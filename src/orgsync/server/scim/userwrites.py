"""What a request wants of one person, as a row of the token's feed."""

from collections.abc import Mapping
from typing import Any, Final

from orgsync.core.columns import PERMISSION_NAMES
from orgsync.server.api.authentication import ApiRequest, feed_of
from orgsync.server.directory.models import Learner
from orgsync.server.scim.collecting import withdraw
from orgsync.server.scim.errors import ScimError, invalid_value, mutability, taken
from orgsync.server.scim.names import EMAIL, MANAGER, STATUS, USER_ID, USER_NAME
from orgsync.server.scim.userfacts import Facts, facts_of, flag_of, with_address
from orgsync.server.scim.users import find_user, named_so, people_by_address, users_of
from orgsync.server.scim.writing import Row, Wish, carry_out, identity_of
from orgsync.server.tokens.scopes import Scope, has_scope

_NEVER_EMPTIED: Final = frozenset({STATUS, EMAIL, USER_NAME, *PERMISSION_NAMES})
NOT_DELETED: Final = "The person is still active: another feed, or an edit by hand, decides on that."


def create(request: ApiRequest, body: Mapping[str, Any]) -> Learner:
    """Make the person whom the body describes, or bring back one who had left for good."""
    said = with_address(facts_of(body, with_permissions=_may_permit(request, body)), {})
    said.setdefault(STATUS, "active")
    gone = _check_free(request, said, None)
    if gone is None:
        cells = {name: cell for name, cell in _columns(said).items() if cell is not None}
        row = Row(_with_manager(request, cells))
    else:
        row = _row(request, gone, {}, said)
    carry_out(request, Wish("User made", [row]))
    address = said[EMAIL]
    assert address is not None  # nosec B101 - with_address gives one
    return people_by_address(request.organization.pk, address).get()


def change(
    request: ApiRequest,
    person: Learner,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    said: Mapping[str, Any],
) -> None:
    """Make the person as `after` says, where it differs; what was in `before` and is not in `after` is emptied.

    `said` has `active` where the request itself speaks of it.
    """
    stood = facts_of(before, with_permissions=True)
    wanted = facts_of(after, with_permissions=_may_permit(request, after, before))
    gone = {name for name in stood if name not in wanted and name not in _NEVER_EMPTIED}
    _apply(request, person, stood, {**wanted, **dict.fromkeys(gone)})
    _withdraw(request, person, said)


def replace(request: ApiRequest, person: Learner, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Make the person as the body says; nothing is inferred from what it does not say."""
    said = facts_of(body, with_permissions=_may_permit(request, body))
    _apply(request, person, facts_of(before, with_permissions=True), said)
    _withdraw(request, person, body)


def delete(request: ApiRequest, person: Learner) -> None:
    """Let the person leave, as the organization's settings for leavers say, and the feed claim them no longer."""
    row = Row(identity_of(person) | {STATUS: "inactive"}, learner_id=person.id, gives_up=True)
    carry_out(request, Wish("User deleted", [row]))
    if users_of(request.organization.pk).filter(id=person.id, is_active=True).exists():
        raise ScimError(409, NOT_DELETED)


def _withdraw(request: ApiRequest, person: Learner, said: Mapping[str, Any]) -> None:
    """Let nobody wait to leave of whom the provider says that they stay."""
    if "active" in said and flag_of(said["active"]):
        withdraw(feed_of(request), {person.primary_email_address: {STATUS: "inactive"}})


def _apply(request: ApiRequest, person: Learner, stood: Facts, said: Facts) -> None:
    settled = with_address(said, stood)
    differing = {name: value for name, value in settled.items() if value != stood.get(name)}
    if not differing:
        return
    _check_free(request, differing, person)
    carry_out(request, Wish("User changed", [_row(request, person, stood, settled)]))


def _row(request: ApiRequest, person: Learner, stood: Facts, settled: Facts) -> Row:
    before, after = _columns(stood) if stood else {}, _columns(settled)
    cells = {name: cell for name, cell in after.items() if cell != before.get(name)}
    drops_id = USER_ID in cells and cells[USER_ID] is None and person.unique_user_id is not None
    user_id = cells.pop(USER_ID, None)
    if user_id is not None and person.unique_user_id is not None and user_id != person.unique_user_id:
        cells["new_unique_user_id"] = user_id
    identity = identity_of(person)
    if user_id is not None:
        identity.setdefault(USER_ID, user_id)
    return Row({**identity, **_with_manager(request, cells)}, learner_id=person.id, drops_id=drops_id)


def _columns(facts: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the facts as columns: a userName that is the address needs none of its own."""
    cells = dict(facts)
    name, address = cells.get(USER_NAME), cells.get(EMAIL)
    if name is not None and address is not None and name.casefold() == address.casefold():
        cells[USER_NAME] = None
    return cells


def _with_manager(request: ApiRequest, cells: Mapping[str, str | None]) -> dict[str, str | None]:
    found = dict(cells)
    if MANAGER in found:
        manager = found.pop(MANAGER)
        found["manager_primary_email_address"] = None if manager is None else _address_of(request, manager)
    return found


def _address_of(request: ApiRequest, user_id: str) -> str:
    try:
        return find_user(request.organization.pk, user_id).primary_email_address
    except ScimError as error:
        raise invalid_value(f"manager: there is no user {user_id}.") from error


def _check_free(request: ApiRequest, said: Mapping[str, str | None], person: Learner | None) -> Learner | None:
    """Raise ScimError where a key is somebody else's; return who has it and has left for good, whom it brings back."""
    found = None
    for holder in _holders(request, said):
        if person is not None and holder.id == person.id:
            continue
        if person is None and not users_of(request.organization.pk).filter(id=holder.id).exists():
            if found is not None and found.id != holder.id:
                raise taken("userName, address and employeeNumber belong to people who have left, and not to one.")
            found = holder
            continue
        raise taken(f"userName, address or employeeNumber is that of user {holder.id}.")
    return found


def _holders(request: ApiRequest, said: Mapping[str, str | None]) -> list[Learner]:
    organization_id = request.organization.pk
    name, address, user_id = said.get(USER_NAME), said.get(EMAIL), said.get(USER_ID)
    people = Learner.objects.filter(organization_id=organization_id)
    return [
        *(named_so(organization_id, name)[:2] if name else ()),
        *(people_by_address(organization_id, address) if address else ()),
        *(people.filter(unique_user_id=user_id) if user_id else ()),
    ]


def _may_permit(request: ApiRequest, said: Mapping[str, Any], stood: Mapping[str, Any] | None = None) -> bool:
    """Say whether roles count; raise ScimError where they would change by a token that may not change them."""
    if has_scope(request.token, Scope.PERMISSIONS_WRITE):
        return True
    if stood is not None and said.get("roles") != stood.get("roles"):
        raise mutability("roles can only be changed by a token with the scope permissions:write.")
    return False
