"""What deeds come to, counted in plain Python: what every sum in the database is compared with."""

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from orgsync.server.learning.models import Verb
from orgsync.server.learning.recording import Deed

MEASURES = ("views", "seconds", "starts", "completions", "likes", "shares")
_BEGINS = (Verb.VIEWED, Verb.PROGRESSED, Verb.COMPLETED)

BEGAN = datetime(2026, 1, 25, tzinfo=UTC)

Sums = dict[tuple[int, date], Counter[str]]
"""Learner and first day of the period → what was done; nothing that came to nothing."""


def deeds_of_a_quarter(seed: int, count: int = 120) -> list[Deed]:
    """Deeds of four people with four contents in January to April, in no order."""
    chance = random.Random(seed)
    return [
        Deed(
            learner_id=chance.randint(1, 4),
            content_id=chance.randint(1, 4),
            verb=chance.choice(list(Verb)),
            at=BEGAN + timedelta(minutes=chance.randrange(80 * 24 * 60)),
            id=uuid.UUID(int=chance.getrandbits(128)),
            seconds=chance.choice((0, 30, 600)),
        )
        for _ in range(count)
    ]


def recount(deeds: Iterable[Deed], period_of: Callable[[date], date]) -> Sums:
    """Add up deeds that count, all times in UTC; begun, completed and liked content counts once, on its day."""
    sums: defaultdict[tuple[int, date], Counter[str]] = defaultdict(Counter)
    pairs: defaultdict[tuple[int, int], list[Deed]] = defaultdict(list)
    for deed in sorted(deeds, key=lambda one: (one.at, one.id)):
        here = sums[deed.learner_id, period_of(deed.at.date())]
        here["seconds"] += deed.seconds
        here["views"] += deed.verb is Verb.VIEWED
        here["shares"] += deed.verb is Verb.SHARED
        pairs[deed.learner_id, deed.content_id].append(deed)
    for (learner_id, _), of_pair in pairs.items():
        for measure, day in _moments(of_pair):
            sums[learner_id, period_of(day)][measure] += 1
    return {key: +found for key, found in sums.items() if +found}


def _moments(deeds: list[Deed]) -> Iterable[tuple[str, date]]:
    """Yield on which days a person began, completed and liked one content; the deeds are in order."""
    for measure, verbs in (("starts", _BEGINS), ("completions", (Verb.COMPLETED,))):
        if first := next((one for one in deeds if one.verb in verbs), None):
            yield measure, first.at.date()
    opinions = [one for one in deeds if one.verb in (Verb.LIKED, Verb.UNLIKED)]
    if opinions and opinions[-1].verb is Verb.LIKED:
        yield "likes", opinions[-1].at.date()
