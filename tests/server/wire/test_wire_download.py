"""GET /media/upload: whole files, ranges, and files that are not for everyone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orgsync.server.uploads.media import DamagedMedia
from orgsync.server.uploads.models import Media, MediaKind
from tests.upload_world import UPLOAD, Sender, make_media

CONTENT = b"0123456789"


def test_whole_file_comes_with_a_name(sender: Sender) -> None:
    """Results are CSV, named, of known length, and not to be cached."""
    media = make_media(sender.feed, CONTENT, MediaKind.RESULT, file_name="Ergebnis März.csv")

    answer = download(sender, media)

    assert (answer.status_code, content(answer)) == (200, CONTENT)
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Length"] == "10"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Ergebnis%20M%C3%A4rz.csv"


@pytest.mark.parametrize(
    ("header", "content_range", "expected"),
    [
        ("bytes=0-3", "bytes 0-3/10", b"0123"),
        ("bytes=4-", "bytes 4-9/10", b"456789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-30", "bytes 0-9/10", CONTENT),
        ("bytes=8-99", "bytes 8-9/10", b"89"),
        ("bytes=9-9", "bytes 9-9/10", b"9"),
    ],
)
def test_range_of_bytes(sender: Sender, header: str, content_range: str, expected: bytes) -> None:
    """One range is answered with 206 and says where it lies."""
    answer = download(sender, make_media(sender.feed, CONTENT), Range=header)

    assert (answer.status_code, answer["Content-Range"]) == (206, content_range)
    assert (answer["Content-Length"], content(answer)) == (str(len(expected)), expected)


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_range_behind_the_end(sender: Sender, header: str) -> None:
    """A range without a single byte is a 416 that says how long the file is."""
    answer = download(sender, make_media(sender.feed, CONTENT), Range=header)

    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */10")


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "rows=0-1", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b"])
def test_other_ranges_get_the_whole_file(sender: Sender, header: str) -> None:
    """What we do not offer is passed over, as HTTP wants it."""
    answer = download(sender, make_media(sender.feed, CONTENT), Range=header)

    assert (answer.status_code, content(answer)) == (200, CONTENT)


def test_range_of_another_version_gets_the_whole_file(sender: Sender) -> None:
    """A download goes on only where the file is still the same."""
    media = make_media(sender.feed, CONTENT)
    tag = download(sender, media)["ETag"]

    assert download(sender, media, Range="bytes=1-2", If_Range=tag).status_code == 206
    assert download(sender, media, Range="bytes=1-2", If_Range='"other"').status_code == 200


def test_urn_may_hold_blanks(sender: Sender) -> None:
    """As the document prints it, with the blank written as + or %20."""
    media = make_media(sender.feed, CONTENT)

    for blank in ("+", "%20", ""):
        assert sender.get(f"{UPLOAD}&id=urn:li:media:{blank}{media.public_id}").status_code == 200


def test_head_tells_the_size(sender: Sender) -> None:
    """HEAD answers as GET does, without the file."""
    media = make_media(sender.feed, CONTENT)

    answer = sender.call("HEAD", f"{UPLOAD}&id=urn:li:media:{media.public_id}")

    assert (answer.status_code, answer["Content-Length"]) == (200, "10")


@pytest.mark.parametrize("values", [{"kind": MediaKind.PLAN}, {"removed_at": datetime(2026, 3, 9, tzinfo=UTC)}])
def test_plans_and_removed_files_are_not_found(sender: Sender, values: dict[str, object]) -> None:
    """A plan asks for another scope, a removed file is gone."""
    assert download(sender, make_media(sender.feed, CONTENT, **values)).status_code == 404


def test_packed_file_is_not_called_csv(sender: Sender) -> None:
    """What came as gzip is given back as gzip."""
    assert download(sender, make_media(sender.feed, CONTENT, content_encoding="gzip"))["Content-Type"] == (
        "application/gzip"
    )


def test_damaged_file_breaks_the_download_off(sender: Sender, media_folder: Path) -> None:
    """Bytes that are not those received never pass for a whole file."""
    media = make_media(sender.feed, CONTENT)
    (media_folder / media.storage_key).write_bytes(b"012345678X")

    with pytest.raises(DamagedMedia):
        content(download(sender, media))


def download(sender: Sender, media: Media, **headers: str) -> object:
    return sender.get(f"{UPLOAD}&id=urn:li:media:{media.public_id}", **headers)


def content(answer: object) -> bytes:
    return b"".join(answer.streaming_content)
