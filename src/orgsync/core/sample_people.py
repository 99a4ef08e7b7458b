"""The people of a sample company, each made from nothing but a number: the same on every machine for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core.sample_names import NAME_SETS

SPAN: Final = 8
"""People who report to one manager."""

_PRIME: Final = 2_147_483_647  # products of two residues fit into 63 bits, so no overflow is relied upon
_MULTIPLIER: Final = 1_103_515_245

DEPARTMENTS: Final = (
    *("Research", "Engineering", "Sales", "Marketing", "Finance", "People", "Legal", "Operations"),
    *("Customer Care", "Procurement", "Logistics", "Quality"),
)
FUNCTIONS: Final = (
    *("Science", "Engineering", "Sales", "Marketing", "Finance", "Human Resources", "Legal", "Operations"),
    *("Support", "Purchasing", "Supply Chain", "Quality"),
)
LEVELS: Final = ("Chief", "Vice President", "Director", "Lead", "Senior", "Regular", "Junior")
ROLES: Final = ("Analyst", "Engineer", "Specialist", "Coordinator", "Consultant", "Partner", "Planner", "Expert")
WORKER_TYPES: Final = ("full-time", "full-time", "full-time", "full-time", "part-time", "contractor", "intern")
OFFICES: Final = ("Lisbon", "Oslo", "Kraków", "Nairobi", "São Paulo", "Osaka", "Toronto", "Sydney", "Zürich")
DOMAINS: Final = ("example.com", "example.com", "emea.example.com", "apac.example.com", "labs.example.com")


def pick(values: Sequence[str], number: pl.Expr) -> pl.Expr:
    """Return the value that stands at `number`."""
    return pl.lit(pl.Series(values)).gather(number)


def manager_of(position: pl.Expr) -> pl.Expr:
    """Return the manager's number: person 0 leads (null), person n reports to (n - 1) // 8."""
    return pl.when(position > 0).then((position - 1) // SPAN)


def level_of(position: pl.Expr) -> pl.Expr:
    """Return how many managers stand above a person, at most the last of `LEVELS`."""
    first_of_level = [(SPAN**depth - 1) // (SPAN - 1) for depth in range(1, len(LEVELS))]
    return pl.sum_horizontal((position >= first).cast(pl.Int64) for first in first_of_level)


def user_id(person: pl.Expr) -> pl.Expr:
    return pl.format("E{}", (person + 100_000_001).cast(pl.String).str.slice(1))


@dataclass(frozen=True, slots=True)
class People:
    """What is drawn for people by their number; another seed draws other people."""

    seed: int

    def draw(self, salt: int, choices: int, person: pl.Expr) -> pl.Expr:
        """Return a number from 0 to `choices` - 1, scattered evenly, and independently for each salt."""
        offset = (salt * 7_919 + self.seed * 104_729 + 1) % _PRIME
        mixed = (person + offset) * _MULTIPLIER % _PRIME
        squared = (mixed * mixed + salt) % _PRIME
        return (squared * (squared ^ (mixed // 65_536)) % _PRIME) // 32 % choices

    def email(self, person: pl.Expr) -> pl.Expr:
        """Return an address: the name in Latin letters, the number, a domain of the company."""
        first, last = self._name(person, latin=True, last=False), self._name(person, latin=True, last=True)
        return pl.format("{}.{}{}@{}", first, last, person, pick(DOMAINS, self.draw(3, len(DOMAINS), person)))

    def first_name(self, person: pl.Expr) -> pl.Expr:
        return self._name(person, latin=False, last=False)

    def last_name(self, person: pl.Expr) -> pl.Expr:
        return self._name(person, latin=False, last=True)

    def country(self, person: pl.Expr) -> pl.Expr:
        return self._of_own_set(6, [names.country_codes for names in NAME_SETS], person)

    def phone(self, salt: int, person: pl.Expr) -> pl.Expr:
        """Return a number of the range that is kept free for stories."""
        ending = (self.draw(salt, 100, person) + 100_100).cast(pl.String).str.slice(2)
        return pl.format("+1 {} 555 {}", self.draw(salt + 1, 800, person) + 200, ending)

    def start_date(self, person: pl.Expr) -> pl.Expr:
        """Return a day from 2000 to 2024 as ISO."""
        days = self.draw(7, 9_000, person).cast(pl.Int32) + pl.date(2000, 1, 1).cast(pl.Int32)
        return days.cast(pl.Date).dt.to_string("%Y-%m-%d")

    def _name(self, person: pl.Expr, *, latin: bool, last: bool) -> pl.Expr:
        sets = [names.last_names if last else names.first_names for names in NAME_SETS]
        return self._of_own_set(5 if last else 4, [[pair[latin] for pair in pairs] for pairs in sets], person)

    def _of_own_set(self, salt: int, values: Sequence[Sequence[str]], person: pl.Expr) -> pl.Expr:
        """Draw from the values of the person's own script, by one look-up in all of them laid end to end."""
        sizes = pl.Series([len(part) for part in values], dtype=pl.Int64)
        script = self._script(person)
        size, start = pl.lit(sizes).gather(script), pl.lit(sizes.cum_sum() - sizes).gather(script)
        return pick([v for part in values for v in part], start + self.draw(salt, 1_000_000, person) % size)

    def _script(self, person: pl.Expr) -> pl.Expr:
        """Return which set of names a person's comes from; more than half are in Latin letters."""
        number = self.draw(1, 2 * len(NAME_SETS), person)
        return pl.when(number < len(NAME_SETS)).then(number).otherwise(number % 2)
