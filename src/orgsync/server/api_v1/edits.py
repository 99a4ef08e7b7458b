"""Changes of people by hand: one at once, many after a look at the plan; the way every file takes."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import Field

from orgsync.core.edits import Edit
from orgsync.core.normalize import fold_key
from orgsync.server.api_v1 import learners
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.erasures import ErasureRequestShape, request_json
from orgsync.server.api_v1.groups import named_groups
from orgsync.server.api_v1.jobshape import JobShape, done_or_refused
from orgsync.server.api_v1.learners import check_attributes, learner_of
from orgsync.server.api_v1.licenses import pool_keys
from orgsync.server.api_v1.refusals import conflict, impossible
from orgsync.server.api_v1.shapes import Body, Flag, Id, Line, Number, given
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.meant import people_frames
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.adding import add_person
from orgsync.server.uploads.edits import edit_people, plan_same
from orgsync.server.uploads.erasurerequests import erase_one

resource = learners.resource
"""What is changed has the addresses of what is read."""
STATUS: Final = "worker_status"
KEYS: Final = ("primary_email_address", "unique_user_id", "manager")
_WRITE: dict[str, Any] = {"permission": Permission.EDIT_PEOPLE, "status": 202}
_LINK: Final = re.compile(r"(?:group|license):\d{1,18}", re.ASCII)
_OF_ONE: Final = frozenset({"primary_email_address", "unique_user_id", "lifts"})


class PersonBody(Body):
    """A person who is added."""

    primary_email_address: str = Field(min_length=1, max_length=254)
    unique_user_id: str = Field("", max_length=128)
    manager: Number | None = Field(None, description="A learner's id.")
    values: dict[Line, str] = Field({}, description="Attributes, those of the organization too.")


class ChangeBody(Body):
    """What is to be otherwise about people; what is not named stays."""

    values: dict[Line, str | None] = Field({}, description="Attributes; null clears. `worker_status`: see deactivate.")
    keeps: list[Line] = Field([], max_length=200, description="What files leave alone from now on.")
    manager: Number | None = Field(None, description="A learner's id; null: none.")
    joins: list[Number] = Field([], max_length=100, description="Ids of groups.")
    leaves: list[Number] = Field([], max_length=100, description="Ids of groups.")
    grants: list[Number] = Field([], max_length=100, description="Ids of pools.")
    revokes: list[Number] = Field([], max_length=100, description="Ids of pools: revoked for good, whatever files say.")
    is_protected: Flag = Field(default=False, description="No file lets them leave.")
    is_active: Flag = Field(default=True, description="False: let them leave; true: bring them back.")


class LearnerChange(ChangeBody):
    """What is to be otherwise about one person."""

    primary_email_address: str = Field("", max_length=254)
    unique_user_id: str | None = Field(None, max_length=128, description="Null: none.")
    lifts: list[Line] = Field(
        [], max_length=200, description="Local overrides that end: attributes, `group:<id>`, `license:<pool id>`."
    )
    asks_first: Flag = Field(default=False, description="Wait for a word on the plan.")


class BulkBody(ChangeBody):
    """A change of many people, who are named by their ids or by what they have in common."""

    people: list[Number] = Field([], max_length=100_000, description="Ids of learners.")
    all_of_group: Number | None = Field(None, description="Everybody in this group, instead of `people`.")
    lifts_all: Flag = Field(default=False, description="Lift every local override, and change nothing else.")


@resource.post("/learners", Scope.DIRECTORY_WRITE, JobShape, **_WRITE)
def add_learner(request: MakerRequest, body: PersonBody) -> dict[str, Any]:
    """Add a person; a job that is done has created them."""
    check_attributes(request.organization.pk, body.values)
    organization_id = request.organization.pk
    cells = {"primary_email_address": body.primary_email_address.strip(), "unique_user_id": body.unique_user_id.strip()}
    if body.manager is not None:
        cells["manager_primary_email_address"] = _address_of(organization_id, body.manager)
    cells |= body.values
    known = Learner.objects.filter(organization_id=organization_id)
    taken = known.filter(email_key=fold_key(cells["primary_email_address"]))
    if taken.exists() or (cells["unique_user_id"] and known.filter(unique_user_id=cells["unique_user_id"]).exists()):
        raise conflict("Somebody in the directory has this address or id already.")
    named = {name: value for name, value in cells.items() if value}
    return done_or_refused(add_person(request.organization, named, request.admin.account))


@resource.patch("/learners/{int:learner_id}", Scope.DIRECTORY_WRITE, JobShape, **_WRITE)
def change_learner(request: MakerRequest, learner_id: Id, body: LearnerChange) -> dict[str, Any]:
    """Change a person; a job that is held waits for an owner, because the person is an admin."""
    one, sent = learner_of(request, learner_id), given(body)
    user_id = sent.get("unique_user_id")
    if not sent.get("primary_email_address", "x").strip():
        raise impossible("primary_email_address must not be blank.")
    _check_targets(request, body.lifts)
    edit = Edit(
        one.id,
        one.primary_email_address,
        new_address=sent.get("primary_email_address"),
        new_user_id=user_id or None,
        drops_user_id="unique_user_id" in sent and not user_id,
        lifts=body.lifts,
        **_changes(request, body),
    )
    return _edited(request, edit, body.asks_first)


@resource.post("/learners/{int:learner_id}/deactivate", Scope.DIRECTORY_WRITE, JobShape, **_WRITE)
def deactivate_learner(request: MakerRequest, learner_id: Id) -> dict[str, Any]:
    """Let a person leave."""
    one = learner_of(request, learner_id)
    return _edited(request, Edit(one.id, one.primary_email_address, values={STATUS: "inactive"}))


@resource.post("/learners/{int:learner_id}/reactivate", Scope.DIRECTORY_WRITE, JobShape, **_WRITE)
def reactivate_learner(request: MakerRequest, learner_id: Id) -> dict[str, Any]:
    """Bring a person back who has left."""
    one = learner_of(request, learner_id)
    return _edited(request, Edit(one.id, one.primary_email_address, values={STATUS: "active"}))


@resource.post(
    "/learners/{int:learner_id}/erase", Scope.ERASE, ErasureRequestShape, permission=Permission.ERASE, status=202
)
def erase_learner(request: MakerRequest, learner_id: Id) -> dict[str, Any]:
    """Erase a person everywhere: nothing brings them back."""
    one = learner_of(request, learner_id)
    made = erase_one(request.organization, one.id, by=request.admin.account, now=datetime.now(UTC))
    return request_json(made)


@resource.post("/learners/bulk", Scope.DIRECTORY_WRITE, JobShape, **_WRITE)
def change_learners(request: MakerRequest, body: BulkBody) -> dict[str, Any]:
    """Plan the same change of many people; it waits for a word on its plan."""
    if bool(body.people) == (body.all_of_group is not None):
        raise impossible("Name people, or all_of_group.")
    if body.all_of_group is None:
        meant = Criteria(ids=tuple(body.people))
    else:
        named_groups(request, [body.all_of_group])
        meant = Criteria(group_id=body.all_of_group)
    edit = Edit(0, "", **({} if body.lifts_all else _changes(request, body)))
    people = people_frames(request.organization.pk, meant, with_overrides=body.lifts_all)
    note = "Lift every local override" if body.lifts_all else "Change of many people"
    job = plan_same(request.organization, edit, people, request.admin.account, note=note, now=datetime.now(UTC))
    return done_or_refused(job)


def _edited(request: MakerRequest, edit: Edit, asks_first: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  private
    note = f"Edit of learner {edit.learner_id}"
    job = edit_people(request.organization, [edit], request.admin.account, note=note, asks_first=asks_first)
    return done_or_refused(job)


def _changes(request: MakerRequest, body: ChangeBody) -> dict[str, Any]:
    """Return the parts of an edit that may be the same for many people."""
    sent = given(body)
    check_attributes(request.organization.pk, body.values)
    check_attributes(request.organization.pk, [target for target in body.keeps if target not in KEYS])
    values: dict[str, str | None] = dict(body.values)
    if "is_active" in sent:
        values[STATUS] = "active" if body.is_active else "inactive"
    found: dict[str, Any] = {
        "values": values,
        "keeps": body.keeps,
        "joins": named_groups(request, body.joins),
        "leaves": named_groups(request, body.leaves),
        "licenses": pool_keys(request, body.grants, body.revokes),
    }
    if "manager" in sent:
        found["manager"] = "" if body.manager is None else _address_of(request.organization.pk, body.manager)
    if "is_protected" in sent:
        found["is_protected"] = body.is_protected
    is_said = bool(sent.keys() & {"manager", "is_protected", *_OF_ONE}) or any(found.values())
    if not is_said:
        raise impossible("Say what is to be otherwise.")
    return found


def _address_of(organization_id: int, learner_id: int) -> str:
    found = Learner.objects.filter(organization_id=organization_id, id=learner_id).first()
    if found is None:
        raise impossible("manager must be the id of somebody in the directory.")
    return found.primary_email_address


def _check_targets(request: MakerRequest, targets: list[str]) -> None:
    plain = [target for target in targets if not _LINK.fullmatch(target) and target not in KEYS]
    check_attributes(request.organization.pk, plain)
