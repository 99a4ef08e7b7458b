"""The generated part of the page on our own API: every operation, from the document that the server answers."""

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import django
from django.apps import apps

Facts = dict[str, Any]


def operations() -> str:
    """Return a section for each resource, with a line for each of its operations."""
    document = _document()
    by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for call, operation in _calls(document):
        by_tag[operation["tags"][0]].append(_operation(document, call, operation))
    about = {tag["name"]: tag["description"] for tag in document["tags"]}
    return "\n\n".join(f"## {name}\n\n{about[name]}\n\n" + "\n\n".join(lines) for name, lines in by_tag.items())


def api_calls() -> dict[str, str]:
    """Return every call by its operation's id: `GET /api/v1/jobs`."""
    return {operation["operationId"]: call for call, operation in _calls(_document())}


def _calls(document: Facts) -> Iterator[tuple[str, Facts]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _document() -> Facts:
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
        # It signs nothing: without this the settings would make a key of their own in a new data directory.
        os.environ.setdefault("ORGSYNC_SECRET_KEY", "of the reference pages")
        django.setup()
    # Its modules hold models, which are there only now.
    from orgsync.server.api_v1.urls import api_document  # noqa: PLC0415

    return api_document()


def _operation(document: Facts, call: str, operation: Facts) -> str:
    about = str(operation["description"]).replace("\n\n", " ").replace("\n", " ")
    lines = [f"**`{call}`** – {operation['summary']} {about}"]
    asked = [one for one in operation["parameters"] if one["in"] == "query"]
    if asked:
        lines.append("Query: " + ", ".join(_parameter(document, one) for one in asked) + ".")
    if "requestBody" in operation:
        schema = _resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
        needed = schema.get("required", [])
        fields = [_field(document, name, one, name in needed) for name, one in schema.get("properties", {}).items()]
        lines.append("Body: " + ", ".join(fields) + ".")
    lines.append("Answers: " + ", ".join(_answers(operation)) + ".")
    return "  \n".join(lines)


def _answers(operation: Facts) -> list[str]:
    found = []
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if "text/csv" in content:
            found.append(f"{status} CSV")
            continue
        schema = content.get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2].replace("Listed_", "list of ").rstrip("_")
        found.append(f"{status} {name}".strip())
    return found


def _parameter(document: Facts, one: Facts) -> str:
    return _field(document, one["name"], one["schema"], is_needed=bool(one["required"]))


def _field(document: Facts, name: str, schema: Facts, is_needed: bool) -> str:  # noqa: FBT001  private
    kind = _kind(document, schema)
    about = schema.get("description", "").rstrip(".")
    words = ", ".join(filter(None, [kind, "needed" if is_needed else ""]))
    return f"`{name}` ({words}{': ' + about if about else ''})"


def _kind(document: Facts, schema: Facts) -> str:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " / ".join(str(value) or "empty" for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"]).lower()
    if "anyOf" in schema:
        return " or ".join(_kind(document, one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def _resolved(document: Facts, schema: Facts) -> Facts:
    # A part that has a default is the only one of an `allOf`.
    schema = schema.get("allOf", [schema])[0]
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: Facts = document["components"]["schemas"][name]
    return found


SECTIONS: Final[dict[str, Callable[[], str]]] = {"api-operations": operations}
