"""Groups: the list, who is in one and why, and what people change of them by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from orgsync.core.edits import Edit
from orgsync.core.grouprules.parsing import parse_rule, to_json
from orgsync.core.normalize import fold_key
from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.jobshape import JobShape, done_or_refused
from orgsync.server.api_v1.learners import learner_of
from orgsync.server.api_v1.learnershape import LearnerShape, learner_json
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.paging import Listed, PageQuery, listed
from orgsync.server.api_v1.refusals import conflict, existing, impossible
from orgsync.server.api_v1.shapes import Body, Id, Line, Number, Shape, iso
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.meant import ids_meant
from orgsync.server.directory.models import Group, Learner
from orgsync.server.directory.queries import people_in_order
from orgsync.server.directory.queries_groups import GroupFilter, ListedGroup, groups_by_id, memberships_of, reason_names
from orgsync.server.directory.rulegroups import Why, rule_of, why_in
from orgsync.server.orgs.access import Permission
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.groupedits import make_group, rename_group
from orgsync.server.uploads.ruleedits import end_rule, preview_rule, remove_group, save_rule

resource = Resource("groups", "Named sets of people: by files, by hand, by rules.")
_WRITE: dict[str, Any] = {"permission": Permission.EDIT_GROUPS}
_QUEUED: dict[str, Any] = {**_WRITE, "status": 202}


class GroupShape(Shape):
    """A group."""

    id: int
    name: str
    is_rule: bool
    members: int = Field(description="Counted up to 10,000; one more stands for any number beyond.")
    created_at: str


class GroupDetail(GroupShape):
    """A group, with its rule."""

    rule: dict[str, Any] | None = Field(description="In the form in which rules are sent, with ids.")
    rule_in_words: str | None


class GroupQuery(PageQuery):
    """Which groups are meant; what is empty does not narrow."""

    q: Line = Field("", description="Part of the name.")
    kind: Literal["", "rule", "file", "hand", "scim", "empty"] = Field("", description="What fills it.")


class MemberShape(LearnerShape):
    """Somebody in a group."""

    reasons: list[str]
    since: str


class MemberQuery(PageQuery):
    """Who of a group is meant."""

    q: Line = Field("", description="Words that begin a name, an address or a unique user id.")


class WhyShape(Shape):
    """Why somebody is in a group."""

    group: str
    reasons: list[str] = Field(description="`file`, `hand`, `rule`, `scim`; none: not in the group.")
    rule: str = Field(description="The parts of the rule that hold, in words.")
    through: list["WhyShape"]


class NameBody(Body):
    """What a group is called."""

    name: str = Field(max_length=255)


class MembersBody(Body):
    """Who joins and who leaves by hand."""

    joins: list[Number] = Field([], max_length=1_000, description="Ids of learners.")
    leaves: list[Number] = Field([], max_length=1_000, description="Ids of learners.")


class RuleBody(Body):
    """A rule, as `docs/reference/rule-groups.md` describes it."""

    rule: dict[str, Any]


class NamedRuleBody(RuleBody):
    """A rule and the group that it makes."""

    name: str = Field(max_length=255)


class PreviewBody(RuleBody):
    """A rule that is tried."""

    group: Number | None = Field(None, description="The group whose rule it would be; null: one that is not there.")


class PreviewShape(Shape):
    """Who would be in."""

    count: int
    joining: int
    leaving: int
    sample: list[LearnerShape]
    joining_sample: list[LearnerShape]
    leaving_sample: list[LearnerShape]


@resource.get("/groups", Scope.DIRECTORY_READ, Listed[GroupShape])
def list_groups(request: ApiRequest, asked: Query[GroupQuery]) -> dict[str, Any]:
    """List groups by id."""
    chosen = GroupFilter(asked.q, asked.kind)
    found = groups_by_id(request.organization.pk, chosen, after=asked.after_id() or 0, size=asked.limit + 1)
    shown = found[: asked.limit]
    return listed([_listed_json(one) for one in shown], shown[-1].id if len(found) > asked.limit else None)


@resource.post("/groups", Scope.DIRECTORY_WRITE, GroupDetail, status=201, **_WRITE)
def make_empty_group(request: MakerRequest, body: NameBody) -> dict[str, Any]:
    """Make a group in which nobody is yet."""
    made = make_group(request.organization, body.name, by=request.admin.account, now=datetime.now(UTC))
    return _detail(request, made.pk)


@resource.get("/groups/{int:group_id}", Scope.DIRECTORY_READ, GroupDetail)
def show_group(request: ApiRequest, group_id: Id) -> dict[str, Any]:
    """Show a group, with its rule."""
    return _detail(request, group_id)


@resource.patch("/groups/{int:group_id}", Scope.DIRECTORY_WRITE, GroupDetail, **_WRITE)
def rename(request: MakerRequest, group_id: Id, body: NameBody) -> dict[str, Any]:
    """Give a group another name; a file that has the former one makes a group of that name again."""
    group = group_of(request, group_id)
    rename_group(request.organization, group, body.name, by=request.admin.account, now=datetime.now(UTC))
    return _detail(request, group_id)


@resource.delete("/groups/{int:group_id}", Scope.DIRECTORY_WRITE, JobShape, **_QUEUED)
def delete_group(request: MakerRequest, group_id: Id) -> dict[str, Any]:
    """Remove a group; it waits for a word on the plan when anybody leaves."""
    group = group_of(request, group_id)
    job = remove_group(request.organization, group, by=request.admin.account, now=datetime.now(UTC))
    return done_or_refused(job)


@resource.get("/groups/{int:group_id}/members", Scope.DIRECTORY_READ, Listed[MemberShape])
def list_members(request: ApiRequest, group_id: Id, asked: Query[MemberQuery]) -> dict[str, Any]:
    """List who is in a group, and why."""
    group, organization_id = group_of(request, group_id), request.organization.pk
    criteria = Criteria(text=asked.q, group_id=group.pk)
    ids = ids_meant(organization_id, criteria, after=asked.after_id() or 0, size=asked.limit + 1)
    shown = ids[: asked.limit]
    links = memberships_of(group, shown)
    members = [
        learner_json(one) | {"reasons": reason_names(links[one.id].reasons).split(), "since": iso(links[one.id].since)}
        for one in people_in_order(organization_id, shown)
        if one.id in links
    ]
    return listed(members, shown[-1] if len(ids) > asked.limit else None)


@resource.post("/groups/{int:group_id}/members", Scope.DIRECTORY_WRITE, JobShape, **_QUEUED)
def change_members(request: MakerRequest, group_id: Id, body: MembersBody) -> dict[str, Any]:
    """Put people into a group or take them out by hand: one at once, several after a word on the plan."""
    group = group_of(request, group_id)
    if not body.joins and not body.leaves:
        raise impossible("Name who joins or leaves.")
    people = people_named(request, [*body.joins, *body.leaves])
    joins = set(body.joins)
    edits = [
        Edit(
            one.id,
            one.primary_email_address,
            joins=[group.name] if one.id in joins else [],
            leaves=[] if one.id in joins else [group.name],
        )
        for one in people
    ]
    note = f"Members of {group.name}"
    return done_or_refused(edit_people(request.organization, edits, request.admin.account, note=note))


@resource.get("/groups/{int:group_id}/members/{int:learner_id}/why", Scope.DIRECTORY_READ, WhyShape)
def why_in_group(request: ApiRequest, group_id: Id, learner_id: Id) -> dict[str, Any]:
    """Say why somebody is in a group, through nested groups too."""
    group, learner = group_of(request, group_id), learner_of(request, learner_id)
    return _why_json(why_in(request.organization.pk, learner.id, group.pk))


@resource.post("/groups/rules", Scope.DIRECTORY_WRITE, JobShape, **_QUEUED)
def make_rule_group(request: MakerRequest, body: NamedRuleBody) -> dict[str, Any]:
    """Make a group that a rule fills; it waits for a word on the plan when it moves anybody."""
    if Group.objects.filter(organization=request.organization, name_key=fold_key(body.name.strip())).exists():
        raise conflict("There is a group of this name already.")
    return _saved(request, body.name, body.rule)


@resource.put("/groups/{int:group_id}/rule", Scope.DIRECTORY_WRITE, JobShape, **_QUEUED)
def change_rule(request: MakerRequest, group_id: Id, body: RuleBody) -> dict[str, Any]:
    """Give a group another rule, or its first one; it waits for a word on the plan when it moves anybody."""
    return _saved(request, group_of(request, group_id).name, body.rule)


@resource.delete("/groups/{int:group_id}/rule", Scope.DIRECTORY_WRITE, JobShape, **_QUEUED)
def delete_rule(request: MakerRequest, group_id: Id) -> dict[str, Any]:
    """End a group's rule: who is in by the rule alone leaves, the group stays."""
    group = group_of(request, group_id)
    return done_or_refused(end_rule(request.organization, group, by=request.admin.account, now=datetime.now(UTC)))


@resource.post("/groups/rules/preview", Scope.DIRECTORY_READ, PreviewShape, **_WRITE)
def try_rule(request: MakerRequest, body: PreviewBody) -> dict[str, Any]:
    """Say who would be in a group by a rule, as the directory is now; nothing is changed."""
    name = None if body.group is None else group_of(request, body.group).name
    found = preview_rule(request.organization, name, parse_rule(body.rule))
    samples = ("sample", "joining_sample", "leaving_sample")
    counts = {"count": found.count, "joining": found.joining, "leaving": found.leaving}
    return counts | {sample: [learner_json(one) for one in getattr(found, sample)] for sample in samples}


def group_of(request: ApiRequest, group_id: int) -> Group:
    """Return a group of the organization, or answer that there is none."""
    return existing(Group.objects.filter(organization=request.organization, id=group_id).first())


def named_groups(request: ApiRequest, ids: Sequence[int]) -> list[str]:
    """Return the names of groups; raise ApiError where one is none."""
    names = dict(Group.objects.filter(organization=request.organization, id__in=ids).values_list("id", "name"))
    if set(ids) - names.keys():
        raise impossible("One of the groups is not there.")
    return [names[one] for one in dict.fromkeys(ids)]


def people_named(request: ApiRequest, ids: Sequence[int]) -> list[Learner]:
    """Return people by their ids; raise ApiError where one is nobody."""
    people = people_in_order(request.organization.pk, list(dict.fromkeys(ids)))
    if len(people) != len(set(ids)):
        raise impossible("One of the people is not there.")
    return people


def _saved(request: MakerRequest, name: str, rule: dict[str, Any]) -> dict[str, Any]:
    by, now = request.admin.account, datetime.now(UTC)
    job = save_rule(request.organization, name, parse_rule(rule), by=by, now=now, asks_first=True)
    return done_or_refused(job)


def _detail(request: ApiRequest, group_id: int) -> dict[str, Any]:
    group = group_of(request, group_id)
    found = groups_by_id(request.organization.pk, GroupFilter(only=[group_id]), after=0, size=1)
    rule = None if group.rule is None else to_json(parse_rule(group.rule))
    words = None if rule is None else rule_of(request.organization.pk, group.name)
    return _listed_json(found[0]) | {"rule": rule, "rule_in_words": words}


def _listed_json(one: ListedGroup) -> dict[str, Any]:
    facts = {"id": one.id, "name": one.name, "is_rule": one.is_rule, "members": one.members}
    return facts | {"created_at": iso(one.created_at)}


def _why_json(why: Why) -> dict[str, Any]:
    through = [_why_json(one) for one in why.through]
    return {"group": why.group, "reasons": list(why.reasons), "rule": why.rule, "through": through}
