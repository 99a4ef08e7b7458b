"""Over every operation of the document: scope and maker's role are asked for, and nobody else's things are there.

Schemathesis then sends to each of them what its description allows and what it does not.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
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

from orgsync.server.api_v1.shapes import Body, Shape
from orgsync.server.orgs.models import Role
from orgsync.server.tokens.scopes import Scope
from orgsync.server.wsgi import application
from tests.job_world import make_admin
from tests.server.api_v1.api_world import make_caller
from tests.server.api_v1.settings_world import OPEN_TO_READERS
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
        is_read = method == "GET" or about["operationId"] in OPEN_TO_READERS
        refused += [] if is_read else [(reader, {403, 404, 409})]
        refused += [(stranger, {404})] if "{" in path else []
        answers = [(caller.send(*call), expected) for caller, expected in refused]
        wrong += [
            (call, answer.content, expected) for answer, expected in answers if answer.status_code not in expected
        ]
    assert wrong == []


def test_no_two_shapes_have_one_name() -> None:
    """The document knows a shape by its name alone: of two, one would stand for both."""
    names = [one.__name__ for base in (Shape, Body) for one in _all_below(base) if "[" not in one.__name__]

    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_schemathesis_finds_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No server error; every answer has a status, a type and a shape that the document names.

    Ids in addresses are those of things that are there; the calls of an operation are always the same ones.
    """
    monkeypatch.setattr("django.conf.settings.CALLS_PER_HOUR", 10**9)
    # What a sandbox is filled with, its own tests say.
    monkeypatch.setattr("orgsync.server.sandbox.fill", lambda *_, **__: None)
    # Who sends files gives and sets little; that they are refused, other tests say.
    scopes = [scope.value for scope in Scope if scope is not Scope.SYNC]
    ids, headers = fill(world), make_caller(world.organization, world.owner, scopes).headers()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode, count in ((GenerationMode.POSITIVE, 2), (GenerationMode.NEGATIVE, 1)):
            _call(operation.as_strategy(generation_mode=mode), ids, headers, count * FACTOR)


def _all_below(base: type[Any]) -> Iterator[type[Any]]:
    for one in base.__subclasses__():
        yield one
        yield from _all_below(one)


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
