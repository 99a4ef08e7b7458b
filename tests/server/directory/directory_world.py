"""A small organization and hand-made writes, for tests of what reaches the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
from django.db import transaction

from orgsync.core.normalize import fold_key
from orgsync.core.plan import CREATE_COLUMNS, Writes
from orgsync.server.directory.apply import apply_writes
from orgsync.server.directory.models import Feed, Group, Learner, Pool
from orgsync.server.directory.registry import AppliedIds
from orgsync.server.directory.revision import lock_directory
from orgsync.server.orgs.models import Organization

MONDAY: Final = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
TUESDAY: Final = MONDAY + timedelta(days=1)
WEDNESDAY: Final = MONDAY + timedelta(days=2)

STATE_TYPES: Final = {
    "learner_id": pl.Int64,
    "row_number": pl.Int64,
    "is_active": pl.Boolean,
    "manager_id": pl.Int64,
}
CHANGES: Final = pl.Schema(
    {"learner_id": pl.Int64, "row_number": pl.Int64, "attribute": pl.String, "before": pl.String, "after": pl.String}
)
MEMBERSHIPS: Final = pl.Schema({"learner_id": pl.Int64, "group_id": pl.Int64, "before": pl.Int16, "after": pl.Int16})
LICENSES: Final = pl.Schema(
    {"learner_id": pl.Int64, "pool_id": pl.Int64, "before": pl.String, "after": pl.String, "position": pl.Int64}
)
PERMISSIONS: Final = pl.Schema(
    {"learner_id": pl.Int64, "permission": pl.String, "before": pl.String, "after": pl.String}
)
CLAIMS: Final = pl.Schema({"learner_id": pl.Int64, "is_claimed": pl.Boolean})
GROUPS: Final = pl.Schema({"group_id": pl.Int64, "group_name": pl.String, "group_key": pl.String})

Row = Sequence[object]


@dataclass(frozen=True)
class World:
    """An organization with a feed; `apply` writes as the job does."""

    organization: Organization
    feed: Feed

    @property
    def id(self) -> int:
        return self.organization.pk

    def apply(self, writes: Writes, *, at: datetime = MONDAY, job_id: int | None = 7) -> AppliedIds:
        with transaction.atomic():
            lock_directory(self.id, wait=None)
            return apply_writes(writes, organization_id=self.id, feed_id=self.feed.pk, job_id=job_id, at=at)

    def learner(self, learner_id: int) -> Learner:
        return Learner.objects.get(organization_id=self.id, id=learner_id)

    def add_people(self, *names: str) -> list[int]:
        """Add active people by a first load of their own; return their ids."""
        return (
            self.apply(make_writes(creates=[new_person(row, name) for row, name in enumerate(names, 2)]))
            .learners["id"]
            .to_list()
        )

    def add_group(self, name: str) -> int:
        return Group.objects.create(
            organization=self.organization, name=name, name_key=fold_key(name), created_at=MONDAY
        ).pk

    def add_pool(self, key: str = "license_basic_status", seats: int | None = None) -> int:
        return Pool.objects.create(organization=self.organization, key=key, name=key, seats=seats).pk


def make_world(name: str = "Acme") -> World:
    organization = Organization.objects.create(name=name)
    return World(organization, Feed.objects.create(organization=organization, name="Nightly"))


def new_person(row: int, name: str, **values: object) -> dict[str, object]:
    """A line of `creates`; `row` is the row number, its negative the provisional id."""
    email = f"{name}@example.com"
    person = dict.fromkeys(CREATE_COLUMNS) | {
        "learner_id": -row,
        "row_number": row,
        "is_active": True,
        "primary_email_address": email,
        "email_key": fold_key(email),
    }
    return person | values


def make_writes(
    *,
    creates: Iterable[Mapping[str, object]] = (),
    updates: Iterable[Mapping[str, object]] = (),
    changes: Iterable[Row] = (),
    memberships: Iterable[Row] = (),
    licenses: Iterable[Row] = (),
    permissions: Iterable[Row] = (),
    claims: Iterable[Row] = (),
    new_groups: Iterable[tuple[int, str]] = (),
    new_attributes: tuple[str, ...] = (),
) -> Writes:
    """Make writes; links are tuples in the order of their columns, new groups an id and a name."""
    return Writes(
        creates=_people(list(creates), CREATE_COLUMNS),
        updates=_people(list(updates), ("learner_id", "row_number")),
        changes=_rows(changes, CHANGES),
        memberships=_rows(memberships, MEMBERSHIPS),
        licenses=_rows(licenses, LICENSES),
        permissions=_rows(permissions, PERMISSIONS),
        claims=_rows(claims, CLAIMS),
        new_groups=_rows(((number, name, fold_key(name)) for number, name in new_groups), GROUPS),
        new_attributes=new_attributes,
    )


def _people(people: list[Mapping[str, object]], columns: Iterable[str]) -> pl.DataFrame:
    names = dict.fromkeys([*columns, *(name for person in people for name in person)])
    schema = {name: STATE_TYPES.get(name, pl.String) for name in names}
    return pl.DataFrame([dict(person) for person in people], schema=schema, orient="row")


def _rows(rows: Iterable[Row], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def rows_of(model: Any, world: World, *columns: str) -> list[tuple[Any, ...]]:
    """Return the organization's rows of a table, sorted."""
    return sorted(model.objects.filter(organization_id=world.id).values_list(*columns))
