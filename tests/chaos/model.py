"""What the directory must be: files made from a seed, and ten lines that apply them."""

import csv
import io
import random
from dataclasses import dataclass, field
from typing import Final

COLUMNS: Final = ("primary_email_address", "unique_user_id", "work_title", "groups", "license_english_status")
GROUPS: Final = ("Cooks", "Waiters", "Drivers")
FULL: Final = "full"
PEOPLE: Final = {FULL: 60, "changes": 30}


@dataclass(frozen=True)
class Row:
    """One person of a file."""

    unique_user_id: str
    work_title: str
    group: str

    @property
    def email(self) -> str:
        return f"{self.unique_user_id.lower()}@example.com"


@dataclass(frozen=True)
class File:
    """One upload: everybody of its feed (full), or some (changes). No two files hold the same."""

    mode: str
    rows: tuple[Row, ...]

    @property
    def content(self) -> bytes:
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow(COLUMNS)
        writer.writerows((row.email, row.unique_user_id, row.work_title, row.group, "active") for row in self.rows)
        return target.getvalue().encode()


@dataclass
class Person:
    """A person in the model; `leaves` tells who belongs to the feed of full files."""

    work_title: str = ""
    group: str = ""
    is_active: bool = True
    is_licensed: bool = True


@dataclass
class Model:
    """A directory in ten lines."""

    people: dict[str, Person] = field(default_factory=dict)

    def apply(self, file: File) -> None:
        named = {row.unique_user_id: row for row in file.rows}
        for unique_user_id, row in named.items():
            self.people[unique_user_id] = Person(row.work_title, row.group)
        if file.mode == FULL:
            for unique_user_id, person in self.people.items():
                if unique_user_id.startswith("F") and unique_user_id not in named:
                    person.is_active = person.is_licensed = False

    def state(self) -> dict[str, tuple[object, ...]]:
        """Return what is compared: group and license of those who are active, title of all."""
        return {
            unique_user_id: (
                person.work_title,
                person.is_active,
                person.group if person.is_active else "",
                person.is_licensed,
            )
            for unique_user_id, person in self.people.items()
        }


def make_file(mode: str, number: int, dice: random.Random, *, is_first: bool) -> File:
    """
    Make the upload of that number; its first person's title says it, so that every file changes something.

    The first file of a feed names everybody, later ones change a few people at a time. One full file in twelve names
    hardly anybody, which is to be held.
    """
    pool = [f"{mode[0].upper()}{index}" for index in range(1, PEOPLE[mode] + 1)]
    always, others = pool[0], pool[1:]
    share = 0.3 if mode != FULL else 0.1 if dice.random() < 1 / 12 else 0.85
    chosen = others if is_first else dice.sample(others, int(len(others) * share))
    rows = [Row(always, f"Title {number}", GROUPS[number % len(GROUPS)])]
    return File(mode, tuple(rows + [_row(who, dice) for who in sorted(chosen)]))


def _row(who: str, dice: random.Random) -> Row:
    moves = dice.random() < 0.1
    return Row(who, f"Cook {dice.randrange(4)}" if moves else "Cook", dice.choice(GROUPS) if moves else GROUPS[0])
