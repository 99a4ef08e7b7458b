"""What a sub-admin can be given: the one catalogue that forms, files, pages and the reference read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """What a page, a button or a scope asks for."""

    SEE_PEOPLE = "see people"
    EDIT_PEOPLE = "edit people"
    MERGE_PEOPLE = "merge duplicates"
    ERASE = "erase people"
    SEE_GROUPS = "see groups"
    EDIT_GROUPS = "edit groups"
    SEE_LICENSES = "see licenses"
    MANAGE_LICENSES = "manage licenses"
    SEE_JOBS = "see jobs"
    UPLOAD = "upload"
    DECIDE = "approve, reject, cancel or undo jobs"
    SEE_FEEDS = "see feeds"
    MANAGE_FEEDS = "manage feeds"
    SEE_CONTENT = "see content"
    MANAGE_CONTENT = "manage custom content"
    CURATE_CONTENT = "curate content"
    MANAGE_CURATORS = "manage curators"
    RECOMMEND_CONTENT = "recommend content"
    SEE_REPORTS = "see reports"
    MANAGE_TOKENS = "manage access tokens"
    MANAGE_SIGN_IN = "manage single sign-on"
    MANAGE_SETTINGS = "manage settings"
    MANAGE_ADMINS = "manage admins"
    SEE_OUTBOX = "see the outbox"
    SEE_AUDIT = "see the audit log"


class Right(StrEnum):
    """One thing that a sub-admin may be given; the value is what is stored."""

    EDIT_GROUPS = "edit_groups"
    MANAGE_USERS_LICENSES = "manage_users_licenses"
    RECOMMEND_CONTENT = "recommend_content"
    VIEW_REPORTS = "view_reports"
    UPLOAD = "upload"
    APPROVE_JOBS = "approve_jobs"
    MANAGE_CUSTOM_CONTENT = "manage_custom_content"
    CURATE_CONTENT = "curate_content"
    MANAGE_CURATORS = "manage_curators"
    MANAGE_IT_SETTINGS = "manage_it_settings"
    CREATE_SUB_ADMINS = "create_sub_admins"


@dataclass(frozen=True, slots=True)
class RightKind:
    """What stands behind a right."""

    label: str
    help: str
    permissions: frozenset[Permission]
    column: str = ""
    """The permission column of a file that gives it; empty: pages only."""
    is_limitable: bool = False
    """Whether it can be limited to the people of some groups."""


_P: Final = Permission
# Files, plans and results name everybody: whoever may send them sees everybody.
_FILES: Final = frozenset({_P.UPLOAD, _P.SEE_JOBS, _P.SEE_FEEDS, _P.SEE_PEOPLE})

RIGHTS: Final[dict[Right, RightKind]] = {
    Right.EDIT_GROUPS: RightKind(
        "Edit groups",
        "Put people into groups and take them out.",
        frozenset({_P.SEE_PEOPLE, _P.SEE_GROUPS, _P.EDIT_GROUPS, _P.SEE_JOBS}),
        "group_permission_edit_groups",
        is_limitable=True,
    ),
    Right.MANAGE_USERS_LICENSES: RightKind(
        "Manage users and licenses",
        "Edit people, give and take licenses.",
        frozenset(
            {_P.SEE_PEOPLE, _P.EDIT_PEOPLE, _P.SEE_GROUPS, _P.SEE_LICENSES, _P.MANAGE_LICENSES, _P.SEE_JOBS},
        ),
        "group_permission_manage_users_licenses",
        is_limitable=True,
    ),
    Right.RECOMMEND_CONTENT: RightKind(
        "Recommend content",
        "Assign and recommend courses.",
        frozenset({_P.SEE_PEOPLE, _P.SEE_GROUPS, _P.SEE_CONTENT, _P.RECOMMEND_CONTENT, _P.SEE_JOBS}),
        "group_permission_recommend_content",
        is_limitable=True,
    ),
    Right.VIEW_REPORTS: RightKind(
        "View reports",
        "Read reports, down to the people they count.",
        frozenset({_P.SEE_PEOPLE, _P.SEE_GROUPS, _P.SEE_REPORTS}),
        "group_permission_view_reports",
        is_limitable=True,
    ),
    Right.UPLOAD: RightKind("Upload files", "Send files through the browser, and see what became of them.", _FILES),
    Right.APPROVE_JOBS: RightKind(
        "Approve jobs",
        "Approve, reject, cancel and undo jobs that touch no admin.",
        frozenset({_P.DECIDE, _P.SEE_JOBS, _P.SEE_FEEDS, _P.SEE_PEOPLE}),
    ),
    Right.MANAGE_CUSTOM_CONTENT: RightKind(
        "Manage custom content",
        "Add and change the organization's own courses.",
        frozenset({_P.SEE_CONTENT, _P.MANAGE_CONTENT}),
        "permission_manage_custom_content",
    ),
    Right.CURATE_CONTENT: RightKind(
        "Curate content",
        "Put courses together into collections and learning paths.",
        frozenset({_P.SEE_CONTENT, _P.CURATE_CONTENT}),
        "permission_curate_content",
    ),
    Right.MANAGE_CURATORS: RightKind(
        "Manage curators",
        "Say who curates content.",
        frozenset({_P.SEE_CONTENT, _P.MANAGE_CURATORS}),
        "permission_manage_curators",
    ),
    Right.MANAGE_IT_SETTINGS: RightKind(
        "Manage IT settings",
        "Access tokens, feeds and the outbox; a token sends files for everybody, so uploads belong to it.",
        _FILES | {_P.MANAGE_FEEDS, _P.MANAGE_TOKENS, _P.SEE_OUTBOX},
        "permission_manage_IT_settings",
    ),
    Right.CREATE_SUB_ADMINS: RightKind(
        "Create other sub-admins with the same permissions",
        "Invite sub-admins who may do no more than themselves.",
        frozenset({_P.MANAGE_ADMINS}),
        "permission_create_other_sub_admins_with_same_permissions",
    ),
}

RIGHT_OF_COLUMN: Final[dict[str, Right]] = {kind.column: right for right, kind in RIGHTS.items() if kind.column}
"""Permission column of a file → the right that it gives."""

OWNERS_ONLY: Final = frozenset({_P.ERASE, _P.MANAGE_SIGN_IN})
"""Whoever does these could lose data for good, or let in whom they like."""
READING: Final = frozenset(
    {
        *(_P.SEE_PEOPLE, _P.SEE_GROUPS, _P.SEE_LICENSES, _P.SEE_JOBS, _P.SEE_FEEDS, _P.SEE_CONTENT, _P.SEE_REPORTS),
    }
)
PERMISSIONS_OF_ROLE: Final[dict[str, frozenset[Permission]]] = {
    "owner": frozenset(Permission),
    "admin": frozenset(Permission) - OWNERS_ONLY,
    "sub_admin": frozenset(),
    "read_only": READING,
}
"""What a role (`models.Role`) may do for everybody; a sub-admin has only what the rights of their own say."""
