"""Notice text that was UTF-8 once, was read as Latin-1 or Windows-1252, and was written as UTF-8 again."""

import re
from typing import Final

import polars as pl

# In such text the first byte of every former letter stands as one of Â…ô, and each further byte as a
# Latin-1 sign or as one of the signs that Windows-1252 has in place of the control characters.
SUSPECT: Final = re.compile(
    rb"\xc3[\x82-\xb4](?:\xc2[\x80-\xbf]|[\xc5\xc6\xcb][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]){1,3}"
)
PLAUSIBLE_LEADS: Final = frozenset(
    # Latin letters, Greek, Cyrillic, Hebrew, Arabic; then everything of three bytes, and emoji. Left out are
    # É, Ê and the like: before a closing quotation mark they are ordinary text.
    (*range(0xC2, 0xC6), *range(0xCE, 0xD2), *range(0xD7, 0xDB), *range(0xE0, 0xEE), 0xF0)
)


def find_mojibake(utf8: bytes) -> str | None:
    """Return the first piece of text that must be mojibake, such as “Ã©”, or None."""
    if utf8.isascii():
        return None
    for suspect in SUSPECT.finditer(utf8):
        if example := _misread(suspect.group().decode()):
            return example
    return None


def row_with(rows: pl.DataFrame, text: str) -> int:
    """Return the number of the first row that holds `text`, or 1 when only the headers do."""
    for start in range(0, rows.height, 50_000):
        part = rows.slice(start, 50_000)
        held = pl.any_horizontal(pl.exclude("row_number").str.contains(text, literal=True).fill_null(value=False))
        found = part.filter(held)
        if found.height:
            return int(found["row_number"][0])
    return 1


def _misread(suspect: str) -> str:
    lead = ord(suspect[0])
    if lead not in PLAUSIBLE_LEADS:
        return ""
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    example = suspect[:length]
    former = b"".join(_byte_of(character) for character in example)
    return example if len(former.decode("utf-8", "ignore")) == 1 and len(former) == length else ""


def _byte_of(character: str) -> bytes:
    return bytes([ord(character)]) if ord(character) < 0x100 else character.encode("cp1252", "ignore")
