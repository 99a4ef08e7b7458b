"""Groups: how they are found and shown, and what a request wants of one."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db.models import BigIntegerField, Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.utils import timezone

from orgsync.core.edits import listed_groups
from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.normalize import fold_key
from orgsync.server.api.authentication import ApiRequest, feed_of
from orgsync.server.directory.models import Group, Learner, Membership, Reason
from orgsync.server.scim import filters
from orgsync.server.scim.collecting import withdraw
from orgsync.server.scim.errors import ScimError, invalid_value, mutability, not_found, taken
from orgsync.server.scim.names import GROUP, GROUP_IDS, ROOT
from orgsync.server.scim.userfacts import text_of
from orgsync.server.scim.writing import Row, Wish, carry_out, identity_of, settled
from orgsync.server.tokens.tokens import actor_of
from orgsync.server.uploads.groupedits import GroupRefused, give_name, insert_group
from orgsync.server.uploads.ruleedits import end_group_at_once

SORTS: Final = {
    "id": "id",
    "displayname": "name_key",
    "externalid": "external_id",
    "meta.created": "created_at",
}


def _members(operator: str, value: str | None) -> Q:
    """Find the groups in which a user is."""
    mine = filters.number("learner_id")(operator, value)
    return Q(id__in=Membership.objects.filter(mine).values("group_id"))


FILTERS: Final[Mapping[str, filters.Make]] = {
    "id": filters.number("id", GROUP_IDS),
    "displayname": filters.text("name_key", fold=True),
    "externalid": filters.exact("external_id"),
    "members": _members,
    "members.value": _members,
    "meta.created": filters.moment("created_at"),
    "meta.resourcetype": filters.always("Group"),
}


def groups_of(organization_id: int) -> QuerySet[Group]:
    return Group.objects.filter(organization_id=organization_id)


def find_group(organization_id: int, group_id: str) -> Group:
    """Return a group; raise ScimError for any other, another organization's included."""
    found = groups_of(organization_id).filter(id=filters.id_of(group_id, GROUP_IDS)).first()
    if found is None:
        raise not_found("group")
    return found


def show_groups(organization_id: int, groups: Iterable[Group], base: str, *, members: bool) -> list[dict[str, Any]]:
    """Return the groups as JSON, with their members where they are asked for."""
    listed = list(groups)
    ids = [group.pk for group in listed]
    versions = _versions(organization_id, ids)
    people = _people(organization_id, ids, base) if members else {}
    return [_show(group, versions.get(group.pk, ""), people.get(group.pk, []), base) for group in listed]


def _show(group: Group, version: str, members: list[dict[str, Any]], base: str) -> dict[str, Any]:
    told = f"{group.name}\n{group.external_id}\n{group.renamed_at}\n{version}"
    shown: dict[str, Any] = {
        "schemas": [GROUP],
        "id": f"{GROUP_IDS}{group.pk}",
        "displayName": group.name,
        "meta": {
            "resourceType": "Group",
            "created": group.created_at.isoformat(),
            "lastModified": (group.renamed_at or group.created_at).isoformat(),
            "location": f"{base}{ROOT}/Groups/{GROUP_IDS}{group.pk}",
            "version": f'W/"{hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}"',
        },
    }
    shown |= {"externalId": group.external_id} if group.external_id else {}
    return shown | ({"members": members} if members else {})


def _versions(organization_id: int, groups: Collection[int]) -> dict[int, str]:
    """Return for each group a text that changes when somebody joins or leaves."""
    mine = Membership.objects.filter(organization_id=organization_id, group_id__in=groups)
    number = Cast("learner_id", BigIntegerField())
    found = mine.values("group_id").annotate(people=Count("learner_id"), ids=Sum(number), last=Max("since"))
    return {one["group_id"]: f"{one['people']} {one['ids']} {one['last']}" for one in found}


def _people(organization_id: int, groups: Collection[int], base: str) -> dict[int, list[dict[str, Any]]]:
    mine = Membership.objects.filter(organization_id=organization_id, group_id__in=groups)
    found: dict[int, list[dict[str, Any]]] = {}
    for group, learner in mine.order_by("group_id", "learner_id").values_list("group_id", "learner_id"):
        member = {"value": str(learner), "$ref": f"{base}{ROOT}/Users/{learner}", "type": "User"}
        found.setdefault(group, []).append(member)
    return found


def create(request: ApiRequest, body: Mapping[str, Any]) -> Group:
    """Make the group with its members: one job, where there are any."""
    name = _name(body)
    organization = request.organization
    if groups_of(organization.pk).filter(name_key=fold_key(name)).exists():
        raise taken(f"There is a group {name} already.")
    joining = _people_named(request, _ids(body))
    if joining:
        _move(request, name, joining, [])
    found = groups_of(organization.pk).filter(name_key=fold_key(name)).first()
    group = found or _guarded(lambda: insert_group(organization, name, now=timezone.now()))
    _note_external_id(group, body)
    return group


def change(
    request: ApiRequest,
    group: Group,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    said: Sequence[Mapping[str, Any]],
) -> None:
    """Make the group as `after` says, where it differs from `before`; nothing is inferred from what it lacks.

    `said` are the members of whom the request itself says that they are in.
    """
    if "displayName" in after and _name(after) != group.name:
        if group.is_rule:
            raise mutability(f"{group.name} is filled by a rule: it is changed in the Account Center.")
        _guarded(lambda: give_name(request.organization, group, _name(after), now=timezone.now()))
        group.refresh_from_db()
    if after.get("externalId") != before.get("externalId"):
        _note_external_id(group, after)
    if "members" not in after:
        return
    stood, wanted = _ids(before), _ids(after)
    joining, leaving = wanted - stood, stood - wanted
    staying = _people_named(request, _ids({"members": said}) & stood & wanted, must_be=False)
    cells = {"remove_from_groups": listed_groups([group.name])}
    withdraw(feed_of(request), {person.primary_email_address: cells for person in staying})
    if not (joining or leaving):
        return
    if group.is_rule:
        raise mutability(f"{group.name} is filled by a rule: nobody is put into it or taken out.")
    _move(request, group.name, _people_named(request, joining), _people_named(request, leaving, must_be=False))


def delete(request: ApiRequest, group: Group) -> None:
    """Remove the group, everybody in it leaves; raise ScimError where anything else than SCIM fills it."""
    others = Membership.objects.filter(organization_id=request.organization.pk, group_id=group.pk)
    if group.is_rule or others.exclude(reasons=Reason.SCIM.value).exists():
        raise ScimError(409, f"{group.name} is also filled by files, by hand or by a rule: it is not removed.")
    feed, now = feed_of(request), timezone.now()
    try:
        job = end_group_at_once(
            *(request.organization, group, feed), token=request.token, by=actor_of(request.token), clock=lambda: now
        )
    except RuleError as error:
        raise ScimError(409, str(error)) from error
    settled(job)


def _move(request: ApiRequest, name: str, joining: Collection[Learner], leaving: Collection[Learner]) -> None:
    cell = listed_groups([name])
    rows = [Row(identity_of(person) | {"add_to_groups": cell}, learner_id=person.id) for person in joining]
    rows += [Row(identity_of(person) | {"remove_from_groups": cell}, learner_id=person.id) for person in leaving]
    carry_out(request, Wish(f"Members of {name}", rows))


def _people_named(request: ApiRequest, ids: Collection[str], *, must_be: bool = True) -> list[Learner]:
    numbers = {filters.id_of(text) for text in ids}
    mine = Learner.objects.filter(organization_id=request.organization.pk, id__in=numbers).order_by("id")
    people = list(mine.only("primary_email_address", "unique_user_id"))
    if must_be and len(people) != len(ids):
        missing = sorted(set(ids) - {str(person.id) for person in people})
        raise invalid_value(f"members: there is no user {missing[0]}.")
    return people


def _ids(group: Mapping[str, Any]) -> set[str]:
    items = group.get("members") or []
    if not isinstance(items, list):
        raise invalid_value("members must be a list.")
    found = set()
    for item in items:
        value = text_of(item.get("value") if isinstance(item, Mapping) else item, "members.value")
        if value is None:
            raise invalid_value("members.value must be given.")
        found.add(value)
    return found


def _name(group: Mapping[str, Any]) -> str:
    name = text_of(group.get("displayName"), "displayName")
    if name is None:
        raise invalid_value("displayName must be given.")
    return name


def _note_external_id(group: Group, said: Mapping[str, Any]) -> None:
    text = text_of(said.get("externalId"), "externalId") or ""
    if text != group.external_id:
        groups_of(group.organization_id).filter(id=group.pk).update(external_id=text)
        group.external_id = text


def _guarded(make: Any) -> Any:
    try:
        return make()
    except GroupRefused as error:
        raise taken(str(error)) if "already" in str(error) else invalid_value(str(error)) from error
