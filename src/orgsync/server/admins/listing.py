"""The list of an organization's admins: narrowed, paged by address, and as a CSV file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.directory.models import Group
from orgsync.server.orgs.access import grants_of
from orgsync.server.orgs.models import Admin, Organization, Role
from orgsync.server.orgs.rights import RIGHTS

PAGE: Final = 50
COLUMNS: Final = ("email", "role", "rights", "limited_to", "by_file", "last_sign_in", "deactivated_at")


@dataclass(frozen=True, slots=True)
class AdminFilter:
    """Which admins are meant; what is empty does not narrow, but for `show`: those who may come in."""

    text: str = ""
    role: str = ""
    show: str = ""


@dataclass(frozen=True, slots=True)
class ListedAdmin:
    """An admin with their rights in words."""

    admin: Admin
    rights: Sequence[str]
    groups: Sequence[str]
    """To which one of the rights at least is limited."""


@dataclass(frozen=True, slots=True)
class AdminPage:
    """One page of admins, by address; `before` and `after` are the ids next to which others stand."""

    admins: Sequence[ListedAdmin]
    before: int | None
    after: int | None


def page_of_admins(
    organization: Organization, chosen: AdminFilter, *, after: int | None = None, before: int | None = None
) -> AdminPage:
    """Return the page behind or before an admin, or the first one."""
    found = chosen_admins(organization, chosen)
    at = _key_of(organization, before if before is not None else after)
    if at is not None and before is not None:
        rows = list(found.filter(account__email_key__lt=at).reverse()[: PAGE + 1])
        has_earlier, has_later = len(rows) > PAGE, True
        rows = rows[:PAGE][::-1]
    else:
        rows = list((found if at is None else found.filter(account__email_key__gt=at))[: PAGE + 1])
        has_earlier, has_later = at is not None, len(rows) > PAGE
        rows = rows[:PAGE]
    first, last = (rows[0].pk, rows[-1].pk) if rows else (None, None)
    return AdminPage(_listed(organization, rows), first if has_earlier else None, last if has_later else None)


def admins_csv(organization: Organization, chosen: AdminFilter) -> Iterator[bytes]:
    """Yield the chosen admins as a CSV file, header first."""
    yield from csv_file(COLUMNS, map(_cells, _listed(organization, list(chosen_admins(organization, chosen)))))


def _cells(one: ListedAdmin) -> Sequence[object]:
    admin = one.admin
    by_file = "yes" if admin.is_by_file else "no"
    words = (admin.account.email, Role(admin.role).value, "; ".join(one.rights), "; ".join(one.groups), by_file)
    return (*words, admin.account.last_login, admin.deactivated_at)


def chosen_admins(organization: Organization, chosen: AdminFilter) -> QuerySet[Admin]:
    """Return the admins that a filter means, by address."""
    found = Admin.everyone.select_related("account", "organization").filter(organization=organization)
    if chosen.text:
        found = found.filter(account__email_key__contains=chosen.text.casefold())
    if chosen.role:
        found = found.filter(role=chosen.role)
    if chosen.show != "all":
        found = found.filter(deactivated_at__isnull=chosen.show != "deactivated")
    return found.order_by("account__email_key")


def _key_of(organization: Organization, admin_id: int | None) -> str | None:
    admins = Admin.everyone.filter(organization=organization, id=admin_id or 0)
    return admins.values_list("account__email_key", flat=True).first()


def _listed(organization: Organization, admins: Sequence[Admin]) -> list[ListedAdmin]:
    grants = {admin.pk: grants_of(admin) for admin in admins}
    limits = {pk: {group for limit in given.values() for group in limit or ()} for pk, given in grants.items()}
    groups = Group.objects.filter(organization=organization, id__in=set().union(*limits.values()))
    names = dict(groups.values_list("id", "name"))
    return [
        ListedAdmin(
            admin,
            [RIGHTS[right].label for right in grants[admin.pk]],
            sorted(names[group] for group in limits[admin.pk] if group in names),
        )
        for admin in admins
    ]
