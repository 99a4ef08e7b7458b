"""What a directory is after files and edits, in ten lines of Python and without the engine."""

from dataclasses import dataclass, field
from typing import Final

from orgsync.core.model import Mode

CLEAR: Final = "#CLEAR#"


@dataclass
class Person:
    is_active: bool = True
    is_claimed: bool = True
    is_licensed: bool = False
    title: str | None = None
    groups: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Row:
    """One person of a file; an empty cell says nothing."""

    number: int
    title: str
    groups: tuple[str, ...]

    @property
    def email(self) -> str:
        return f"p{self.number}@example.com"


def apply_file(people: dict[int, Person], rows: list[Row], mode: Mode) -> None:
    """Do to the model what a file of that mode does to a directory."""
    adds_only = mode is Mode.ADDITIONS_ONLY
    for row in rows:
        person = people.get(row.number) or people.setdefault(row.number, Person())
        person.is_claimed = True
        person.is_active = person.is_active or not adds_only
        if not person.is_active:
            continue
        person.is_licensed = True
        if row.title and not (adds_only and person.title):
            person.title = None if row.title == CLEAR else row.title
        if row.groups:
            person.groups = {*row.groups, *(person.groups if adds_only else ())} - {CLEAR}
    for number in people.keys() - {row.number for row in rows} if mode is Mode.FULL else ():
        if people[number].is_claimed:
            people[number].is_claimed = people[number].is_active = people[number].is_licensed = False
