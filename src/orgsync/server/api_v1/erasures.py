"""Erasures: requests that an owner decides on, receipts, and tombstones that are lifted."""

from datetime import UTC, datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.listing import newest_first
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery
from orgsync.server.api_v1.refusals import existing
from orgsync.server.api_v1.shapes import Id, Shape, iso
from orgsync.server.directory.models import Erasure
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.erase import lift
from orgsync.server.uploads.erasurerequests import approve_erasure, reject_erasure
from orgsync.server.uploads.models import ErasureRequest, ErasureStatus

resource = Resource("erasures", "People who are erased: requests and receipts, which hold nothing personal.")
_OWNER: dict[str, Any] = {"permission": Permission.ERASE}


class RowProblem(Shape):
    """A row of a deletion file that names nobody who could be erased."""

    row: int
    code: str


class ErasureRequestShape(Shape):
    """People who are to be erased."""

    id: int
    status: str = Field(description="`held`, `queued`, `done`, `failed` or `rejected`.")
    people: list[int] = Field(description="Ids of learners.")
    rows: int = Field(description="Of the deletion file; 0 where there was none.")
    problems: list[RowProblem]
    requested_by: str | None
    created_at: str
    decided_at: str | None
    finished_at: str | None
    reason: str


class RequestQuery(PageQuery):
    """Which requests are meant."""

    status: Literal[("", *ErasureStatus.values)] = ""  # type: ignore[valid-type]  # the catalogue


class ErasureShape(Shape):
    """The receipt of an erased person."""

    id: int
    learner: int
    at: str
    rows: dict[str, int] = Field(description="How many rows went, by table.")
    files: dict[str, int] = Field(description="How many files went or were written anew.")
    lifted_at: str | None = Field(description="Since when a file may create the person again.")


class ErasureQuery(PageQuery):
    """Which receipts are meant."""

    state: Literal["", "holds", "lifted"] = ""


@resource.get("/erasures", Scope.ERASE, Listed[ErasureShape])
def list_erasures(request: ApiRequest, asked: Query[ErasureQuery]) -> dict[str, Any]:
    """List the receipts, the newest first."""
    found = Erasure.objects.filter(organization=request.organization)
    if asked.state:
        found = found.filter(lifted_at__isnull=asked.state == "holds")
    return newest_first(found, asked, _erasure_json)


@resource.get("/erasures/{int:erasure_id}", Scope.ERASE, ErasureShape)
def show_erasure(request: ApiRequest, erasure_id: Id) -> dict[str, Any]:
    """Show a receipt."""
    return _erasure_json(_erasure_of(request, erasure_id))


@resource.post("/erasures/{int:erasure_id}/lift", Scope.ERASE, ErasureShape, **_OWNER)
def lift_tombstone(request: MakerRequest, erasure_id: Id) -> dict[str, Any]:
    """Let files create an erased person again."""
    found = _erasure_of(request, erasure_id)
    lift(request.organization, found.pk, by=request.admin.account, now=datetime.now(UTC))
    return _erasure_json(_erasure_of(request, erasure_id))


@resource.get("/erasure-requests", Scope.ERASE, Listed[ErasureRequestShape])
def list_erasure_requests(request: ApiRequest, asked: Query[RequestQuery]) -> dict[str, Any]:
    """List the requests to erase people, the newest first."""
    found = ErasureRequest.objects.select_related("requested_by").filter(organization=request.organization)
    if asked.status:
        found = found.filter(status=asked.status)
    return newest_first(found, asked, request_json)


@resource.get("/erasure-requests/{int:request_id}", Scope.ERASE, ErasureRequestShape)
def show_erasure_request(request: ApiRequest, request_id: Id) -> dict[str, Any]:
    """Show a request to erase people."""
    return request_json(_request_of(request, request_id))


@resource.post("/erasure-requests/{int:request_id}/approve", Scope.ERASE, ErasureRequestShape, **_OWNER)
def approve_erasure_request(request: MakerRequest, request_id: Id) -> dict[str, Any]:
    """Erase the people of a request; nothing brings them back."""
    approve_erasure(_request_of(request, request_id), by=request.admin.account, now=datetime.now(UTC))
    return request_json(_request_of(request, request_id))


@resource.post("/erasure-requests/{int:request_id}/reject", Scope.ERASE, ErasureRequestShape, **_OWNER)
def reject_erasure_request(request: MakerRequest, request_id: Id) -> dict[str, Any]:
    """End a request; nobody is erased by it."""
    reject_erasure(_request_of(request, request_id), by=request.admin.account, now=datetime.now(UTC))
    return request_json(_request_of(request, request_id))


def request_json(one: ErasureRequest) -> dict[str, Any]:
    return {
        "id": one.pk,
        "status": one.status,
        "people": one.learner_ids,
        "rows": one.row_count,
        "problems": one.problems,
        "requested_by": one.requested_by.email if one.requested_by else None,
        "created_at": iso(one.created_at),
        "decided_at": iso(one.decided_at),
        "finished_at": iso(one.finished_at),
        "reason": one.reason,
    }


def _erasure_json(one: Erasure) -> dict[str, Any]:
    facts = {"id": one.pk, "learner": one.learner_id, "at": iso(one.at), "lifted_at": iso(one.lifted_at)}
    return facts | {name: dict(one.counts.get(name, {})) for name in ("rows", "files")}


def _erasure_of(request: ApiRequest, erasure_id: int) -> Erasure:
    return existing(Erasure.objects.filter(organization=request.organization, id=erasure_id).first())


def _request_of(request: ApiRequest, request_id: int) -> ErasureRequest:
    requests = ErasureRequest.objects.select_related("organization", "requested_by")
    return existing(requests.filter(organization=request.organization, id=request_id).first())
