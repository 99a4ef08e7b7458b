"""Packed files are unpacked within bounds; what is no CSV is refused by its name."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.model import Limits

CONTENT = b"unique_user_id,work_title\n1,x\n"


def refusal_of(content: bytes | Path, **options: Any) -> UnreadableFile:
    """Return the exception that a file is refused with."""
    with pytest.raises(UnreadableFile) as refused:
        read_csv(content, **options)
    return refused.value


def make_zip() -> bytes:
    """Pack a sheet as a workbook is packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "content_encoding"),
    [
        (gzip.compress(CONTENT), None),
        (gzip.compress(CONTENT), "gzip"),
        (gzip.compress(gzip.compress(CONTENT)), "x-gzip"),
        (gzip.compress(CONTENT[:20]) + gzip.compress(CONTENT[20:]), " GZIP "),
        (gzip.compress(CONTENT) + b"\0" * 512, None),
        (CONTENT, "gzip"),
        (CONTENT, "identity"),
        (CONTENT, ""),
    ],
)
def test_gzip_is_unpacked(content: bytes, content_encoding: str | None) -> None:
    """By magic, with or without the header, once or twice, of several members; a header alone does no harm."""
    assert read_csv(content, content_encoding=content_encoding).rows.rows() == [(2, "1", "x")]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CONTENT)[:-6],
        gzip.compress(CONTENT)[:12],
        gzip.compress(CONTENT)[:-8] + b"\1" * 8,
        b"\x1f\x8b",
        b"\x1f\x8b\x08" + b"\xff" * 40,
    ],
)
def test_damaged_gzip_is_refused(content: bytes) -> None:
    """Half an archive is never taken for the whole file."""
    refused = refusal_of(content)

    assert refused.code == "not_csv"
    assert "damaged gzip" in refused.reason


def test_gzip_that_unpacks_beyond_the_ratio_is_refused() -> None:
    """A small bomb is noticed while it grows."""
    refused = refusal_of(gzip.compress(b"0" * 20_000_000), limits=Limits(unpacked_ratio=200))

    assert refused.code == "too_large"
    assert "200 times" in refused.reason


def test_gzip_that_unpacks_beyond_the_file_limit_is_refused() -> None:
    """The limit on a file's size holds for what is inside."""
    assert refusal_of(gzip.compress(CONTENT * 100), limits=Limits(file_bytes=1_000)).code == "too_large"


def test_unknown_content_encoding_is_refused() -> None:
    """What cannot be unpacked is not taken for text."""
    refused = refusal_of(CONTENT, content_encoding="br")

    assert refused.code == "not_csv"
    assert "br" in refused.reason


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (make_zip(), "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x28\xb5\x2f\xfd\x04", "Zstandard"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "HTML"),
        (b"\n  <html lang='en'>", "HTML"),
        (b"<?xml version='1.0'?><wd:Report_Data/>", "XML"),
        (b"<wd:Report_Data>", "XML"),
        (b'[{"email": "ana@example.com"}]', "JSON"),
        (b'{\n  "error": "unauthorized"\n}', "JSON"),
        (b"[]", "JSON"),
        ("\ufeff<html>".encode("utf-16-le"), "HTML"),
        (gzip.compress(make_zip()), "Excel"),
    ],
)
def test_other_kinds_of_file_are_refused_by_name(content: bytes, word: str) -> None:
    """The reason says what the file looks like, also inside gzip and in another encoding."""
    refused = refusal_of(content)

    assert refused.code == "not_csv"
    assert word in refused.reason
    assert refused.hint


def test_size_of_a_file_on_disk_is_checked_before_it_is_read(tmp_path: Path) -> None:
    """A file over the limit is never taken into memory."""
    path = tmp_path / "large.csv"
    path.write_bytes(CONTENT * 10)

    assert refusal_of(path, limits=Limits(file_bytes=100)).code == "too_large"
