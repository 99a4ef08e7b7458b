"""What the people of the sample company learned: the same for every run, growing over half a year."""

import csv
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

SEED: Final = 2026
DAYS: Final = 180
MOST_PEOPLE: Final = 1_500
"""Of a larger company only so many learn, so that the demo is up soon."""
BATCH: Final = 500
_ADL: Final = "http://adlnet.gov/expapi/verbs/"
_LIKE: Final = "http://activitystrea.ms/schema/1.0/like"
_PROGRESS: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"
COURSES: Final = (
    "Learning to learn",
    "Writing that is read",
    "Feedback without fear",
    "Numbers for everybody",
    "SQL from the ground up",
    "Negotiating well",
    "First aid for projects",
    "Secure by habit",
    "Leading your first team",
    "Presenting with a story",
    "Statistics in everyday work",
    "Spreadsheets beyond sums",
)


def statement_batches(employees: Path, *, now: datetime) -> Iterator[list[dict[str, Any]]]:
    """Yield xAPI statements of the employees in a file, in lists that fit one request, up to `now`.

    Departments have courses that they like, and more people learn as the months pass.
    """
    chance = random.Random(SEED)  # nosec B311 # noqa: S311  nothing secret
    batch: list[dict[str, Any]] = []
    with employees.open(encoding="utf-8-sig", newline="") as source:
        for number, row in enumerate(csv.DictReader(source)):
            if number >= MOST_PEOPLE:
                break
            batch += _of_person(chance, row, now)
            if len(batch) >= BATCH:
                yield batch[:BATCH]
                batch = batch[BATCH:]
    if batch:
        yield batch


def _of_person(chance: random.Random, row: dict[str, str], now: datetime) -> Iterator[dict[str, Any]]:
    liked = sum(map(ord, row["department_name"] or "")) % len(COURSES)
    eagerness = 0.35 + 0.5 * ((liked * 7) % len(COURSES)) / len(COURSES)
    for _ in range(4):
        # The square root draws days towards the present.
        day = DAYS * (1 - chance.random() ** 0.5)
        if chance.random() > eagerness:
            continue
        course = liked if chance.random() < 0.5 else chance.randrange(len(COURSES))
        yield from _of_course(chance, row["primary_email_address"], course, now - timedelta(days=day))


def _of_course(chance: random.Random, address: str, course: int, began: datetime) -> Iterator[dict[str, Any]]:
    """Yield how one person works through one course, some of them to its end."""
    minutes = chance.randint(10, 55)
    percent = chance.randint(10, 90)
    yield _statement(chance, address, course, f"{_ADL}progressed", began, minutes=minutes, percent=percent)
    if chance.random() < 0.6:
        done = began + timedelta(minutes=minutes)
        yield _statement(chance, address, course, f"{_ADL}completed", done, minutes=minutes * 2, percent=100)
        for verb, share in ((_LIKE, 0.3), (f"{_ADL}shared", 0.1)):
            if chance.random() < share:
                yield _statement(chance, address, course, verb, done)


def _statement(
    chance: random.Random,
    address: str,
    course: int,
    verb: str,
    at: datetime,
    *,
    minutes: int = 0,
    percent: int | None = None,
) -> dict[str, Any]:
    result = {"result": {"duration": f"PT{minutes}M", "extensions": {_PROGRESS: percent}}} if minutes else {}
    definition = {"name": {"en-US": COURSES[course]}}
    return {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "actor": {"mbox": f"mailto:{address}"},
        "verb": {"id": verb},
        "object": {"id": f"https://learning.example.com/courses/{course + 1}", "definition": definition},
        "timestamp": at.isoformat(),
        **result,
    }
