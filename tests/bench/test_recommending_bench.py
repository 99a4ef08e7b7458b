"""Recommendations find planted preferences better than popularity and chance do. How fast, is never tested."""

import pytest

from bench.planted import Company, measure, quality_of
from tests.job_world import make_organization


@pytest.mark.django_db
def test_planted_preferences_are_found() -> None:
    """Half as good again as popularity, several times as good as chance, on a small company."""
    found = measure(make_organization("Bench"), Company(people=1_500, contents=120, deeds=10, sample=80))

    ours, popular, chance = (found["quality"][name]["ndcg"] for name in ("orgsync", "popularity", "random"))
    assert ours > 1.5 * popular
    assert ours > 3 * chance
    assert found["affinities"] > 0


def test_quality_is_what_books_say() -> None:
    """One of two found, in the second place."""
    one = quality_of([([7, 3, 8, 9, 10], {3, 4})])

    assert (one.precision, one.recall) == (0.2, 0.5)
    assert round(one.ndcg, 4) == 0.3869
