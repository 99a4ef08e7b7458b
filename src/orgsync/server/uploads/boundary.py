"""Take a multipart body apart, one that the documented PowerShell script builds included.

That script puts no line break between the file's last byte and the closing boundary. Django's boundary search
would cut a lone LF or CR there; ours cuts a CRLF or nothing, so the bytes are exact but for a final CRLF, which
nobody can tell from the line break of a well-formed body.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from django.http.multipartparser import BoundaryIter, ChunkIter, InputStreamExhausted, LazyStream
from django.utils.http import parse_header_parameters

from orgsync.core.errors import OrgSyncError

CHUNK: Final = 256 * 1024
MAX_HEADERS: Final = 8 * 1024
PLAIN_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary"})


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class BrokenMultipart(OrgSyncError):
    """The body is not the multipart that its header promises."""


class TolerantBoundary(BoundaryIter):
    """The bytes up to the next boundary; a line break before it belongs to it only when it is a CRLF."""

    _boundary: bytes
    was_found = False

    def _find_boundary(self, data: bytes) -> tuple[int, int] | None:
        index = data.find(self._boundary)
        if index < 0:
            return None
        self.was_found = True
        has_line_break = index >= 2 and data[index - 2 : index] == b"\r\n"
        return index - 2 * has_line_break, index + len(self._boundary)


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of the body; `chunks` can be read once, before the next part is asked for."""

    name: str
    chunks: Iterator[bytes]


def file_parts(body: Readable, boundary: str) -> Iterator[FilePart]:
    """
    Yield the parts that carry a file name, in order; all other parts are passed over.

    Raises BrokenMultipart for a part without an end, so that half a file is never taken for a whole one.
    """
    separator = b"--" + boundary.encode("latin-1")
    stream = LazyStream(ChunkIter(cast("Any", body), CHUNK))
    while True:
        try:
            border = TolerantBoundary(stream, separator)
        except InputStreamExhausted:
            return
        content = LazyStream(border)
        headers = _read_headers(content)
        name = _file_name(headers)
        if name:
            yield FilePart(name, _whole(content, border))
        for _ in content:
            pass


def _whole(content: Iterator[bytes], border: TolerantBoundary) -> Iterator[bytes]:
    yield from content
    if not border.was_found:
        raise BrokenMultipart("The closing boundary is missing: the file may be cut off.")


def _read_headers(content: LazyStream) -> dict[str, tuple[str, dict[str, str]]]:
    """Return name → (value, parameters), leaving the stream at the content; nothing for text without headers."""
    head = content.read(MAX_HEADERS)
    end = head.find(b"\r\n\r\n")
    if end < 0 and head.startswith(b"\r\n") and head.endswith(b"\r\n"):
        # An empty file and no line break before the boundary: the boundary took the second half of the blank line.
        end = len(head) - 2
    if end < 0:
        if len(head) == MAX_HEADERS and head.startswith(b"\r\n"):
            raise BrokenMultipart("The headers of a part are too long.")
        return {}
    content.unget(head[end + 4 :])
    return dict(_header(line) for line in head[:end].split(b"\r\n") if b":" in line)


def _header(line: bytes) -> tuple[str, tuple[str, dict[str, str]]]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("latin-1")  # old clients write file names in the code page of their machine
    try:
        start, parameters = parse_header_parameters(text)
    except ValueError as error:
        raise BrokenMultipart("A header of a part cannot be read.") from error
    name, _, value = start.partition(":")
    return name.strip(), (value.strip(), parameters)


def _file_name(headers: dict[str, tuple[str, dict[str, str]]]) -> str:
    _, parameters = headers.get("content-disposition", ("", {}))
    name = parameters.get("filename", "")
    encoding, _ = headers.get("content-transfer-encoding", ("", {}))
    if name and encoding not in PLAIN_ENCODINGS:
        raise BrokenMultipart(f"Content-Transfer-Encoding {encoding} is not supported; send the bytes as they are.")
    return name
