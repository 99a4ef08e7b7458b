"""Files without blank cells: nobody knows what LinkedIn makes of one, so a file has only columns that are all filled.

People of whom different columns are known go into different files, or into one after the other.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.client.targets.linkedin.telling import CHANGED, UNKNOWN, Telling

MOST_FILES: Final = 6
"""Beyond this many, columns are sent one after the other instead of people."""
_MOVES: Final = ("existing_email_address", "new_unique_user_id")
_ALWAYS: Final = ("primary_email_address", "unique_user_id")


@dataclass(frozen=True, slots=True)
class Part:
    """One file: `rows` has `learner_id`, `is_active` and `fields`, and not one null."""

    rows: pl.DataFrame
    fields: tuple[str, ...]


@dataclass(slots=True)
class _Bin:
    shapes: list[str]
    told: set[int]
    known: set[int]

    def takes(self, told: set[int], known: set[int]) -> bool:
        return (self.told | told) <= (self.known & known)


def split(telling: Telling) -> list[Part]:
    """Return the files that tell everything, as few as can be found easily; none has a blank cell."""
    counts = telling.shape.value_counts(sort=True)
    shapes = sorted(counts.iter_rows(), key=lambda line: (-line[1], line[0]))
    bins = _pack([shape for shape, _ in shapes])
    if len(bins) <= MOST_FILES:
        return [_of_bin(telling, one) for one in bins]
    # Who gets another key has to be told of in one row: under the new key alone they would be somebody new.
    moves = {place for place, name in enumerate(telling.fields) if name in _MOVES}
    moving = [shape for shape, _ in shapes if any(shape[place] == CHANGED for place in moves)]
    staying = [shape for shape, _ in shapes if shape not in set(moving)]
    return [*(_of_bin(telling, one) for one in _pack(moving)), *_one_after_the_other(telling, staying)]


def _of_bin(telling: Telling, one: "_Bin") -> Part:
    return _part(telling, set(one.shapes), one.told, one.known)


def _pack(shapes: list[str]) -> list[_Bin]:
    """Put shapes together whose people know every column that one of them must be told of; frequent ones first."""
    bins: list[_Bin] = []
    for shape in shapes:
        told = {place for place, letter in enumerate(shape) if letter == CHANGED}
        known = {place for place, letter in enumerate(shape) if letter != UNKNOWN}
        fitting = next((one for one in bins if one.takes(told, known)), None)
        if fitting is None:
            bins.append(_Bin([shape], told, known))
        else:
            fitting.shapes.append(shape)
            fitting.told |= told
            fitting.known &= known
    return bins


def _one_after_the_other(telling: Telling, shapes: list[str]) -> list[Part]:
    """Send first what is known of everybody, then each other column to those who must be told of it.

    Columns that concern the same people go together. There are never more files than columns.
    """
    if not shapes:
        return []
    places = range(len(telling.fields))
    told_by = {place: frozenset(s for s in shapes if s[place] == CHANGED) for place in places}
    common = {place for place in places if told_by[place] and all(s[place] != UNKNOWN for s in shapes)}
    parts = [_part(telling, set(shapes), common, common)] if common else []
    rest: dict[frozenset[str], set[int]] = {}
    for place in places:
        if told_by[place] and place not in common:
            rest.setdefault(told_by[place], set()).add(place)
    for people, columns in sorted(rest.items(), key=lambda item: (-len(item[0]), min(item[1]))):
        known = {place for place in places if all(s[place] != UNKNOWN for s in people)}
        parts.append(_part(telling, set(people), columns, known))
    return parts


def _part(telling: Telling, shapes: set[str], columns: set[int], known: set[int]) -> Part:
    keys = {place for place in known if telling.fields[place] in _ALWAYS}
    fields = tuple(telling.fields[place] for place in sorted(columns | keys))
    rows = telling.rows.filter(telling.shape.is_in(list(shapes)))
    return Part(rows.select("learner_id", "is_active", *fields), fields)
