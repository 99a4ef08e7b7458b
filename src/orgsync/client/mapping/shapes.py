"""What the values of a column look like: addresses, dates, countries, telephone numbers, states, ids."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from orgsync.core.rules import EMAIL

LOOKED_AT: Final = 2_000
"""Values of a column that are looked at; a shape shows early."""
MOSTLY: Final = 0.9

DATE_FORMATS: Final = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%Y%m%d",
)
_ACTIVE: Final = (
    "active|aktiv|actif|active employee|activo|attivo|ativo|actief|employed|yes|true|1|a|on leave|leave|current"
    "|onboarding|beschäftigt|in dienst|hired|present|paid leave|unpaid leave|parental leave|elternzeit"
)
_INACTIVE: Final = (
    "inactive|terminated|inaktiv|inactif|inactivo|inattivo|inativo|left|leaver|former|no|false|0|t|i|retired|resigned"
    "|ausgeschieden|uit dienst|dismissed|deceased|suspended|withdrawn|discarded|sorti|baja|cessato|desligado"
)
ACTIVE: Final = frozenset(_ACTIVE.split("|"))
"""Words for people who work here, leaves of absence among them."""
INACTIVE: Final = frozenset(_INACTIVE.split("|"))
_COUNTRY: Final = r"^[A-Z]{2,3}$"
_PHONE: Final = r"^\+?[\d\s()./\-]{6,}(?:(?:x|ext\.?)\s*\d+)?$"


class Shape(StrEnum):
    """What nearly all values of a column are."""

    EMAIL = "e-mail addresses"
    DATE = "dates"
    STATUS = "words for active and inactive"
    COUNTRY = "country codes"
    PHONE = "telephone numbers"
    ID = "different in every row"
    TEXT = "text"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a column's values."""

    shape: Shape
    filled: float
    """Part of the rows that are not blank."""
    distinct: int
    formats: tuple[str, ...] = ()
    """Date formats that fit all values; more than one when day and month cannot be told apart."""


def look(cells: pl.Series) -> Seen:
    """Look at the values of one column."""
    stripped = cells.fill_null("").str.strip_chars()
    values = stripped.filter(stripped != "")
    filled = values.len() / max(1, cells.len())
    distinct = values.n_unique()
    sample = values.head(LOOKED_AT)
    if sample.is_empty():
        return Seen(Shape.BLANK, filled, 0)
    if _part(sample.str.contains(EMAIL) & sample.str.contains("@", literal=True)) >= MOSTLY:
        return Seen(Shape.EMAIL, filled, distinct)
    if formats := date_formats(sample):
        return Seen(Shape.DATE, filled, distinct, formats)
    return Seen(_other_shape(sample, is_unique=distinct == values.len()), filled, distinct)


def date_formats(values: pl.Series) -> tuple[str, ...]:
    """Return the formats in which every value is a date of a working life; empty when there is none."""
    days = (form for form in DATE_FORMATS if _fits(values, form))
    return tuple(days)


def _fits(values: pl.Series, form: str) -> bool:
    years = values.str.to_date(form, strict=False).dt.year()
    return int(years.is_between(1920, 2100).sum()) == values.len()


def _other_shape(sample: pl.Series, *, is_unique: bool) -> Shape:
    words = sample.str.to_lowercase()
    if words.is_in([*ACTIVE, *INACTIVE]).all() and words.n_unique() <= 12:
        return Shape.STATUS
    if is_unique and sample.len() > 1 and _part(sample.str.contains(r"^[\w.\-/]{1,64}$")) >= MOSTLY:
        return Shape.ID
    if _part(sample.str.contains(_COUNTRY)) >= MOSTLY:
        return Shape.COUNTRY
    if _part(sample.str.contains(_PHONE)) >= MOSTLY and _part(sample.str.contains(r"[+ ()./\-]")) >= 0.5:
        return Shape.PHONE
    return Shape.TEXT


def _part(mask: pl.Series) -> float:
    return int(mask.sum()) / max(1, mask.len())
