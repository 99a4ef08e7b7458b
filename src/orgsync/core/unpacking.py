"""Take the wrapping off a file: gzip is unpacked within bounds, workbooks, pages and archives are refused by name."""

import gzip
import io
import re
import zlib
from typing import Final

from orgsync.core.issues import NOT_CSV, TOO_LARGE
from orgsync.core.model import Limits
from orgsync.core.refusal import refusal

GZIP_MAGIC: Final = b"\x1f\x8b"
CHUNK: Final = 1 << 20

RATIO_FLOOR: Final = 16_000_000
"""Unpacked bytes below which the ratio is not judged: small repetitive files pack very well and harm nobody."""

PASSED_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip"})

SAVE_AS_CSV: Final = "Open it in the spreadsheet, save it as “CSV UTF-8” and send that."

FOREIGN_MAGIC: Final[tuple[tuple[bytes, str, str | None], ...]] = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or a ZIP archive", SAVE_AS_CSV),
    (b"PK\x05\x06", "an empty ZIP archive", None),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)", SAVE_AS_CSV),
    (b"%PDF-", "a PDF document", None),
    (b"BZh", "a bzip2 archive", "Send it as it is or packed with gzip."),
    (b"\xfd7zXZ\x00", "an xz archive", "Send it as it is or packed with gzip."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "Send it as it is or packed with gzip."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Send it as it is or packed with gzip."),
)
FOREIGN_TEXT: Final[tuple[tuple[re.Pattern[bytes], str, str | None], ...]] = (
    (
        re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|table|div|script|meta)\b", re.IGNORECASE),
        "an HTML page",
        "Often this is a sign-in or error page of the system that exports; open the file and look.",
    ),
    (re.compile(rb"\s*<(?:\?xml|!--|!doctype|[a-z][\w:.-]*[\s>/])", re.IGNORECASE), "XML", None),
    (re.compile(rb'\s*(?:\{\s*["}]|\[\s*["\[{\]])'), "JSON", None),
)


def unpack(packed: bytes, *, limits: Limits, content_encoding: str | None = None) -> bytes:
    """Return the file without gzip around it; gzip is known by its first bytes.

    A `content_encoding` of gzip without gzip inside is let through, because proxies unpack and keep the header.
    Raise UnreadableFile for another encoding, a damaged archive, or one that unpacks beyond `limits`.
    """
    named = (content_encoding or "").strip().lower()
    if named not in PASSED_ENCODINGS:
        raise refusal(NOT_CSV, looks_like=f"data with Content-Encoding {named[:40]}", hint="Send it plain or as gzip.")
    check_size(len(packed), limits)
    plain = packed
    # Twice, for a .csv.gz that was packed again for the wire.
    for _ in range(2):
        if plain.startswith(GZIP_MAGIC):
            plain = _gunzip(plain, limits)
    if plain.startswith(GZIP_MAGIC):
        raise refusal(NOT_CSV, looks_like="gzip packed more than twice")
    return plain


def check_size(size: int, limits: Limits) -> None:
    """Raise UnreadableFile when a file of `size` bytes is over the limit."""
    if size > limits.file_bytes:
        raise refusal(TOO_LARGE, what="The file", limit=f"{limits.file_bytes:,} bytes")


def check_not_foreign(content: bytes) -> None:
    """Raise UnreadableFile when binary magic says that the bytes are something else than text."""
    for magic, looks_like, hint in FOREIGN_MAGIC:
        if content.startswith(magic):
            raise refusal(NOT_CSV, looks_like=looks_like, hint=hint)


def check_not_markup(utf8: bytes) -> None:
    """Raise UnreadableFile when the text starts like HTML, XML or JSON."""
    for pattern, looks_like, hint in FOREIGN_TEXT:
        if pattern.match(utf8):
            raise refusal(NOT_CSV, looks_like=looks_like, hint=hint)


def _gunzip(packed: bytes, limits: Limits) -> bytes:
    unpacked = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as source:
            while chunk := source.read(CHUNK):
                unpacked.write(chunk)
                _check_growth(unpacked.tell(), len(packed), limits)
    except (EOFError, OSError, zlib.error) as error:
        raise refusal(NOT_CSV, looks_like="a damaged gzip file") from error
    return unpacked.getvalue()


def _check_growth(unpacked: int, packed: int, limits: Limits) -> None:
    check_size(unpacked, limits)
    if unpacked > RATIO_FLOOR and unpacked > packed * limits.unpacked_ratio:
        raise refusal(TOO_LARGE, what="The unpacked file", limit=f"{limits.unpacked_ratio} times its packed size")
