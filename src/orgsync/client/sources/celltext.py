"""One value of any source as the text of a cell, nothing lost: no 1.2E+05, no ISO date turned around."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

_MIDNIGHT: Final = time()


def cell_text(value: object) -> str:
    """Return `value` as text; None is an empty cell.

    Numbers are written out in full, whole ones without a point; truth as `true` and `false`; a date in ISO, and so
    is a date with a time of day unless that is midnight without a zone, which is how spreadsheets and databases
    write plain dates. Lists and objects become compact JSON.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    return _moment(value) if isinstance(value, (date, time)) else _other(value)


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        return str(value).lower()  # true and false are numbers to Python
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        return ""  # NaN and infinity are how some drivers say that there is nothing
    text = format(exact, "f")
    # A decimal keeps its zeros: 1.50 was written so. A float has none of its own.
    if isinstance(value, float) and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _moment(value: date | time) -> str:
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == _MIDNIGHT:
        return value.date().isoformat()
    return value.isoformat()


def _other(value: object) -> str:
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        plain = dict(value) if isinstance(value, Mapping) else list(value)
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=cell_text)
    return str(value)  # UUID, network address and whatever else a driver gives


def flattened(record: Mapping[str, Any], *, separator: str = ".") -> dict[str, Any]:
    """Return a record whose inner objects stand beside the rest as `outer.inner`; lists stay as they are."""
    return dict(_flat(record, "", separator))


def _flat(record: Mapping[str, Any], prefix: str, separator: str) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}{separator}", separator)
        else:
            yield f"{prefix}{name}", value
