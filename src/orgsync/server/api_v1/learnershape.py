"""A learner as the API shows them: what is known, since when, by whose word, and what is theirs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import Field

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.server.api_v1.shapes import Shape, iso
from orgsync.server.directory.models import (
    Claim,
    Group,
    Learner,
    LicenseAssignment,
    Membership,
    Override,
    PermissionGrant,
    Pool,
)
from orgsync.server.directory.queries_groups import reason_names
from orgsync.server.directory.timeline import origins_of
from orgsync.server.uploads.models import UploadJob


class LearnerShape(Shape):
    """A person in the directory."""

    id: int
    primary_email_address: str
    unique_user_id: str | None
    is_active: bool
    is_protected: bool = Field(description="No file lets the person leave.")
    manager: int | None
    values: dict[str, str | None] = Field(description="Attributes, those of the organization too.")
    created_at: str
    changed_at: str
    deactivated_at: str | None


class OriginShape(Shape):
    """By what a value was set last."""

    at: str
    job: int | None = Field(description="Null: by hand, or a job that is kept no longer.")
    row: int | None


class LearnerGroup(Shape):
    """A group of the person."""

    group: int
    name: str
    reasons: list[str] = Field(description="`file`, `hand`, `rule`, `scim`.")
    since: str


class LearnerLicense(Shape):
    """How the person stands with a pool."""

    pool: int
    name: str
    state: str
    is_by_hand: bool
    since: str


class OverrideShape(Shape):
    """What files leave alone."""

    target: str = Field(description="An attribute, `primary_email_address`, `unique_user_id`, `manager`, `group:<id>`.")
    at: str


class PermissionShape(Shape):
    """A permission of an admin that a file has given."""

    permission: str
    scope: str


class LearnerDetail(LearnerShape):
    """A person, with where everything comes from."""

    origins: dict[str, OriginShape] = Field(description="Of what has changed since the person was created.")
    created_by: int | None = Field(description="The job that created the person.")
    groups: list[LearnerGroup]
    licenses: list[LearnerLicense]
    feeds: list[int] = Field(description="Feeds that claim the person.")
    overrides: list[OverrideShape]
    permissions: list[PermissionShape]


def learner_json(one: Learner) -> dict[str, Any]:
    values = {name: _text(getattr(one, name)) for name in ATTRIBUTE_NAMES} | {
        name: _text(value) for name, value in sorted(one.custom.items())
    }
    return {
        "id": one.id,
        "primary_email_address": one.primary_email_address,
        "unique_user_id": one.unique_user_id,
        "is_active": one.is_active,
        "is_protected": one.is_protected,
        "manager": one.manager_id,
        "values": values,
        "created_at": iso(one.created_at),
        "changed_at": iso(one.changed_at),
        "deactivated_at": iso(one.deactivated_at),
    }


def learner_detail(one: Learner) -> dict[str, Any]:
    """Return all of a person; the number of statements does not depend on how much there is."""
    mine = {"organization_id": one.organization_id, "learner_id": one.id}
    origins = origins_of(one)
    jobs = public_ids(one.organization_id, [one.created_job_id, *(origin.job_id for origin in origins.values())])
    claims = Claim.objects.filter(**mine).order_by("feed_id").values_list("feed_id", flat=True)
    overrides = Override.objects.filter(**mine).order_by("target").values_list("target", "at")
    permissions = PermissionGrant.objects.filter(**mine).order_by("permission").values_list("permission", "scope")
    return learner_json(one) | {
        "origins": {
            name: {"at": iso(origin.at), "job": jobs.get(origin.job_id or 0), "row": origin.row_number}
            for name, origin in origins.items()
        },
        "created_by": jobs.get(one.created_job_id or 0),
        "groups": _groups(mine),
        "licenses": _licenses(mine),
        "feeds": list(claims),
        "overrides": [{"target": target, "at": iso(at)} for target, at in overrides],
        "permissions": [{"permission": name, "scope": scope} for name, scope in permissions],
    }


def public_ids(organization_id: int, job_ids: Sequence[int | None]) -> dict[int, int]:
    """Return by what id jobs are known outside."""
    known = UploadJob.objects.filter(organization_id=organization_id, id__in={one for one in job_ids if one})
    return dict(known.values_list("id", "public_id"))


def _groups(mine: dict[str, int]) -> list[dict[str, Any]]:
    links = list(Membership.objects.filter(**mine).order_by("group_id"))
    groups = Group.objects.filter(organization_id=mine["organization_id"], id__in=[link.group_id for link in links])
    names = dict(groups.values_list("id", "name"))
    return [
        {
            "group": link.group_id,
            "name": names.get(link.group_id, ""),
            "reasons": reason_names(link.reasons).split(),
            "since": iso(link.since),
        }
        for link in links
    ]


def _licenses(mine: dict[str, int]) -> list[dict[str, Any]]:
    names = dict(Pool.objects.filter(organization_id=mine["organization_id"]).values_list("id", "name"))
    return [
        {
            "pool": link.pool_id,
            "name": names.get(link.pool_id, ""),
            "state": link.state,
            "is_by_hand": link.is_by_hand,
            "since": iso(link.since),
        }
        for link in LicenseAssignment.objects.filter(**mine).order_by("pool_id")
    ]


def _text(value: Any) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)
