"""The small checks that a statement is made of: each names the place at fault."""

import math
import re
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from orgsync.core.errors import OrgSyncError

Check = Callable[[Any, str], None]

_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_STAMP: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?", re.ASCII | re.IGNORECASE
)
_DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d+(?:\.\d+)?)W|(?=\d|T\d)(?:(?P<years>\d+(?:\.\d+)?)Y)?(?:(?P<months>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<days>\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?)",
    re.ASCII,
)
_SECONDS: Final = {
    "years": 365 * 86_400,
    "months": 30 * 86_400,
    "weeks": 7 * 86_400,
    "days": 86_400,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}


class StatementRefused(OrgSyncError):
    """A statement is not as the standard wants it; `place` says where."""

    def __init__(self, place: str, why: str) -> None:
        self.place = place
        super().__init__(f"{place}: {why}")


def fields(value: Any, place: str, known: Mapping[str, Check], required: Collection[str] = ()) -> None:
    """Check that the value is an object of known fields, each as its check wants it; none may be null."""
    if not isinstance(value, dict):
        raise StatementRefused(place, "must be an object.")
    for name in required:
        if name not in value:
            raise StatementRefused(f"{place}.{name}", "is missing.")
    for name, found in value.items():
        if name not in known:
            raise StatementRefused(f"{place}.{name}", "is not known here.")
        if found is None:
            raise StatementRefused(f"{place}.{name}", "must not be null.")
        known[name](found, f"{place}.{name}")


def text(value: Any, place: str) -> None:
    if not isinstance(value, str):
        raise StatementRefused(place, "must be text.")


def flag(value: Any, place: str) -> None:
    if not isinstance(value, bool):
        raise StatementRefused(place, "must be true or false.")


def number(value: Any, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise StatementRefused(place, "must be a number.")


def whole_number(value: Any, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise StatementRefused(place, "must be a whole number.")


def iri(value: Any, place: str) -> None:
    if not (isinstance(value, str) and _IRI.fullmatch(value)):
        raise StatementRefused(place, "must be an IRI with its scheme.")


def identifier(value: Any, place: str) -> None:
    """Check a UUID as it is usually written."""
    try:
        is_good = isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        is_good = False
    if not is_good:
        raise StatementRefused(place, "must be a UUID.")


def language(value: Any, place: str) -> None:
    if not (isinstance(value, str) and _LANGUAGE.fullmatch(value)):
        raise StatementRefused(place, "must be a language tag.")


def language_map(value: Any, place: str) -> None:
    if not isinstance(value, dict):
        raise StatementRefused(place, "must be a language map.")
    for name, found in value.items():
        language(name, place)
        text(found, f"{place}.{name}")


def extensions(value: Any, place: str) -> None:
    """Check that the names are IRIs; what they hold is nobody's business."""
    if not isinstance(value, dict):
        raise StatementRefused(place, "must be an object.")
    for name in value:
        iri(name, place)


def one_of(*words: str) -> Check:
    def check(value: Any, place: str) -> None:
        if value not in words:
            raise StatementRefused(place, f"must be {' or '.join(words)}.")

    return check


def list_of(check: Check, *, least: int = 0) -> Check:
    def check_all(value: Any, place: str) -> None:
        if not isinstance(value, list) or len(value) < least:
            raise StatementRefused(place, f"must be a list{' that is not empty' if least else ''}.")
        for number_, one in enumerate(value):
            check(one, f"{place}[{number_}]")

    return check_all


def moment(value: Any, place: str) -> None:
    read_moment(value, place)


def read_moment(value: Any, place: str) -> datetime:
    """Return an ISO 8601 time with its offset; one without is in UTC. Minus zero is none, says the standard."""
    if isinstance(value, str) and _STAMP.fullmatch(value) and not re.search(r"-00(:?00)?$", value[10:]):
        try:
            found = datetime.fromisoformat(value.replace(",", ".").upper())
        except ValueError:
            found = None
        if found is not None:
            return found if found.tzinfo else datetime.fromisoformat(f"{found.isoformat()}+00:00")
    raise StatementRefused(place, "must be an ISO 8601 time.")


def duration(value: Any, place: str) -> None:
    read_duration(value, place)


def read_duration(value: Any, place: str) -> float:
    """Return an ISO 8601 duration in seconds; a year has 365 days here, and a month 30."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not any(found.groupdict().values()):
        raise StatementRefused(place, "must be an ISO 8601 duration, such as PT1H30M.")
    return sum(float(part) * _SECONDS[name] for name, part in found.groupdict().items() if part)
