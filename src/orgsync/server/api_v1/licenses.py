"""Licenses: pools, who holds a license of one and who waits, and what people grant and revoke by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from django.db.models import Q
from ninja import Query, Schema
from pydantic import Field

from orgsync.core.columns import pool_key
from orgsync.core.edits import Edit
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.groups import people_named
from orgsync.server.api_v1.jobshape import JobShape, done_or_refused
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.refusals import conflict, existing, impossible
from orgsync.server.api_v1.shapes import Body, Id, Line, Number, Shape, given, iso
from orgsync.server.directory.models import LicenseAssignment, LicenseState, Pool
from orgsync.server.directory.queries import people_in_order
from orgsync.server.directory.queries_licenses import (
    BY_HAND,
    LONG,
    PoolStanding,
    history_of,
    links_of,
    pool_standings,
    standing_of,
)
from orgsync.server.orgs.access import Permission
from orgsync.server.setup import ensure_pool
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.pools import change_pool

resource = Resource("licenses", "Pools of licenses, their holders and their waiting lists.")
VIEWS: Final = (*LicenseState.values, BY_HAND, LONG)
MOST_DAYS: Final = 366
_WRITE: dict[str, Any] = {"permission": Permission.MANAGE_LICENSES}
Seats = Field(None, ge=0, le=2**31 - 1, strict=True, description="Null: no limit.")


class PoolShape(Shape):
    """A pool, with how many stand how."""

    id: int
    name: str
    header: str = Field(description="The column by which files speak of it.")
    seats: int | None
    free: int | None
    granted: int
    waiting: int
    scheduled: int
    denied: int
    by_hand: int


class PoolList(Shape):
    """All pools."""

    items: list[PoolShape]


class PoolBody(Body):
    """A pool that is made."""

    header: Line = Field(description="`license_<type>_status`, or `<budget group>_license_<type>_status`.")
    name: str = Field(min_length=1, max_length=255)
    seats: int | None = Seats


class PoolChange(Body):
    """What is to be otherwise; what is not named stays."""

    name: str = Field("", max_length=255)
    seats: int | None = Seats


class ChangedPool(PoolShape):
    """A pool after a change."""

    job: int | None = Field(description="The job that gives free seats to those who wait.")


class HolderShape(Shape):
    """How somebody stands with a pool."""

    learner: int
    primary_email_address: str
    state: str
    place: int | None = Field(description="On the waiting list.")
    is_by_hand: bool
    since: str


class HolderQuery(PageQuery):
    """Who of a pool is meant."""

    show: Literal[VIEWS] = Field(LicenseState.ACTIVE.value, description="Those who wait come by their place.")  # type: ignore[valid-type]  # the catalogue


class HoldersBody(Body):
    """What becomes of people with a pool; each list has ids of learners."""

    grants: list[Number] = Field([], max_length=1_000)
    revokes: list[Number] = Field([], max_length=1_000, description="For good, whatever files say.")
    lifts: list[Number] = Field([], max_length=1_000, description="Files decide again.")


class DayShape(Shape):
    """What came and went on a day."""

    day: str
    granted: int
    revoked: int


class History(Shape):
    """Each day, the oldest first."""

    items: list[DayShape]


class HistoryQuery(Schema):
    """Which days, in UTC."""

    days: int = Field(90, ge=1, le=MOST_DAYS)


@resource.get("/pools", Scope.DIRECTORY_READ, PoolList)
def list_pools(request: ApiRequest) -> dict[str, Any]:
    """List all pools, by name."""
    return {"items": [_pool_json(one) for one in pool_standings(request.organization)]}


@resource.post("/pools", Scope.ADMIN, PoolShape, status=201, **_WRITE)
def make_pool(request: MakerRequest, body: PoolBody) -> dict[str, Any]:
    """Make a pool: the next file that has its column grants licenses of it."""
    key = pool_key(body.header.strip())
    if key is None:
        raise impossible("header is no license column; write license_<type>_status.")
    if Pool.objects.filter(organization=request.organization, key=key).exists():
        raise conflict("There is a pool of this column already.")
    made = ensure_pool(request.organization, body.header.strip(), name=body.name, seats=body.seats)
    return _pool_json(standing_of(made))


@resource.get("/pools/{int:pool_id}", Scope.DIRECTORY_READ, PoolShape)
def show_pool(request: ApiRequest, pool_id: Id) -> dict[str, Any]:
    """Show a pool."""
    return _pool_json(standing_of(pool_of(request, pool_id)))


@resource.patch("/pools/{int:pool_id}", Scope.ADMIN, ChangedPool, **_WRITE)
def change_pool_settings(request: MakerRequest, pool_id: Id, body: PoolChange) -> dict[str, Any]:
    """Give a pool another name or number of seats; nobody loses a license because there are fewer."""
    pool, sent = pool_of(request, pool_id), given(body)
    name, seats = sent.get("name", pool.name), sent.get("seats", pool.seats)
    job = change_pool(pool, name=name, seats=seats, by=request.admin.account, now=datetime.now(UTC))
    return _pool_json(standing_of(pool_of(request, pool_id))) | {"job": None if job is None else job.public_id}


@resource.get("/pools/{int:pool_id}/holders", Scope.DIRECTORY_READ, Listed[HolderShape])
def list_holders(request: ApiRequest, pool_id: Id, asked: Query[HolderQuery]) -> dict[str, Any]:
    """List who holds a license of a pool, who waits for one, or who stands with it otherwise."""
    links = links_of(pool_of(request, pool_id), asked.show, datetime.now(UTC))
    if asked.show == LicenseState.WAITING:
        place = asked.place(int, int)
        if place is not None:
            links = links.filter(Q(position__gt=place[0]) | Q(position=place[0], learner_id__gt=place[1]))
        found = list(links.order_by("position", "learner_id")[: asked.limit + 1])
    else:
        found = list(links.filter(learner_id__gt=asked.after_id() or 0).order_by("learner_id")[: asked.limit + 1])
    shown = found[: asked.limit]
    return listed(_holders(request, shown), _place(shown[-1]) if len(found) > asked.limit else None)


@resource.post("/pools/{int:pool_id}/holders", Scope.DIRECTORY_WRITE, JobShape, status=202, **_WRITE)
def change_holders(request: MakerRequest, pool_id: Id, body: HoldersBody) -> dict[str, Any]:
    """Grant, revoke, or let files decide again: one person at once, several after a word on the plan."""
    pool, lifts = pool_of(request, pool_id), set(body.lifts)
    licenses = dict.fromkeys(body.revokes, False) | dict.fromkeys(body.grants, True)
    if not licenses and not lifts:
        raise impossible("Name people in grants, revokes or lifts.")
    edits = [
        Edit(
            one.id,
            one.primary_email_address,
            licenses={pool.key: licenses[one.id]} if one.id in licenses else {},
            lifts=[f"license:{pool.pk}"] if one.id in lifts else [],
        )
        for one in people_named(request, [*licenses, *lifts])
    ]
    note = f"Licenses of {pool.name}"
    return done_or_refused(edit_people(request.organization, edits, request.admin.account, note=note))


@resource.get("/pools/{int:pool_id}/history", Scope.DIRECTORY_READ, History)
def list_pool_days(request: ApiRequest, pool_id: Id, asked: Query[HistoryQuery]) -> dict[str, Any]:
    """Say how many licenses came and went on each day."""
    last: date = datetime.now(UTC).date()
    days = history_of(pool_of(request, pool_id), last - timedelta(days=asked.days - 1), last, "UTC")
    return {"items": [{"day": one.day.isoformat(), "granted": one.granted, "revoked": one.revoked} for one in days]}


def pool_of(request: ApiRequest, pool_id: int) -> Pool:
    """Return a pool of the organization, or answer that there is none."""
    return existing(
        Pool.objects.select_related("organization").filter(organization=request.organization, id=pool_id).first()
    )


def pool_keys(request: ApiRequest, grants: Sequence[int], revokes: Sequence[int]) -> dict[str, bool]:
    """Return by pool key what becomes of its license; raise ApiError where a pool is none."""
    wanted = dict.fromkeys(revokes, False) | dict.fromkeys(grants, True)
    keys = dict(Pool.objects.filter(organization=request.organization, id__in=wanted).values_list("id", "key"))
    if wanted.keys() - keys.keys():
        raise impossible("One of the pools is not there.")
    return {keys[pool]: is_granted for pool, is_granted in wanted.items()}


def _place(link: LicenseAssignment) -> list[int]:
    return [link.learner_id] if link.state != LicenseState.WAITING else [link.position or 0, link.learner_id]


def _holders(request: ApiRequest, links: Sequence[LicenseAssignment]) -> list[dict[str, Any]]:
    people = {one.id: one for one in people_in_order(request.organization.pk, [link.learner_id for link in links])}
    return [
        {
            "learner": link.learner_id,
            "primary_email_address": people[link.learner_id].primary_email_address,
            "state": link.state,
            "place": link.position,
            "is_by_hand": link.is_by_hand,
            "since": iso(link.since),
        }
        for link in links
        if link.learner_id in people
    ]


def _pool_json(one: PoolStanding) -> dict[str, Any]:
    counts = {name: getattr(one, name) for name in ("free", "granted", "waiting", "scheduled", "denied", "by_hand")}
    return {"id": one.pool.pk, "name": one.pool.name, "header": one.pool.key, "seats": one.pool.seats} | counts
