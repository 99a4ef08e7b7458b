"""Digests, file names, and files that come by a form."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from orgsync.server.uploads.receive import Digest, FileTooLarge, StorageUploadHandler, StoredUpload, clean_file_name
from orgsync.server.uploads.storage import storage
from tests.upload_world import BOUNDARY, PEOPLE, file_part, form


@pytest.fixture
def media_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    storage.cache_clear()
    yield tmp_path / "media"
    storage.cache_clear()


def without_line_end(content: bytes) -> bytes:
    for end in (b"\r\n", b"\n", b"\r"):
        if content.endswith(end):
            return content[: -len(end)]
    return content


@given(st.lists(st.sampled_from([b"", b"a", b"\r", b"\n", b"\r\n", b"ab\r\n", b"\n\r"]), max_size=8))
def test_digest_is_that_of_the_whole_however_it_is_cut(chunks: list[bytes]) -> None:
    """Both hashes are those of hashlib over the joined bytes."""
    digest = Digest()
    for chunk in chunks:
        digest.update(chunk)

    whole = b"".join(chunks)
    assert digest.size == len(whole)
    assert digest.sha256() == hashlib.sha256(whole).digest()
    assert digest.content_sha256() == hashlib.sha256(without_line_end(whole)).digest()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("people.csv", "people.csv"),
        ("C:\\HR\\people.csv", "people.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nX-Evil: 1.csv", "aX-Evil: 1.csv"),
        ("..", "upload.csv"),
        ("", "upload.csv"),
        ("ü" * 300 + ".csv", "ü" * 196 + ".csv"),
    ],
)
def test_file_name_is_only_a_name(name: str, expected: str) -> None:
    """No folders, nothing that breaks a header, not endless."""
    assert clean_file_name(name) == expected


def test_file_of_a_form_lies_in_storage_until_the_request_ends(media_folder: Path) -> None:
    """A page that does not keep the file leaves nothing behind."""
    request = posted_form()
    stored = request.FILES["file"]

    assert isinstance(stored, StoredUpload)
    assert (media_folder / stored.received.storage_key).read_bytes() == PEOPLE
    request.close()
    assert not (media_folder / stored.received.storage_key).exists()


def test_kept_file_of_a_form_stays(media_folder: Path) -> None:
    """`keep` hands it to the caller, who records it."""
    request = posted_form()
    stored = request.FILES["file"]
    assert isinstance(stored, StoredUpload)

    received = stored.keep()
    request.close()

    assert (received.size, received.sha256) == (len(PEOPLE), hashlib.sha256(PEOPLE).digest())
    assert (media_folder / received.storage_key).read_bytes() == PEOPLE


def test_form_is_bound_by_the_same_limit(media_folder: Path, settings: Settings) -> None:
    """Too large by one byte: refused, nothing kept."""
    settings.MAX_UPLOAD_BYTES = len(PEOPLE) - 1

    with pytest.raises(FileTooLarge):
        posted_form().FILES["file"]

    assert [path for path in media_folder.rglob("*") if path.is_file()] == []


def posted_form() -> WSGIRequest:
    request = RequestFactory().generic(
        "POST", "/", form(file_part(PEOPLE)), f"multipart/form-data; boundary={BOUNDARY}"
    )
    request.upload_handlers = [StorageUploadHandler(request)]
    return request
