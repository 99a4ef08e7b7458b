"""What strangers write, in each of the languages that we read: an answer or a refusal, never another exception."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orgsync.core.grouprules.conditions import RuleError
from orgsync.core.grouprules.where import parse_where
from orgsync.core.jsontext import DEEPEST, UnreadableJson, read_json
from orgsync.core.xapi.checking import check_statement
from orgsync.core.xapi.shapes import StatementRefused
from orgsync.server.api.errors import ApiError
from orgsync.server.scim.errors import ScimError
from orgsync.server.scim.filters import matches, parse, wanted_by
from orgsync.server.scim.patching import apply_operations
from orgsync.server.xapi.multipart import split_mixed
from tests.properties import budget

NAMES = [
    "emails",
    "name",
    "title",
    "active",
    "members",
    "userName",
    "roles",
    "manager",
    "urn:x",
    "id",
    "addresses",
    "$ref",
]
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(NAMES))
JSON = st.recursive(
    VALUES,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from([*NAMES, "value", "type", "primary", "display", "Operations"]), inside, max_size=3
        )
    ),
    max_leaves=8,
)
FILTERS = st.lists(
    st.sampled_from(
        [
            *NAMES,
            "eq",
            "ne",
            "co",
            "sw",
            "pr",
            "gt",
            "and",
            "or",
            "not",
            "(",
            ")",
            "[",
            "]",
            '"work"',
            '"',
            "1",
            "true",
            "null",
            ".",
            ".value",
            ":",
            "type",
            "emails[type",
            'emails[type eq "work"].value',
        ]
    ),
    max_size=9,
).map(" ".join)
PATHS = st.one_of(
    FILTERS,
    st.builds(
        "{}{}{}".format,
        st.sampled_from(NAMES),
        st.sampled_from(["", '[type eq "work"]', "[value pr]"]),
        st.sampled_from(["", ".value", ".givenName"]),
    ),
)
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "Replace", "remove", "move"])},
        optional={"path": st.one_of(PATHS, VALUES), "value": JSON},
    ),
    min_size=1,
    max_size=4,
)
RULES = st.lists(
    st.sampled_from(
        [
            "not",
            "and",
            "or",
            "(",
            ")",
            "license",
            "in",
            "member_of",
            "under_manager",
            "depth",
            "=",
            "!=",
            "is",
            "empty",
            "work_title",
            '"Cook"',
            '"',
            "12",
            "9" * 19,
            "contains",
            "before",
            ",",
            "\x00",
            "x.y",
        ]
    ),
    max_size=10,
).map(" ".join)
STATEMENT: dict[str, Any] = {
    "actor": {"mbox": "mailto:ana@example.com"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "urn:li:lyndaCourse:1"},
}
PLACES = [
    "actor",
    "verb",
    "object",
    "result",
    "context",
    "timestamp",
    "attachments",
    "id",
    "version",
    "authority",
    "stored",
]
RESOURCE: dict[str, Any] = {
    "userName": "ana@example.com",
    "name": {"givenName": "Ana"},
    "emails": [{"value": "ana@example.com", "type": "work"}],
    "active": True,
}


@budget.files
@given(text=st.one_of(FILTERS, st.text(max_size=30)), item=st.dictionaries(st.sampled_from(["type", "value"]), VALUES))
@example(text="not (" * 300 + "id pr" + ")" * 300, item={})
@example(text="(" * 1_000, item={})
@example(text='id eq "' + "\\" * 999 + '"', item={})
def test_scim_filters(text: str, item: dict[str, Any]) -> None:
    """
    A filter is judged, or refused as one.
    """
    try:
        tree = parse(text)
        matches(tree, item)
        wanted_by(tree)
    except ScimError:
        return


@budget.files
@given(operations=OPERATIONS)
def test_scim_patches(operations: list[dict[str, Any]]) -> None:
    """
    A patch changes the resource, or is refused; what comes of it is JSON still.
    """
    resource = json.loads(json.dumps(RESOURCE))
    try:
        apply_operations(resource, {"Operations": operations})
    except ScimError:
        return
    json.dumps(resource)


@budget.files
@given(text=st.one_of(RULES, st.text(max_size=30)))
@example(text="not " * 5_000 + "work_title is empty")
@example(text="(" * 5_000)
@example(text="member_of " + "9" * 5_000)
@example(text=" " * 1_000_000)
def test_group_rules(text: str) -> None:
    """
    A rule is read, or the character is named where it goes wrong.
    """
    try:
        parse_where(text)
    except RuleError:
        return


@budget.files
@given(
    place=st.sampled_from(PLACES),
    value=JSON,
    inner=st.sampled_from(["", "objectType", "definition", "score", "duration", "member"]),
)
@example(place="result", value={"duration": "P" + "9" * 500 + "D"}, inner="")
@example(place="timestamp", value="2026-02-30T25:61:61Z", inner="")
def test_statements(place: str, value: Any, inner: str) -> None:
    """
    A statement is good, or its place at fault is named.
    """
    changed = {inner: value} if inner else value
    if isinstance(STATEMENT.get(place), dict) and isinstance(changed, dict):
        changed = STATEMENT[place] | changed
    try:
        check_statement(STATEMENT | {place: changed})
    except StatementRefused:
        return


@budget.files
@given(
    body=st.lists(
        st.sampled_from([b"\r\n", b"--b", b"--b--", b"Content-Type: application/json", b"{}", b"\x00\xff", b":"]),
        max_size=12,
    ).map(b"".join),
    boundary=st.sampled_from(["b", "", "b\r\n", "é"]),
)
def test_parts(body: bytes, boundary: str) -> None:
    """
    A body of parts is taken apart, or refused.
    """
    try:
        split_mixed(body, boundary)
    except ApiError:
        return


@budget.files
@given(content=st.one_of(st.binary(max_size=20), JSON.map(lambda value: json.dumps(value).encode())))
@example(content=b"[" * 4_000_000)
@example(content=b'{"a":' * 1_000 + b"1" + b"}" * 1_000)
@example(content=b"9" * 5_000)
@example(content=b'"\\ud800"')
@example(content=b'{"a": "\\u0000"}')
@example(content='["x"]'.encode("utf-16"))
def test_json(content: bytes) -> None:
    """
    Whatever is read can be walked through, stored as text and written again.
    """
    try:
        found = read_json(content)
    except UnreadableJson:
        return
    assert "\\u0000" not in json.dumps(found, ensure_ascii=False).encode().decode().replace("\\\\", "")


@pytest.mark.parametrize(("depth", "is_read"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_depth_is_counted_outside_of_texts(depth: int, *, is_read: bool) -> None:
    """
    Brackets in texts count for nothing, escaped quotes and backslashes included.
    """
    text = "[" * depth + json.dumps('[[["\\[[[' * 100) + "]" * depth

    if is_read:
        read_json(text)
    else:
        with pytest.raises(UnreadableJson, match="deep"):
            read_json(text)
