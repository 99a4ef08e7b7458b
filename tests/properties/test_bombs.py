"""Small things that would grow: each meets a limit while it is read, not when the memory is gone."""

import contextlib
import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from orgsync.client.sources.base import UnusableSource
from orgsync.client.sources.excel import check_workbook
from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.groupnames import parse_group_limit, parse_group_list
from orgsync.core.headers import check_headers, is_known_header
from orgsync.core.model import Limits
from orgsync.core.unpacking import RATIO_FLOOR, unpack
from orgsync.core.xapi.checking import check_statement
from orgsync.core.xapi.shapes import StatementRefused
from orgsync.server.monitoring.logs import hidden

MANY = 500_000
LIMITS = Limits(rows=1_000, columns=50, cell_bytes=1_000)


def test_packed_nothing_is_unpacked_as_far_as_the_limit() -> None:
    """
    A gigabyte of zeros in a megabyte: reading ends a little after the point from which the ratio is judged.
    """
    packed = gzip.compress(bytes(MANY * 100), compresslevel=9)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile, match="packed size"):
            unpack(packed, limits=Limits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 3 * RATIO_FLOOR


@pytest.mark.parametrize(
    "content",
    [
        b"primary_email_address" + b",x" * 100_000 + b"\n",
        b"primary_email_address\n" + b"a@example.com\n" * 2_000,
        b"primary_email_address\n" + b'"' * 200_001 + b"\n",
        b"primary_email_address\n" + b'a@example.com"' * 20_000,
        b'"' + b"\n" * 200_000,
        b"," * 200_000,
        b"\r" * 200_000,
        b"\xff\xfe" + b"\x00\x00" * 100_000,
    ],
)
def test_rows_columns_and_cells_are_bounded(content: bytes) -> None:
    """
    Too many of them are a refusal, or rows in error.
    """
    try:
        raw = read_csv(content, limits=LIMITS)
    except UnreadableFile:
        return
    assert raw.rows.height <= LIMITS.rows


@pytest.mark.parametrize(
    "sheet",
    [
        b"<c " * MANY,
        b"<x:c r = " * MANY,
        b'<c r="A1' * MANY,
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b'<c r="XFD9999999"/><c r="A1"/>',
        bytes(RATIO_FLOOR * 2),
    ],
)
def test_workbook_that_would_grow_is_refused_or_read_once(tmp_path: Path, sheet: bytes) -> None:
    """
    Entities, cells far out, packed nothing, and what a pattern could stumble over again and again.
    """
    path = tmp_path / "people.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)

    if sheet.startswith((b"<c ", b"<x:c")) and b"XFD" not in sheet and b"A1" not in sheet:
        check_workbook(path)
    else:
        with pytest.raises(UnusableSource):
            check_workbook(path)


@pytest.mark.parametrize("text", ["group:" + " " * MANY, "a@" + "." * MANY, "a@b" * MANY, " " * MANY, '"' * MANY])
def test_patterns_pass_long_texts_once(text: str) -> None:
    """
    No header, list or name makes a pattern go back and forth.
    """
    is_known_header(text)
    with contextlib.suppress(UnreadableFile):  # one of them looks like an address
        check_headers(["primary_email_address", text])
    parse_group_list(text)
    parse_group_limit(text)
    for place in ("mailto:" + text, text):
        with pytest.raises(StatementRefused):
            check_statement({"actor": {"mbox": place}, "verb": {"id": text}, "object": {"id": text}})


@pytest.mark.parametrize("piece", ["a", "/", "://", "a://b:", "a@", "?"])
def test_log_lines_pass_long_paths_once(piece: str) -> None:
    """
    Whoever asks for a long path keeps no thread busy with what a line may not show.
    """
    text = (piece * MANY)[:MANY]

    assert hidden(text) == text


def test_form_has_so_many_fields_and_bytes(client: Client, db: None) -> None:
    """
    More are a bad request before any page looks at them.
    """
    many = {f"f{number}": "x" for number in range(200)}
    large = {"login": "x" * 2_000_000}

    assert client.post("/accounts/login/", many).status_code == 400
    assert client.post("/accounts/login/", large).status_code in {400, 413}


def test_archive_of_archives_is_not_opened() -> None:
    """
    Twice, as a file that was packed again on the way; no third time.
    """
    inner = b"primary_email_address\n"
    for _ in range(3):
        inner = gzip.compress(inner)

    with pytest.raises(UnreadableFile, match="more than twice"):
        unpack(inner, limits=Limits())
    assert gzip.GzipFile(fileobj=io.BytesIO(inner)).read(2) == b"\x1f\x8b"
