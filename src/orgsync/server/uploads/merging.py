"""Merge two records of one person: an edit that takes over what is chosen and removes the other record."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from django.utils import timezone

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.edits import Edit
from orgsync.core.planning.mergerows import WHAT
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads.editrights import EditRefused
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.models import UploadJob

ADDRESS: Final = "primary_email_address"
USER_ID: Final = "unique_user_id"


def merge_people(
    organization: Organization,
    kept: Learner,
    other: Learner,
    by: Account,
    *,
    take: Collection[str] = WHAT,
    asks_first: bool = False,
    clock: Callable[[], datetime] = timezone.now,
) -> UploadJob:
    """
    Let one record stay and the other go; return the job, applied or, where an owner has to decide, held.

    `take` names what the record that stays gets from the other one: attributes, `primary_email_address`,
    `unique_user_id`, `memberships`, `licenses`, `claims`. Empty attributes are filled from the other record in any
    case. Who reports to the other record then reports to the one that stays. An undo brings the other record back.
    With `asks_first` the plan waits for a confirmation. Raises EditRefused, and DirectoryBusy as `edit_people`.
    """
    if kept.id == other.id or {kept.organization_id, other.organization_id} != {organization.pk}:
        raise EditRefused("Name two learners of the organization.")
    values = {name: _text(kept, other, name, take) for name in _attributes(other)}
    unknown = set(take) - {*WHAT, *_attributes(kept), *_attributes(other), ADDRESS, USER_ID}
    if unknown:
        raise EditRefused(f"Nothing of a learner is called {', '.join(sorted(unknown))}.")
    edit = Edit(
        kept.id,
        kept.primary_email_address,
        values={name: value for name, value in values.items() if value is not None},
        new_address=other.primary_email_address if ADDRESS in take else None,
        new_user_id=other.unique_user_id if USER_ID in take or kept.unique_user_id is None else None,
        absorbs=other.id,
        takes=[what for what in WHAT if what in take],
    )
    note = f"Merge of learners {kept.id} and {other.id}"
    return edit_people(organization, [edit], by, note=note, asks_first=asks_first, clock=clock)


def _attributes(learner: Learner) -> list[str]:
    """Return the attributes that may be taken over; a status is the record's own."""
    return [*(name for name in ATTRIBUTE_NAMES if name != "worker_status"), *sorted(learner.custom)]


def _text(kept: Learner, other: Learner, name: str, take: Collection[str]) -> str | None:
    """Return what the record that stays gets of one attribute; None where it keeps its own."""
    mine, theirs = (_stored(learner, name) for learner in (kept, other))
    return theirs if theirs is not None and theirs != mine and (name in take or mine is None) else None


def _stored(learner: Learner, name: str) -> str | None:
    value = learner.custom.get(name) if name not in ATTRIBUTE_NAMES else getattr(learner, name)
    return None if value is None else str(value)
