"""Find out in which encoding a file was written and bring its text to UTF-8, chunk by chunk."""

import codecs
import io
from dataclasses import dataclass
from typing import Final

import polars as pl

from orgsync.core.issues import ENCODING_GUESSED, NOT_CSV, FileIssue
from orgsync.core.refusal import refusal

CHUNK: Final = 1 << 20
PIECE: Final = 32 << 20
"""Bytes looked at in one go where a copy of them is made."""
WINDOW: Final = 500_000
"""Bytes on either side of the first bad byte by which a file's encoding is judged."""

# UTF-32 first: its little-endian mark begins with that of UTF-16.
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NOT_IN_CP1252: Final = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
SPOKEN_NAMES: Final = {
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "utf-8+cp1252": "UTF-8 with some letters in Windows-1252",
}
STRAY_BYTES: Final = "orgsync-cp1252"
"""Name of the decoding error handler that reads single bytes which are no UTF-8 as Windows-1252."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text: valid UTF-8 without a byte order mark, and how it was written before."""

    utf8: bytes
    encoding: str
    issues: tuple[FileIssue, ...] = ()


def read_text(content: bytes) -> Text:
    """Return the text of `content`; a guess carries the warning `encoding_guessed`.

    Tried in this order: byte order mark, UTF-16 without one, UTF-8, UTF-8 with stray Windows-1252 letters,
    Windows-1252, Latin-1. Raise UnreadableFile for damaged UTF-16 or UTF-32.
    """
    mark, encoding = _byte_order_mark(content)
    encoding = encoding or _wide_encoding(content) or "utf-8"
    if encoding != "utf-8":
        return Text(_transcode_wide(content, len(mark), encoding), encoding)
    body = content[len(mark) :]
    bad = first_bad_byte(body)
    return Text(body, "utf-8") if bad is None else _guess(body, bad)


def first_bad_byte(content: bytes) -> int | None:
    """Return the position of the first byte that is not UTF-8, or None. Needs little memory at any size."""
    if content.isascii() or _is_utf8(content):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content), CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(content[start : start + CHUNK], final=start + CHUNK >= len(content))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return None


def _is_utf8(content: bytes) -> bool:
    """Say so by a check that is ten times as fast as a decoder, but cannot tell where something is wrong."""
    start = 0
    while start < len(content):
        # No letter of several bytes holds the byte of a line end, so that none is cut here.
        line_end = content.rfind(b"\n", start, start + PIECE)
        end = len(content) if start + PIECE >= len(content) or line_end < start else line_end + 1
        try:
            pl.Series([content[start:end]], dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.PolarsError:
            return False
        start = end
    return True


def _byte_order_mark(content: bytes) -> tuple[bytes, str]:
    return next((pair for pair in BYTE_ORDER_MARKS if content.startswith(pair[0])), (b"", ""))


def _wide_encoding(content: bytes) -> str:
    # Header names are ASCII in practice, so that every second byte of the first ones is zero.
    sample = content[:128]
    half = len(sample) // 2
    first, second = sample[0::2].count(0), sample[1::2].count(0)
    if half >= 2 and second >= 0.7 * half and not first:
        return "utf-16-le"
    if half >= 2 and first >= 0.7 * half and not second:
        return "utf-16-be"
    return ""


def _transcode_wide(content: bytes, start: int, encoding: str) -> bytes:
    # Senders that cut the last byte of a file leave half a line end, which nobody misses.
    halved = encoding.startswith("utf-16") and len(content) % 2 == 1 and content[-1:] in {b"\n", b"\r", b"\0"}
    try:
        return _transcode(content[:-1] if halved else content, start, encoding)
    except UnicodeDecodeError as error:
        looks_like = f"damaged {encoding[:6].upper()} text"
        raise refusal(NOT_CSV, looks_like=looks_like, hint="Export again, as UTF-8.") from error


def _transcode(content: bytes, start: int, encoding: str, errors: str = "strict") -> bytes:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    utf8 = io.BytesIO()
    for position in range(start, len(content), CHUNK):
        utf8.write(decoder.decode(content[position : position + CHUNK]).encode())
    utf8.write(decoder.decode(b"", final=True).encode())
    return utf8.getvalue()


def _guess(content: bytes, bad: int) -> Text:
    encoding = "cp1252"
    if _is_mostly_utf8(content[max(0, bad - WINDOW) : bad + WINDOW]):
        encoding, utf8 = "utf-8+cp1252", _transcode(content, 0, "utf-8", STRAY_BYTES)
    else:
        if any(byte in content for byte in NOT_IN_CP1252):
            encoding = "latin-1"
        utf8 = _transcode(content, 0, encoding)
    message = ENCODING_GUESSED.wording.format(encoding=SPOKEN_NAMES[encoding])
    return Text(utf8, encoding, (FileIssue(ENCODING_GUESSED, message),))


def _is_mostly_utf8(window: bytes) -> bool:
    """Say whether more letters of `window` are good UTF-8 than bytes are not: one bad row in a sound file."""
    good = window.decode("utf-8", "ignore")
    letters = len(good) - len(good.encode("ascii", "ignore"))
    return letters > len(window) - len(good.encode())


def _decode_stray(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    in_cp1252 = not any(byte in stray for byte in NOT_IN_CP1252)
    return stray.decode("cp1252" if in_cp1252 else "latin-1"), error.end


codecs.register_error(STRAY_BYTES, _decode_stray)
