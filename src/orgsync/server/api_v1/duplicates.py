"""Records that may be of one person: pairs, their merge, and the word that they are two."""

from datetime import UTC, datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from orgsync.core.planning.mergerows import WHAT
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.jobshape import JobShape, done_or_refused
from orgsync.server.api_v1.learners import learner_of
from orgsync.server.api_v1.learnershape import LearnerShape, learner_json
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.shapes import Body, Flag, Line, Number, Shape
from orgsync.server.directory.duplicatelist import page_of_pairs
from orgsync.server.directory.duplicates import Likeness, mark_different
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.merging import merge_people

resource = Resource("duplicates", "Records that may be of one person.")
_MERGE: dict[str, Any] = {"permission": Permission.MERGE_PEOPLE}


class PairShape(Shape):
    """Two records; the lower id comes first."""

    one: LearnerShape
    other: LearnerShape
    alike_in: list[str]


class PairQuery(PageQuery):
    """Which pairs are meant."""

    kind: Literal[("", *(likeness.value for likeness in Likeness))] = ""  # type: ignore[valid-type]  # the catalogue


class MergeBody(Body):
    """Which record stays, and what it takes over."""

    kept: Number
    gone: Number
    take: list[Line] = Field(
        list(WHAT),
        max_length=200,
        description="Attributes, `primary_email_address`, `unique_user_id`, "
        "`memberships`, `licenses`, `claims`. Empty attributes are filled in any case.",
    )
    asks_first: Flag = Field(default=True, description="Wait for a word on the plan.")


class PairBody(Body):
    """Two records."""

    one: Number
    other: Number


class DismissedShape(Shape):
    """Whether it was said just now."""

    is_new: bool


@resource.get("/duplicates", Scope.DIRECTORY_READ, Listed[PairShape], **_MERGE)
def list_duplicates(request: MakerRequest, asked: Query[PairQuery]) -> dict[str, Any]:
    """List the pairs that nobody has settled, by id."""
    first, second = asked.place(int, int) or (0, 0)
    kind = Likeness(asked.kind) if asked.kind else None
    page = page_of_pairs(
        request.organization, now=datetime.now(UTC), after=(first, second), kind=kind, size=asked.limit
    )
    pairs = [
        {
            "one": learner_json(pair.learner),
            "other": learner_json(pair.other),
            "alike_in": [likeness.value for likeness in pair.likenesses],
        }
        for pair in page.pairs
    ]
    return listed(pairs, page.after)


@resource.post("/duplicates/merge", Scope.DIRECTORY_WRITE, JobShape, status=202, **_MERGE)
def merge(request: MakerRequest, body: MergeBody) -> dict[str, Any]:
    """Let one record stay and the other go; an undo brings it back."""
    kept, gone = learner_of(request, body.kept), learner_of(request, body.gone)
    by = request.admin.account
    job = merge_people(request.organization, kept, gone, by, take=body.take, asks_first=body.asks_first)
    return done_or_refused(job)


@resource.post("/duplicates/dismiss", Scope.DIRECTORY_WRITE, DismissedShape, **_MERGE)
def dismiss(request: MakerRequest, body: PairBody) -> dict[str, Any]:
    """Say that two records are of two people."""
    one, other = learner_of(request, body.one), learner_of(request, body.other)
    by, now = request.admin.account, datetime.now(UTC)
    return {"is_new": mark_different(request.organization, one, other, by=by, now=now)}
