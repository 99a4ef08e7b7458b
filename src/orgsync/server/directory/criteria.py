"""Which people of an organization are meant: the conditions of lists and downloads, as SQL."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.normalize import fold_key
from orgsync.server.directory.scope import scope_condition
from orgsync.server.orgs.access import EVERYBODY, People

NONE: Final = "none"
"""Instead of a license state: people who hold no license; instead of a feed: people whom no feed claims."""

_FOLDED_KEYS: Final = ("last_name_key", "first_name_key", "email_key")
_LAST_LETTER: Final = "\U0010ffff"
_MOST_WORDS: Final = 6

_GROUP: Final = """
    EXISTS (SELECT FROM directory_membership AS membership
             WHERE membership.organization_id = %s AND membership.learner_id = learner.id
               AND membership.group_id = %s)
"""
_LICENSE: Final = """
    EXISTS (SELECT FROM directory_licenseassignment AS license
             WHERE license.organization_id = %s AND license.learner_id = learner.id
               AND (%s::bigint IS NULL OR license.pool_id = %s) AND (%s::text IS NULL OR license.state = %s))
"""
_CLAIM: Final = """
    EXISTS (SELECT FROM directory_claim AS claim
             WHERE claim.organization_id = %s AND claim.learner_id = learner.id
               AND (%s::bigint IS NULL OR claim.feed_id = %s))
"""

Condition = tuple[str, list[Any]]
"""SQL about `learner`, and its parameters."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What the people who are meant have in common; whatever is not said does not matter."""

    text: str = ""
    """Words, each of which begins a first name, last name, address or unique user id; or a whole beginning."""
    is_active: bool | None = None
    group_id: int | None = None
    pool_id: int | None = None
    license_state: str = ""
    """A `LicenseState`, in the pool if one is named, else in any; or NONE."""
    feed_id: int | None = None
    also_feed_id: int | None = None
    """Another feed that claims them too."""
    is_unclaimed: bool = False
    department: str = ""
    attribute: str = ""
    """Name of an attribute, built in or custom, whose value is `value`."""
    value: str = ""
    """Empty: the people who have none."""
    within: People = EVERYBODY
    """The people whom the asking admin may see: nobody else is ever meant."""
    ids: tuple[int, ...] | None = None
    """People who were chosen one by one; None: whoever fits the rest."""


def condition_of(organization_id: int, criteria: Criteria) -> Condition:
    """Return what `learner` (an alias of `directory_learner`) must fulfil to be meant."""
    return _any(branches_of(organization_id, criteria))


def branches_of(organization_id: int, criteria: Criteria) -> list[Condition]:
    """Return conditions of which one must be fulfilled; each of them leads straight to an index where it can."""
    always: list[Condition] = [("learner.organization_id = %s", [organization_id])]
    if limit := scope_condition(organization_id, criteria.within):
        always.append(limit)
    always += [*_attributes(criteria), *_links(organization_id, criteria)]
    words = unicodedata.normalize("NFC", criteria.text).split()[:_MOST_WORDS]
    return [_all([*always, found]) for found in _search(words)] if words else [_all(always)]


def _attributes(criteria: Criteria) -> Iterator[Condition]:
    if criteria.ids is not None:
        yield "learner.id = ANY (%s)", [list(criteria.ids)]
    if criteria.is_active is not None:
        yield ("learner.is_active" if criteria.is_active else "NOT learner.is_active"), []
    if criteria.department:
        yield "learner.department_name = %s", [criteria.department]
    if criteria.attribute:
        yield _attribute(criteria.attribute, criteria.value)


def _attribute(name: str, value: str) -> Condition:
    # Only names of the catalogue become part of the statement; dates compare as ISO text.
    cell, named = (f"learner.{name}::text", []) if name in ATTRIBUTE_NAMES else ("(learner.custom ->> %s)", [name])
    return (f"{cell} = %s", [*named, value]) if value else (f"{cell} IS NULL", named)


def _links(organization_id: int, criteria: Criteria) -> Iterator[Condition]:
    if criteria.group_id is not None:
        yield _GROUP, [organization_id, criteria.group_id]
    if criteria.pool_id is not None or criteria.license_state:
        yield _license(organization_id, criteria)
    if criteria.is_unclaimed:
        yield f"NOT {_CLAIM}", [organization_id, None, None]
    elif criteria.feed_id is not None:
        yield _CLAIM, [organization_id, criteria.feed_id, criteria.feed_id]
    if criteria.also_feed_id is not None:
        yield _CLAIM, [organization_id, criteria.also_feed_id, criteria.also_feed_id]


def _license(organization_id: int, criteria: Criteria) -> Condition:
    pool = criteria.pool_id
    if criteria.license_state == NONE:
        return f"NOT {_LICENSE}", [organization_id, pool, pool, "active", "active"]
    state = criteria.license_state or None
    return _LICENSE, [organization_id, pool, pool, state, state]


def _search(words: list[str]) -> list[Condition]:
    """Match the words as a whole, one by one, or as a first and a last name of which one has several words."""
    whole = " ".join(words)
    readings = [words, [words[0], " ".join(words[1:])], [" ".join(words[:-1]), words[-1]]]
    distinct = dict.fromkeys(map(tuple, readings)) if len(words) > 1 else {}
    return [*_begins(whole), *(_all([_any(_begins(part)) for part in reading]) for reading in distinct)]


def _begins(text: str) -> list[Condition]:
    """Match a beginning of a name or an address whatever its case, and of an id as typed and in either case."""
    wanted = [(key, fold_key(text)) for key in _FOLDED_KEYS]
    wanted += [("unique_user_id", spelling) for spelling in sorted({text, text.upper(), text.lower()})]
    # A range, not LIKE: the planner knows from its statistics how much a range holds.
    return [(f"learner.{key} >= %s AND learner.{key} < %s", [low, low + _LAST_LETTER]) for key, low in wanted]


def _all(parts: Iterable[Condition]) -> Condition:
    return _joined(" AND ", parts)


def _any(parts: Iterable[Condition]) -> Condition:
    return _joined(" OR ", parts)


def _joined(word: str, parts: Iterable[Condition]) -> Condition:
    statements, values = zip(*parts, strict=True)
    return f"({word.join(statements)})", [one for some in values for one in some]
