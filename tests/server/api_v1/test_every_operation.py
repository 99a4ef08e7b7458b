"""Over every operation of the document: scope and maker's role are asked for, and nobody else's things are there.

Schemathesis then sends to each of them what its description allows and what it does not.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from orgsync.server.orgs.models import Role
from orgsync.server.tokens.scopes import Scope
from orgsync.server.wsgi import application
from tests.job_world import make_admin
from tests.server.api_v1.api_world import make_caller
from tests.server.api_v1.whole_world import BODIES, fill, operations
from tests.server.pipeline.pipeline_world import World

FACTOR = int(os.environ.get("API_CASES", "1"))
"""How many times the small fixed number of cases is sent: `API_CASES=50` looks further."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


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


def test_schemathesis_finds_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No server error; every answer has a status, a type and a shape that the document names.

    Ids in addresses are those of things that are there; the calls of an operation are always the same ones.
    """
    monkeypatch.setattr("django.conf.settings.CALLS_PER_HOUR", 10**9)
    ids, headers = fill(world), make_caller(world.organization, world.owner).headers()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode, count in ((GenerationMode.POSITIVE, 4), (GenerationMode.NEGATIVE, 2)):
            _call(operation.as_strategy(generation_mode=mode), ids, headers, count * FACTOR)


def _call(strategy: Any, ids: dict[str, int], headers: dict[str, str], count: int) -> None:
    @given(strategy)
    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case: schemathesis.Case) -> None:
        case.path_parameters = {name: ids[name] for name in case.path_parameters or ()}
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    # There is nothing wrong to be sent to an operation without parameters and body.
    with contextlib.suppress(Unsatisfiable):
        call()
