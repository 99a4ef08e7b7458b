"""Whether a person may make these edits: each kind of change asks for its own permission, over the people it names."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import polars as pl

from orgsync.core.edits import Edit
from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Group
from orgsync.server.directory.scope import ids_within
from orgsync.server.orgs.access import People, Permission, account_may, admin_of, may_change_group, people_for
from orgsync.server.orgs.models import Account, Admin, Organization

_OF_PERSON: Final = ("values", "new_address", "new_user_id", "drops_user_id", "manager", "keeps", "lifts")


class EditRefused(OrgSyncError):
    """The edit cannot be made; nothing was changed."""


def check_may_edit(organization: Organization, by: Account, permission: Permission = Permission.EDIT_PEOPLE) -> None:
    """Raise EditRefused unless the account has the permission for everybody: what has no people, or any, asks this."""
    if not account_may(organization.pk, by, permission):
        raise _refused(organization, by)


def check_edits(organization: Organization, by: Account, edits: Sequence[Edit]) -> None:
    """Raise EditRefused unless the account may make every one of the edits.

    Who is limited to groups is told of nobody outside of them: the refusal is the same as for an unknown learner.
    """
    admin = _admin(organization, by)
    for permission in sorted({needed for edit in edits for needed in _needs(edit)}):
        _check_people(organization, admin, permission, [edit for edit in edits if permission in _needs(edit)])
    _check_groups(organization, admin, {name for edit in edits for name in (*edit.joins, *edit.leaves)})


def only_editable(
    organization: Organization, by: Account, edit: Edit, people: Iterable[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Return the frames of people (`learner_id`, …) without those of whom the account may not make the edit.

    Raises EditRefused, before the first frame is read, when it may make it of nobody.
    """
    admin = _admin(organization, by)
    scopes = [_people(organization, admin, needed) for needed in _needs(edit)]
    _check_groups(organization, admin, {*edit.joins, *edit.leaves})
    return (_kept(organization, frame, scopes) for frame in people)


def _kept(organization: Organization, frame: pl.DataFrame, scopes: Sequence[People]) -> pl.DataFrame:
    for people in scopes:
        if not people.is_everybody:
            known = ids_within(organization.pk, people, frame["learner_id"].to_list())
            frame = frame.filter(pl.col("learner_id").is_in(sorted(known)))
    return frame


def _admin(organization: Organization, by: Account) -> Admin:
    admin = admin_of(organization.pk, by)
    if admin is None:
        raise _refused(organization, by)
    return admin


def _needs(edit: Edit) -> list[Permission]:
    if edit.absorbs is not None:
        return [Permission.MERGE_PEOPLE]
    found = [
        *([Permission.EDIT_GROUPS] if edit.joins or edit.leaves else []),
        *([Permission.MANAGE_LICENSES] if edit.licenses else []),
    ]
    changes_person = any(getattr(edit, name) not in (None, False, (), [], {}) for name in _OF_PERSON)
    return [*found, Permission.EDIT_PEOPLE] if changes_person or edit.is_protected is not None or not found else found


def _people(organization: Organization, admin: Admin, permission: Permission) -> People:
    people = people_for(admin, permission)
    if people is None:
        raise _refused(organization, admin.account)
    return people


def _check_people(organization: Organization, admin: Admin, permission: Permission, edits: Sequence[Edit]) -> None:
    people = _people(organization, admin, permission)
    named = {edit.learner_id for edit in edits} | {edit.absorbs for edit in edits if edit.absorbs is not None}
    if not people.is_everybody and ids_within(organization.pk, people, named) != named:
        raise EditRefused("Somebody named is no learner whom you may edit. Nothing was changed.")


def _check_groups(organization: Organization, admin: Admin, names: set[str]) -> None:
    people = people_for(admin, Permission.EDIT_GROUPS)
    if not names or people is None or people.is_everybody:
        return
    keys = {fold_key(name) for name in names}
    known = dict(Group.objects.filter(organization=organization, name_key__in=keys).values_list("name_key", "id"))
    if not all(may_change_group(admin, known.get(key)) for key in keys):
        raise EditRefused("One of the groups is none that you may change. Nothing was changed.")


def _refused(organization: Organization, by: Account) -> EditRefused:
    return EditRefused(f"{by.email} may not edit people of {organization.name}.")
