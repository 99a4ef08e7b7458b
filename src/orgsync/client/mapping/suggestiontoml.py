"""Write a proposal as the `[mapping]` table of orgsync.toml, with reasons as comments."""

import json
import re
from collections.abc import Iterator
from typing import Any

from orgsync.client.mapping.suggesting import Proposal, Suggestion
from orgsync.core.columns import CUSTOM_PREFIX, fold_header

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def as_toml(proposal: Proposal) -> str:
    """Return the table; rules that are not sure, and custom attributes for the rest, are commented out."""
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    yield "# Proposed from headers and values. Read it, try it with “orgsync map SOURCE.csv”, keep test rows beside it."
    yield "[mapping.columns]"
    for suggestion in proposal.suggestions:
        yield f"# {suggestion.confidence:.0%}: {_one_line(suggestion.reason)}."
        yield ("" if suggestion.is_sure else "# ") + _assignment(suggestion)
    if proposal.unused:
        yield "# Nothing was found for these columns. Each could be kept as an attribute of your own:"
    for header in proposal.unused:
        name = CUSTOM_PREFIX + fold_header(re.sub(r"\W+", "_", header))
        yield f"# {_key(name)} = {_value(header)}"


def _assignment(suggestion: Suggestion) -> str:
    return f"{_key(suggestion.column)} = {_value(suggestion.rule)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _key(name: str) -> str:
    return name if _BARE.match(name) else _value(name)


def _value(value: Any) -> str:
    """Return a value as TOML. JSON's texts are TOML's, but for DEL, which TOML wants escaped."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
