"""The one catalogue of CSV columns, from which reader, validator, templates, docs and pages are made."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ColumnGroup(StrEnum):
    """Where a column belongs in templates and on the reference page."""

    IDENTITY = "identity"
    PERSON = "person"
    MANAGER = "manager"
    CUSTOM = "custom attributes"
    GROUPS = "groups"
    LICENSES = "licenses"
    PERMISSIONS = "permissions"
    IGNORED = "ignored"


class CellKind(StrEnum):
    """How a cell of the column is read and checked."""

    TEXT = "text"
    EMAIL = "e-mail"
    ID = "id"
    DATE = "date"
    CHOICE = "one of a list"
    FLAG = "TRUE or FALSE"
    YES_NO = "yes or no"
    GROUP_LIST = "group names"
    GROUP_LIMIT = "yes, no or groups"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Column:
    """One CSV column: the only place where its header, its limits and its wording stand."""

    name: str
    group: ColumnGroup
    kind: CellKind
    help: str
    example: str = ""
    max_length: int = 255
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    is_attribute: bool = False
    """Whether the value is stored on the learner as an attribute of this name."""
    is_ours: bool = False
    """Whether LinkedIn does not know the header, so that the client never sends it there."""


def _identity(name: str, kind: CellKind, text: str, **more: object) -> Column:
    return Column(name, ColumnGroup.IDENTITY, kind, text, **more)  # type: ignore[arg-type]


def _person(name: str, text: str, example: str, **more: object) -> Column:
    options = {"kind": CellKind.TEXT, "is_attribute": True} | more
    return Column(name, ColumnGroup.PERSON, help=text, example=example, **options)  # type: ignore[arg-type]


def _permission(name: str, text: str) -> Column:
    return Column(name, ColumnGroup.PERMISSIONS, CellKind.YES_NO, text, "yes", choices=("yes", "no"))


def _group_permission(name: str, text: str) -> Column:
    return Column(name, ColumnGroup.PERMISSIONS, CellKind.GROUP_LIMIT, text, "group:Sales", max_length=4_000)


def _ignored(name: str, text: str, **more: object) -> Column:
    return Column(name, ColumnGroup.IGNORED, CellKind.IGNORED, text, max_length=32_768, **more)  # type: ignore[arg-type]


DOWNLOAD_MARKER: Final = "orgsync_status"
"""The column by which a download of learners is known when it comes back; read-only: active or inactive."""


COLUMNS: Final[tuple[Column, ...]] = (
    _identity(
        "primary_email_address",
        CellKind.EMAIL,
        "Work e-mail address. A new learner needs one.",
        example="ana@example.com",
        max_length=254,
        aliases=("invited_email_address",),
    ),
    _identity(
        "existing_email_address",
        CellKind.EMAIL,
        "The old address, when the row changes a person's e-mail.",
        example="ana@old.example.com",
        max_length=254,
    ),
    _identity(
        "unique_user_id",
        CellKind.ID,
        "Stable id from the HR system; case sensitive.",
        example="E1001",
        max_length=128,
        aliases=("employee_id", "employee_user_id"),
    ),
    _identity(
        "new_unique_user_id",
        CellKind.ID,
        "Replaces the stored unique user id of the person named by unique_user_id.",
        example="",
        max_length=128,
    ),
    _identity(
        "domain_name_change",
        CellKind.FLAG,
        "TRUE: only the part of the address behind @ may change in this row.",
        example="",
        choices=("TRUE", "FALSE"),
    ),
    _person("preferred_first_name", "Given name.", "Ana"),
    _person("preferred_last_name", "Family name.", "Silva"),
    _person("work_title", "Job title, as shown in reports.", "Engineer"),
    _person("department_name", "Department.", "Research"),
    _person("job_function", "Job function.", "Engineering"),
    _person("job_level", "Job level.", "Senior"),
    _person("worker_type", "Kind of employment.", "full-time"),
    _person(
        "worker_status",
        "active, or inactive for a person who left.",
        "active",
        kind=CellKind.CHOICE,
        choices=("active", "inactive"),
    ),
    _person("start_date", "First day; licenses and invitations wait for it.", "2024-02-01", kind=CellKind.DATE),
    _person(
        "end_date",
        "Last day; on the day after, the person is a leaver.",
        "",
        kind=CellKind.DATE,
        is_ours=True,
    ),
    Column(
        "manager_primary_email_address",
        ColumnGroup.MANAGER,
        CellKind.EMAIL,
        "The manager's work e-mail address.",
        "bo@example.com",
        max_length=254,
    ),
    Column(
        "manager_unique_user_id",
        ColumnGroup.MANAGER,
        CellKind.ID,
        "The manager's unique user id; counts before the address.",
        "E1000",
        max_length=128,
    ),
    _person("country_code", "Country, as a code.", "PT", max_length=64),
    _person("work_phone_number", "Work phone.", "+351 555 0100", max_length=64),
    _person("mobile_phone_number", "Mobile phone.", "", max_length=64),
    _person("profile_description", "Free notes on the person.", "", max_length=2_000),
    Column(
        "groups",
        ColumnGroup.GROUPS,
        CellKind.GROUP_LIST,
        "Sets the list of groups that files give this person; names are comma separated.",
        "Engineers, Lisbon",
        max_length=32_768,
    ),
    Column(
        "add_to_groups",
        ColumnGroup.GROUPS,
        CellKind.GROUP_LIST,
        "Adds the person to these groups.",
        "",
        max_length=32_768,
    ),
    Column(
        "remove_from_groups",
        ColumnGroup.GROUPS,
        CellKind.GROUP_LIST,
        "Removes the person from these groups.",
        "",
        max_length=32_768,
    ),
    _permission("permission_create_other_sub_admins_with_same_permissions", "May make further admins like themselves."),
    _permission("permission_manage_custom_content", "May manage custom content."),
    _permission("permission_curate_content", "May curate content."),
    _permission("permission_manage_curators", "May manage curators."),
    _permission("permission_manage_IT_settings", "May manage IT settings."),
    _group_permission("group_permission_edit_groups", "May edit groups: yes, no, or group:A,group:B."),
    _group_permission("group_permission_manage_users_licenses", "May manage people and licenses."),
    _group_permission("group_permission_recommend_content", "May recommend content."),
    _group_permission("group_permission_view_reports", "May view reports."),
    _ignored("admin_permission", "Known from another product; not supported."),
    _ignored("seat_id", "A read-only number in other products' downloads."),
    _ignored("Last access date", "Part of downloads; read-only."),
    _ignored(
        DOWNLOAD_MARKER,
        "Part of our download of learners; read-only. A file with it gets the formula defence of its cells undone.",
        is_ours=True,
    ),
)

BY_NAME: Final[dict[str, Column]] = {
    spelling: column for column in COLUMNS for spelling in (column.name, *column.aliases)
}

ATTRIBUTE_NAMES: Final[tuple[str, ...]] = tuple(column.name for column in COLUMNS if column.is_attribute)
"""Built-in attributes of a learner, in catalogue order; also the names of their database columns."""

PERMISSION_NAMES: Final[tuple[str, ...]] = tuple(
    column.name for column in COLUMNS if column.group is ColumnGroup.PERMISSIONS
)

RESULT_HEADERS: Final = ("Status", "Code", "Messages")
"""Columns that a results file adds; ignored when all three come back."""

DELETION_HEADERS: Final = ("primary_email_address", "unique_id")
"""A file with exactly these headers asks to erase people."""

CLEAR_TOKEN: Final = "#CLEAR#"  # noqa: S105  not a secret: the cell text that empties an attribute

CUSTOM_PREFIX: Final = "attribute_"
CUSTOM_NAME_LENGTH: Final = 64
GROUP_PREFIX: Final = "group:"
LICENSE_HEADER: Final = re.compile(r"^(?:(?P<budget_group>.+?)_)?license_(?P<license_type>.+?)_status$", re.IGNORECASE)
CURRENT_STATUS_HEADER: Final = re.compile(r"^.+_license_current_status$", re.IGNORECASE)


def fold_header(header: str) -> str:
    """Return the form in which headers are compared when the exact spelling fits nothing."""
    visible = re.sub(r"[\u200b-\u200f\u2060\ufeff]", "", header)
    return re.sub(r"[\s\u00a0_]+", "_", visible.strip()).casefold().strip("_")


def label_of(attribute: str) -> str:
    """Return an attribute's name as words: work_title is Work title, attribute_cost_center is Cost center."""
    words = attribute.removeprefix(CUSTOM_PREFIX).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def custom_column(header: str) -> Column:
    """Describe the custom attribute that `header` (`attribute_…`) names."""
    label = header.removeprefix(CUSTOM_PREFIX).replace("_", " ")
    return Column(
        header,
        ColumnGroup.CUSTOM,
        CellKind.TEXT,
        f"Custom attribute “{label}”.",
        is_attribute=True,
        max_length=255,
    )


def group_column(header: str) -> Column:
    """Describe the yes/no column of one group (`group:<name>`)."""
    name = header[len(GROUP_PREFIX) :]
    return Column(
        header,
        ColumnGroup.GROUPS,
        CellKind.YES_NO,
        f"yes: in {name}; no: out of it.",
        choices=("yes", "no"),
        is_ours=True,
    )


def license_column(header: str) -> Column:
    """Describe a license column; which pool it means is looked up by `pool_key`."""
    return Column(
        header,
        ColumnGroup.LICENSES,
        CellKind.CHOICE,
        "active grants, inactive revokes.",
        "active",
        choices=("active", "inactive"),
    )


def pool_key(header: str) -> str | None:
    """Return the folded `<budget group>_license_<type>_status` that names a pool, or None for another header.

    Case, blanks and underscores are folded, so that "North America_License_English_Status" and
    "north_america_license_english_status" mean the same pool.
    """
    folded = fold_header(header)
    return folded if LICENSE_HEADER.match(folded) and not CURRENT_STATUS_HEADER.match(folded) else None
