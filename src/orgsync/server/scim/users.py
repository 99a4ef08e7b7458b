"""Users: which people there are, how they are found, and how one is shown."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Claim, Group, Learner, Membership, PermissionGrant
from orgsync.server.scim import filters
from orgsync.server.scim.errors import not_found
from orgsync.server.scim.names import (
    COUNTRY,
    ENTERPRISE,
    EXTENSIONS,
    EXTERNAL_ID,
    GROUP_IDS,
    PHONES,
    PLAIN,
    ROOT,
    USER,
    USER_NAME,
)

SORTS: Final = {
    "id": "id",
    "username": "email_key",
    "emails.value": "email_key",
    "name.familyname": "last_name_key",
    "name.givenname": "first_name_key",
    "externalid": f"custom__{EXTERNAL_ID}",
    "meta.created": "created_at",
    "meta.lastmodified": "changed_at",
}
"""What users are sorted by → field."""


def users_of(organization_id: int) -> QuerySet[Learner]:
    """Return the people who are there for a provider: who is active, and whoever left while a feed still names them.

    Whom a provider deleted, and whom no feed claims any more, is gone until somebody brings them back.
    """
    claims = Claim.objects.filter(organization_id=organization_id, learner_id=OuterRef("id"))
    people = Learner.objects.filter(organization_id=organization_id, anonymized_at=None)
    return people.filter(Q(is_active=True) | Exists(claims))


def find_user(organization_id: int, user_id: str) -> Learner:
    """Return one of them; raise ScimError for anybody else, another organization's people included."""
    found = users_of(organization_id).filter(id=filters.id_of(user_id)).first()
    if found is None:
        raise not_found("user")
    return found


def named_so(organization_id: int, user_name: str) -> QuerySet[Learner]:
    """Return who has the userName, whether they left or not."""
    return Learner.objects.filter(_user_name("eq", user_name), organization_id=organization_id, anonymized_at=None)


def _user_name(operator: str, value: str | None) -> Q:
    if operator == "pr":
        return filters.always("userName")(operator, value)
    own = f"custom__{USER_NAME}"
    by_address = filters.text("email_key", fold=True)(operator, value) & ~Q(custom__has_key=USER_NAME)
    return by_address | (Q(custom__has_key=USER_NAME) & filters.text(own, fold=False)(operator, value))


def _with_extensions() -> dict[str, filters.Make]:
    texts = {path: column for path, column in PLAIN.items() if column not in {USER_NAME, EXTERNAL_ID, "unique_user_id"}}
    folded = {"preferred_first_name": "first_name_key", "preferred_last_name": "last_name_key"}
    found: dict[str, filters.Make] = {}
    for path, column in texts.items():
        lookup = f"custom__{column}" if column.startswith(CUSTOM_PREFIX) else folded.get(column, column)
        glue = ":" if path[0] in EXTENSIONS else "."
        found[glue.join(path).lower()] = filters.text(lookup, fold=column in folded)
    return found


FILTERS: Final[Mapping[str, filters.Make]] = {
    **_with_extensions(),
    "id": filters.number("id"),
    "username": _user_name,
    "externalid": filters.exact(f"custom__{EXTERNAL_ID}"),
    f"{ENTERPRISE}:employeeNumber".lower(): filters.exact("unique_user_id"),
    f"{ENTERPRISE}:manager".lower(): filters.number("manager_id"),
    f"{ENTERPRISE}:manager.value".lower(): filters.number("manager_id"),
    "active": filters.flag("is_active"),
    "emails": filters.text("email_key", fold=True),
    "emails.value": filters.text("email_key", fold=True),
    "emails.type": filters.always("work"),
    "emails.primary": filters.always("true"),
    "meta.created": filters.moment("created_at"),
    "meta.lastmodified": filters.moment("changed_at"),
    "meta.resourcetype": filters.always("User"),
}
"""Attribute (lower case) → how people are found by it."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is shown of people beside their own row."""

    groups: Mapping[int, list[dict[str, Any]]]
    permissions: Mapping[int, list[dict[str, Any]]]


def _read_beside(organization_id: int, people: Collection[int], base: str) -> _Beside:
    """Read groups and permissions of people, in three statements however many they are."""
    mine = {"organization_id": organization_id, "learner_id__in": list(people)}
    links = list(Membership.objects.filter(**mine).order_by("group_id").values_list("learner_id", "group_id"))
    named = Group.objects.filter(organization_id=organization_id, id__in={group for _, group in links})
    names = dict(named.values_list("id", "name"))
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for learner, group in links:
        group_id = f"{GROUP_IDS}{group}"
        shown = {"value": group_id, "$ref": f"{base}{ROOT}/Groups/{group_id}", "display": names.get(group, "")}
        groups[learner].append(shown | {"type": "direct"})
    permissions: dict[int, list[dict[str, Any]]] = defaultdict(list)
    grants = PermissionGrant.objects.filter(**mine).order_by("permission")
    for learner, name, scope in grants.values_list("learner_id", "permission", "scope"):
        permissions[learner].append({"value": name, "display": scope})
    return _Beside(groups, permissions)


def show_users(organization_id: int, people: Iterable[Learner], base: str) -> list[dict[str, Any]]:
    """Return the users as JSON; `base` is the address before `/scim`."""
    listed = list(people)
    beside = _read_beside(organization_id, [person.id for person in listed], base)
    return [_show(person, beside, base) for person in listed]


def _show(person: Learner, beside: _Beside, base: str) -> dict[str, Any]:
    """Return a user; what is not known is not there."""
    user: dict[str, Any] = {"schemas": [USER], "id": str(person.id)}
    for path, column in PLAIN.items():
        _put(user, path, _stored(person, column))
    user["userName"] = user.get("userName") or person.primary_email_address
    user["active"] = person.is_active
    user["emails"] = [{"value": person.primary_email_address, "type": "work", "primary": True}]
    phones = [{"value": value, "type": kind} for kind, name in PHONES.items() if (value := _stored(person, name))]
    user |= {"phoneNumbers": phones} if phones else {}
    user |= {"addresses": [{"type": "work", "country": person.country_code}]} if _stored(person, COUNTRY) else {}
    if person.manager_id is not None:
        ref = f"{base}{ROOT}/Users/{person.manager_id}"
        user.setdefault(ENTERPRISE, {})["manager"] = {"value": str(person.manager_id), "$ref": ref}
    for name, found in (("groups", beside.groups), ("roles", beside.permissions)):
        user |= {name: found[person.id]} if person.id in found else {}
    user["schemas"] += [name for name in EXTENSIONS if name in user]
    user["meta"] = {
        "resourceType": "User",
        "created": person.created_at.isoformat(),
        "lastModified": person.changed_at.isoformat(),
        "location": f"{base}{ROOT}/Users/{person.id}",
        "version": f'W/"{person.version}"',
    }
    return user


def _stored(person: Learner, column: str) -> str | None:
    found = person.custom.get(column) if column.startswith(CUSTOM_PREFIX) else getattr(person, column)
    return None if found is None else str(found)


def _put(user: dict[str, Any], path: tuple[str, ...], value: str | None) -> None:
    if value is None:
        return
    holder = user
    for name in path[:-1]:
        holder = holder.setdefault(name, {})
    holder[path[-1]] = value


def people_by_address(organization_id: int, address: str) -> QuerySet[Learner]:
    """Return who has the address, whether they left or not."""
    return Learner.objects.filter(organization_id=organization_id, email_key=fold_key(address))
