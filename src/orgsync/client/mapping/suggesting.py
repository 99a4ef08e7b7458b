"""Propose a mapping from the headers and values of a source, each rule with a confidence and a reason."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from orgsync.client.mapping.hrisnames import FULL_NAME, folded, known_names
from orgsync.client.mapping.shapes import ACTIVE, Seen, Shape, look
from orgsync.core.columns import BY_NAME, CellKind, pool_key

SURE: Final = 0.5
"""Below this a rule is proposed as a comment only."""

_WANTED: Final = {CellKind.EMAIL: Shape.EMAIL, CellKind.DATE: Shape.DATE}
_BY_SHAPE: Final = {Shape.EMAIL: "primary_email_address", Shape.STATUS: "worker_status", Shape.COUNTRY: "country_code"}
"""Columns that values alone point to, when no header does."""
_NEAR: Final = 0.86
_TELLING: Final = 0.6
"""Part of a header that a name inside it has to be."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule for one column of the file."""

    column: str
    rule: str | dict[str, Any]
    confidence: float
    reason: str

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole mapping, the surest rules first, and the columns of the source that nothing was found for."""

    suggestions: tuple[Suggestion, ...]
    unused: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """Return the proposal as JSON."""
        shown = [
            {"column": s.column, "rule": s.rule, "confidence": round(s.confidence, 2), "reason": s.reason}
            for s in self.suggestions
        ]
        return {"suggestions": shown, "unused": list(self.unused)}


@dataclass(frozen=True, slots=True)
class _Match:
    header: str
    column: str
    confidence: float
    reason: str


def suggest(source: pl.DataFrame) -> Proposal:
    """Propose rules for a source, whose columns are named by their headers and hold text."""
    seen = {header: look(source[header]) for header in source.columns}
    matches = sorted(_matches(seen), key=lambda match: -match.confidence)
    chosen: dict[str, Suggestion] = {}
    used: set[str] = set()
    for match in matches:
        if match.column not in chosen and match.header not in used and match.column != FULL_NAME:
            used.add(match.header)
            chosen[match.column] = _suggestion(match, seen[match.header], source[match.header])
    for match in matches:
        if match.column == FULL_NAME and match.header not in used:
            named = [one for one in _split_name(match, source[match.header]) if one.column not in chosen]
            used |= {match.header} if named else set()
            chosen |= {one.column: one for one in named}
    ordered = sorted(chosen.values(), key=lambda one: -one.confidence)
    return Proposal(tuple(ordered), tuple(header for header in source.columns if header not in used))


def _matches(seen: dict[str, Seen]) -> Iterator[_Match]:
    names: dict[str, tuple[str, str]] = {}
    for name, column, system in known_names():
        names.setdefault(name, (column, system))
    for header, values in seen.items():
        for match in _by_header(header, names):
            yield _judged(match, values)
        if folded(header) == "id" and values.shape is Shape.ID:
            # Below the names that say more: where there is an employee number too, this is some system's own id.
            yield _Match(header, "unique_user_id", SURE, "it is called an id, and it is different in every row")
        if values.shape in _BY_SHAPE:
            yield _Match(header, _BY_SHAPE[values.shape], 0.45 * values.filled, f"its values are {values.shape}")


def _by_header(header: str, names: dict[str, tuple[str, str]]) -> Iterator[_Match]:
    key = folded(header)
    if pool_key(header) is not None:
        yield _Match(header, header, 1.0, "a license header")
    elif header.startswith(("attribute_", "group:")):
        yield _Match(header, header, 1.0, "the file's own header")
    elif key in names:
        column, system = names[key]
        own = column in BY_NAME and header in {column, *BY_NAME[column].aliases}
        yield _Match(header, column, 1.0 if own else 0.9, f"“{header}” is a name of it ({system})")
    else:
        yield from _near(header, key, names)


def _near(header: str, key: str, names: dict[str, tuple[str, str]]) -> Iterator[_Match]:
    near = difflib.get_close_matches(key, names, n=1, cutoff=_NEAR)
    if near:
        yield _Match(header, names[near[0]][0], 0.65, f"“{header}” is nearly a name of it ({names[near[0]][1]})")
        return
    inside = [name for name in names if len(name) >= _TELLING * len(key) and name in key]
    if inside:
        longest = max(inside, key=len)
        yield _Match(header, names[longest][0], 0.4, f"“{header}” holds a name of it ({names[longest][1]})")


def _judged(match: _Match, values: Seen) -> _Match:
    """Weigh what the header says against what the values are."""
    if match.column == FULL_NAME or match.column not in BY_NAME:
        return match
    wanted = _WANTED.get(BY_NAME[match.column].kind)
    confidence, reason = match.confidence, match.reason
    if values.shape is Shape.BLANK:
        return _Match(match.header, match.column, confidence * 0.3, f"{reason}, but it is blank")
    if wanted and values.shape is wanted:
        return _Match(match.header, match.column, min(1.0, confidence + 0.08), f"{reason}, and its values are {wanted}")
    if wanted or (values.shape is Shape.EMAIL and BY_NAME[match.column].kind is not CellKind.EMAIL):
        return _Match(match.header, match.column, confidence * 0.3, f"{reason}, but its values are {values.shape}")
    if match.column == "unique_user_id" and values.shape is not Shape.ID:
        return _Match(match.header, match.column, confidence * 0.75, f"{reason}, but some values are blank or double")
    return match


def _suggestion(match: _Match, values: Seen, cells: pl.Series) -> Suggestion:
    rule: str | dict[str, Any] = match.header
    confidence, reason = match.confidence, match.reason
    if values.shape is Shape.DATE and values.formats and values.formats[0] != "%Y-%m-%d":
        rule = {"column": match.header, "date": values.formats[0]}
        if len(values.formats) > 1:
            confidence, reason = (
                confidence * 0.6,
                f"{reason}; day and month could be the other way round ({values.formats[1]})",
            )
    elif match.column == "worker_status" and match.header != match.column:
        rule, reason = _status_rule(match.header, cells), f"{reason}; look at what counts as active"
        confidence = confidence if values.shape is Shape.STATUS else confidence * 0.7
    return Suggestion(match.column, rule, confidence, reason)


def _status_rule(header: str, cells: pl.Series) -> dict[str, Any]:
    """Return a rule that calls the words for working people active and everything else inactive."""
    words = cells.fill_null("").str.strip_chars().unique().sort().head(50)
    active = [word for word in words if word.lower() in ACTIVE]
    condition = {"column": header, "one_of": active or ["Active"]}
    return {"value": "active", "when": condition, "otherwise": "inactive"}


def _split_name(match: _Match, cells: pl.Series) -> list[Suggestion]:
    """Return rules that take given and family name out of one field."""
    values = cells.fill_null("")
    has_comma = bool((values.str.contains(",", literal=True) | (values == "")).all())
    first, last = (2, 1) if has_comma else (1, -1)
    reason = f"“{match.header}” holds the whole name" + ("" if has_comma else "; people with several names need a look")
    confidence = 0.75 if has_comma else 0.55
    cut = "," if has_comma else " "
    return [
        Suggestion("preferred_first_name", {"column": match.header, "split": cut, "part": first}, confidence, reason),
        Suggestion("preferred_last_name", {"column": match.header, "split": cut, "part": last}, confidence, reason),
    ]
