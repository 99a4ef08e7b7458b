"""Over every operation of the document: scope and maker's role are asked for, and nobody else's things are there."""

from collections.abc import Callable
from typing import Any

from orgsync.server.orgs.models import Role
from orgsync.server.tokens.scopes import Scope
from tests.job_world import make_admin
from tests.server.api_v1.api_world import make_caller
from tests.server.api_v1.whole_world import BODIES, fill, operations
from tests.server.pipeline.pipeline_world import World


def test_who_may_not_call(world: World, make: Callable[..., World]) -> None:
    """
    All scopes but one are not enough, nor are all scopes for a maker who may only read; nobody's things are found.

    The stranger comes with all scopes of an owner of another organization, and a body that is good.
    """
    organization, others = world.organization, make("Globex")
    ids = fill(world)
    reader = make_caller(organization, make_admin(organization, "bob@example.com", Role.READ_ONLY))
    stranger = make_caller(others.organization, others.owner)
    without = {
        scope: make_caller(organization, world.owner, [other.value for other in Scope if other is not scope])
        for scope in Scope
    }
    wrong: list[Any] = []
    for method, path, about in operations():
        call = (method, path.format(**ids), BODIES.get(about["operationId"], {} if "requestBody" in about else None))
        refused = [(without[Scope(scope)], {403}) for scope in about["security"][0]["accessToken"]]
        refused += [(reader, {403, 404, 409})] if method != "GET" else []
        refused += [(stranger, {404})] if "{" in path else []
        answers = [(caller.send(*call), expected) for caller, expected in refused]
        wrong += [
            (call, answer.content, expected) for answer, expected in answers if answer.status_code not in expected
        ]
    assert wrong == []
