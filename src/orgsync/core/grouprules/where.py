"""Conditions from text: `department_name = "Sales" and not (country_code in ("DE", "AT"))`.

    rule      = all { "or" all }
    all       = one { "and" one }
    one       = "not" one | "(" rule ")" | condition
    condition = NAME ( "=" | "!=" | "starts_with" | "contains" | "before" | "after" ) TEXT
              | NAME "in" list | NAME "is" ["not"] "empty"
              | "license" "in" list | "member_of" (list | ref) | "under_manager" ref [ "depth" NUMBER ]
    list      = "(" ref { "," ref } ")"

TEXT is in double quotes, which are doubled inside it; a NAME with blanks is written so too; a ref is a TEXT, or a
NUMBER, which is an id.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from orgsync.core.grouprules.conditions import Condition, Operator, RuleError
from orgsync.core.grouprules.parsing import DEEPEST, parse_rule
from orgsync.core.grouprules.wording import SIGNS

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"]|"")*")|(?P<number>[0-9]{1,18}(?![0-9]))|(?P<word>[^\W\d][\w.\-]*)|(?P<sign>!=|[=(),]))"""
)
_WORDS: Final = {sign: operator for operator, sign in SIGNS.items() if operator is not Operator.IS_EMPTY}
_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    """Place of its first character, from 1."""


def parse_where(text: str) -> Condition:
    """Return the condition that the text says; raise RuleError, which names the character where it goes wrong.

    What the grammar lets through is checked as JSON is: names of attributes, dates, limits.
    """
    reader = _Reader(_tokens(text))
    rule = reader.rule(1)
    reader.end()
    return parse_rule(rule)


def _tokens(text: str) -> list[_Token]:
    tokens, place, end = [], 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise RuleError(f"character {place + 1}", f"This cannot be read: {text[place:].strip()[:20]}")
        kind = found.lastgroup or ""
        tokens.append(_Token(kind, found[kind], found.start(kind) + 1))
        place = found.end()
    return [*tokens, _Token("end", "the end", len(text) + 1)]


class _Reader:
    """Reads one rule from left to right; each method takes what it names and returns it as JSON."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def rule(self, depth: int) -> _Json:
        return self._joined("or", "any", depth)

    def end(self) -> None:
        if self._next.kind != "end":
            raise self._error("and, or, or the end")

    def _joined(self, word: str, key: str, depth: int) -> _Json:
        parts = [self._part(word, depth)]
        while self._takes(word):
            parts.append(self._part(word, depth))
        return {key: parts} if len(parts) > 1 else parts[0]

    def _part(self, word: str, depth: int) -> _Json:
        return self._joined("and", "all", depth) if word == "or" else self._one(depth)

    def _one(self, depth: int) -> _Json:
        if depth > 2 * DEEPEST:
            raise RuleError(f"character {self._next.at}", f"Conditions may be nested {DEEPEST} deep.")
        if self._takes("not"):
            return {"not": self._one(depth + 1)}
        if self._takes("("):
            inside = self.rule(depth + 1)
            self._must(")")
            return inside
        return self._condition()

    def _condition(self) -> _Json:
        if self._next.kind == "text":
            return self._compare(self._text())
        name = self._take("word", "an attribute, license, member_of, under_manager, not or (")
        match name:
            case "license":
                self._must("in")
                return {"license": self._list()}
            case "member_of":
                return {"member_of": self._list() if self._next.text == "(" else [self._ref()]}
            case "under_manager":
                found: _Json = {"under_manager": self._ref()}
                return found | ({"depth": int(self._take("number", "a number"))} if self._takes("depth") else {})
        return self._compare(name)

    def _compare(self, name: str) -> _Json:
        if self._takes("is"):
            is_negated = self._takes("not")
            self._must("empty")
            empty: _Json = {"attribute": name, "is_empty": True}
            return {"not": empty} if is_negated else empty
        operator = _WORDS.get(self._next.text.lower())
        if operator is None or self._next.kind == "text":
            raise self._error(f"one of {', '.join(_WORDS)}, is empty")
        self._place += 1
        values = self._list() if operator is Operator.ONE_OF else self._text()
        return {"attribute": name, operator.value: values}

    def _list(self) -> list[str | int]:
        self._must("(")
        refs = [self._ref()]
        while self._takes(","):
            refs.append(self._ref())
        self._must(")")
        return refs

    def _ref(self) -> str | int:
        return int(self._take("number", "")) if self._next.kind == "number" else self._text()

    def _text(self) -> str:
        return self._take("text", "a text in double quotes")[1:-1].replace('""', '"')

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _takes(self, text: str) -> bool:
        is_there = self._next.kind in ("word", "sign") and self._next.text.lower() == text
        self._place += is_there
        return is_there

    def _must(self, text: str) -> None:
        if not self._takes(text):
            raise self._error(text)

    def _take(self, kind: str, wanted: str) -> str:
        if self._next.kind != kind:
            raise self._error(wanted)
        self._place += 1
        return self._tokens[self._place - 1].text

    def _error(self, wanted: str) -> RuleError:
        return RuleError(f"character {self._next.at}", f"Here should be {wanted}, not {self._next.text[:40]}.")
