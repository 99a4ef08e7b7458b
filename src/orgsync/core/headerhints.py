"""Suggest the known header that an unknown one was probably meant to be."""

import difflib
from typing import Final

from orgsync.core.columns import COLUMNS, ColumnGroup, fold_header

SHOWN: Final = 80
"""Characters of a header that a message repeats."""

SUGGESTED: Final = {
    fold_header(name): name
    for column in COLUMNS
    if column.group is not ColumnGroup.IGNORED
    for name in (column.name, *column.aliases)
}
MEANT: Final = {
    "status": "worker_status",
    "email": "primary_email_address",
    "e-mail": "primary_email_address",
    "mail": "primary_email_address",
    "unique_id": "unique_user_id",
    "surname": "preferred_last_name",
    "title": "work_title",
    "manager": "manager_primary_email_address",
}
"""Headers that people write for a column and that look too little like it."""


def hint_for(key: str) -> str:
    """Return “ Did you mean …?” for a folded header, or an empty text when nothing comes near."""
    if key in MEANT:
        return f" Did you mean {MEANT[key]}?"
    near = difflib.get_close_matches(key, SUGGESTED, n=1) or [
        known for known in SUGGESTED if len(key) >= 4 and key in known
    ]
    return f" Did you mean {SUGGESTED[near[0]]}?" if near else ""


def show(header: str) -> str:
    """Return the header cut to a length that fits a message."""
    return header if len(header) <= SHOWN else f"{header[:SHOWN]}…"
