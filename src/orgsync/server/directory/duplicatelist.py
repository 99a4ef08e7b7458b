"""The list of duplicates for a page: all pairs are found at once, because a look through a million takes seconds."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache

from orgsync.server.directory.csvfiles import csv_file
from orgsync.server.directory.duplicates import PAGE, Likeness, Pair, find_ids
from orgsync.server.directory.models import Learner, NotDuplicate
from orgsync.server.orgs.models import Organization

MOST_PAIRS: Final = 100_000
COLUMNS: Final = (
    *("primary_email_address", "unique_user_id"),
    *("other_primary_email_address", "other_unique_user_id", "alike_in"),
)
_DAY: Final = 24 * 60 * 60
_QUICK: Final = 2.0
"""Seconds; what is found so fast is looked for anew whenever the directory has changed."""
_PATIENCE: Final = 60
"""So many times as long as it took to find them, pairs are shown though the directory has changed since."""

_Ids = tuple[int, int, tuple[Likeness, ...]]


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """Every pair that was alike at a moment, as ids in order; at most `MOST_PAIRS`."""

    pairs: Sequence[_Ids]
    at: datetime
    revision: int
    seconds: float

    def is_good(self, organization: Organization, now: datetime) -> bool:
        """Whether the pairs may be shown: nothing was written since, or they are young for what they cost."""
        age = (now - self.at) / timedelta(seconds=1)
        return self.revision == organization.revision or (self.seconds > _QUICK and age < self.seconds * _PATIENCE)


@dataclass(frozen=True, slots=True)
class PairPage:
    """One page of pairs; `after` is the last one when there are more."""

    pairs: Sequence[Pair]
    at: datetime
    """As of when they are alike."""
    after: tuple[int, int] | None = None


def page_of_pairs(
    organization: Organization,
    *,
    now: datetime,
    after: tuple[int, int] = (0, 0),
    kind: Likeness | None = None,
    looks_anew: bool = False,
    size: int = PAGE,
) -> PairPage:
    """Return the next pairs that nobody has settled, in order of ids, as of not long ago."""
    known = _known(organization, now, looks_anew=looks_anew)
    found = [pair for pair in _unsettled(organization, known, kind) if pair[:2] > after]
    shown = found[:size]
    last = shown[-1][:2] if len(found) > size else None
    return PairPage(_with_people(organization, shown), known.at, last)


def duplicates_csv(organization: Organization, kind: Likeness | None, *, now: datetime) -> Iterator[bytes]:
    """Yield every pair that nobody has settled."""
    pairs = list(_unsettled(organization, _known(organization, now), kind))
    yield from csv_file(COLUMNS, _lines(organization, pairs))


def _known(organization: Organization, now: datetime, *, looks_anew: bool = False) -> KnownPairs:
    key = f"duplicates:{organization.pk}"
    known: KnownPairs | None = None if looks_anew else cache.get(key)
    if known is None or not known.is_good(organization, now):
        began = time.monotonic()
        pairs = find_ids(organization, limit=MOST_PAIRS)
        known = KnownPairs(pairs, now, organization.revision, time.monotonic() - began)
        cache.set(key, known, _DAY)
    return known


def _unsettled(organization: Organization, known: KnownPairs, kind: Likeness | None) -> Iterable[_Ids]:
    settled = NotDuplicate.objects.filter(organization_id=organization.pk)
    different = set(settled.values_list("learner_id", "other_id"))
    return [pair for pair in known.pairs if pair[:2] not in different and (kind is None or kind in pair[2])]


def _with_people(organization: Organization, pairs: Sequence[_Ids]) -> list[Pair]:
    """Return the pairs of which both are still there."""
    ids = {learner_id for pair in pairs for learner_id in pair[:2]}
    people = {one.id: one for one in Learner.objects.filter(organization_id=organization.pk, id__in=ids)}
    there = [pair for pair in pairs if pair[0] in people and pair[1] in people]
    return [Pair(people[first], people[second], likenesses) for first, second, likenesses in there]


def _lines(organization: Organization, pairs: Sequence[_Ids]) -> Iterator[Sequence[object]]:
    for start in range(0, len(pairs), 1_000):
        for pair in _with_people(organization, pairs[start : start + 1_000]):
            keys = [(one.primary_email_address, one.unique_user_id) for one in (pair.learner, pair.other)]
            yield (*keys[0], *keys[1], " ".join(pair.likenesses))
