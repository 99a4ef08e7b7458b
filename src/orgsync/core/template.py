"""Templates to download, made from the catalogue: headers and one example row."""

import csv
import io
from enum import StrEnum
from typing import Final

from orgsync.core.columns import BY_NAME, COLUMNS, DELETION_HEADERS, ColumnGroup
from orgsync.core.results import BYTE_ORDER_MARK, LINE_END

LICENSE_EXAMPLE: Final = "license_english_status"
"""License column of the templates: the pool that every new organization has."""

_USER_GROUPS: Final = (
    ColumnGroup.IDENTITY,
    ColumnGroup.PERSON,
    ColumnGroup.MANAGER,
    ColumnGroup.GROUPS,
)
# An example here would say that Ana changes her address, and fail for want of an old one.
_LEFT_BLANK: Final = frozenset({"existing_email_address"})


class TemplateKind(StrEnum):
    """Which template: what the file is to be used for."""

    USERS = "users"
    USERS_AND_PERMISSIONS = "users_and_permissions"
    DELETION = "deletion"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    TemplateKind.USERS: "Users only",
    TemplateKind.USERS_AND_PERMISSIONS: "Users and admin permissions",
    TemplateKind.DELETION: "Deletion",
}


def template_csv(kind: TemplateKind) -> bytes:
    """Return a template as UTF-8 CSV with byte order mark; its example row is valid as it stands.

    A template is not a file of results: no formula defence is in it, because none would be undone.
    Only headers that LinkedIn knows too are in it, so that a filled-in template can go to either.
    """
    columns = _deletion_columns() if kind is TemplateKind.DELETION else _user_columns(kind)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=LINE_END)
    writer.writerow(columns.keys())
    writer.writerow(columns.values())
    return BYTE_ORDER_MARK + text.getvalue().encode()


def _user_columns(kind: TemplateKind) -> dict[str, str]:
    """Return header and example for each column of a template for users."""
    groups = [*_USER_GROUPS]
    if kind is TemplateKind.USERS_AND_PERMISSIONS:
        groups.append(ColumnGroup.PERMISSIONS)
    known = {
        column.name: "" if column.name in _LEFT_BLANK else column.example
        for group in groups
        for column in COLUMNS
        if column.group is group and not column.is_ours
    }
    return known | {LICENSE_EXAMPLE: "active"}


def _deletion_columns() -> dict[str, str]:
    email, unique_id = DELETION_HEADERS
    return {email: BY_NAME[email].example, unique_id: BY_NAME["unique_user_id"].example}
