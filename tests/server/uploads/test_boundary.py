"""The multipart parser: exact bytes, however they are cut, with and without a line break before the boundary."""

from io import BytesIO

import pytest
from django.http.multipartparser import BoundaryIter
from hypothesis import given
from hypothesis import strategies as st

from orgsync.server.uploads.boundary import BrokenMultipart, TolerantBoundary, file_parts
from tests.upload_world import BOUNDARY as FORM_BOUNDARY
from tests.upload_world import field_part, file_part, form

BOUNDARY = "----0f2d2f0e"
SEPARATOR = f"--{BOUNDARY}".encode()
AWKWARD = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", SEPARATOR[:-1], b"a", b"a,b", b"x" * 300]), max_size=12
).map(b"".join)


class Pieces:
    """A body that comes in pieces of one size."""

    def __init__(self, body: bytes, size: int) -> None:
        self._stream = BytesIO(body)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._size))


def files(body: bytes, size: int = 10**6, boundary: str = BOUNDARY) -> list[tuple[str, bytes]]:
    return [(part.name, b"".join(part.chunks)) for part in file_parts(Pieces(body, size), boundary)]


def script_body(content: bytes) -> bytes:
    """Return a body as the documented PowerShell script builds it."""
    return SEPARATOR + b"\r\n" + file_part(content) + SEPARATOR + b"--\r\n"


def test_overridden_method_is_still_the_one_that_finds_boundaries() -> None:
    """The boundary search is a private method of Django's: a release that renames it must not pass unnoticed."""
    assert TolerantBoundary._find_boundary is not BoundaryIter._find_boundary
    assert BoundaryIter.__next__.__code__.co_names.count("_find_boundary") == 1


@given(AWKWARD, st.integers(1, 400))
def test_well_formed_body_is_exact(content: bytes, size: int) -> None:
    """Whatever the file holds and however the network cuts it."""
    assert files(form(file_part(content), boundary=BOUNDARY), size) == [("people.csv", content)]


@given(AWKWARD, st.integers(1, 400))
def test_body_of_the_script_is_exact_but_for_a_final_crlf(content: bytes, size: int) -> None:
    """No line break before the boundary: a final CRLF is taken for one, nothing else is lost or added."""
    assert files(script_body(content), size) == [("people.csv", content.removesuffix(b"\r\n"))]


def test_empty_file_of_the_script_is_a_file() -> None:
    """Headers, and at once the boundary."""
    assert files(script_body(b"")) == [("people.csv", b"")]


def test_fields_and_preamble_are_passed_over() -> None:
    """Only parts with a file name are files, whatever stands around them."""
    unnamed = file_part(b"2", "y", "")
    body = form(field_part("a", "b"), file_part(b"1", "x", "one.csv"), unnamed, file_part(b"3", "z", "three.csv"))

    assert files(b"preamble\r\n" + body + b"epilogue", boundary=FORM_BOUNDARY) == [
        ("one.csv", b"1"),
        ("three.csv", b"3"),
    ]


def test_file_name_may_be_in_an_old_code_page() -> None:
    """An old curl on Windows writes Latin-1; the part is a file all the same."""
    part = 'Content-Disposition: form-data; name="file"; filename="Köln.csv"\r\n\r\na'.encode("latin-1")

    assert files(form(part, boundary=BOUNDARY)) == [("Köln.csv", b"a")]


def test_unread_file_is_passed_over_whole() -> None:
    """A caller that is not interested in a part's bytes still gets the next part."""
    body = form(file_part(b"x" * 1_000_000), file_part(b"2", "y", "two.csv"), boundary=BOUNDARY)

    assert [part.name for part in file_parts(Pieces(body, 70_000), BOUNDARY)] == ["people.csv", "two.csv"]


@pytest.mark.parametrize(
    "body",
    [
        SEPARATOR + b"\r\n" + file_part(b"a,b\r\n1,2\r\n"),
        SEPARATOR + b"\r\n" + file_part(b"a,b\r\n1,2\r\n") + SEPARATOR[:-1],
        SEPARATOR + b"\r\n" + b"X: " + b"y" * 9_000 + b"\r\n\r\na" + SEPARATOR + b"--",
        form(b"Content-Transfer-Encoding: base64\r\n" + file_part(b"YQ=="), boundary=BOUNDARY),
    ],
    ids=["no end", "half an end", "endless headers", "base64"],
)
def test_broken_body_is_no_file(body: bytes) -> None:
    """Half a file is never taken for a whole one."""
    with pytest.raises(BrokenMultipart):
        files(body)


@pytest.mark.parametrize("body", [b"", b"a,b\n", SEPARATOR + b"--\r\n", form(boundary="other")])
def test_body_without_parts_has_no_files(body: bytes) -> None:
    """Nothing found is for the caller to refuse."""
    assert files(body) == []
