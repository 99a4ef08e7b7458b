"""POST /media/upload: what is taken in, and on what conditions."""

import gzip
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import RequestFactory

from orgsync.core.model import Mode, RowPolicy
from orgsync.server.api import bodies
from orgsync.server.uploads.media import read_verified
from orgsync.server.uploads.models import IdempotencyKey, Media, UploadJob
from tests.upload_world import PEOPLE, UPLOAD, Sender, field_part, file_part, make_feed, make_sender

AUTOMATIC = "&auto_notify=true"


def test_answer_is_the_location_and_nothing_else(sender: Sender) -> None:
    """The body of the 201 is exactly the documented one."""
    answer = sender.upload()

    media = Media.objects.get(organization=sender.feed.organization)
    assert answer.status_code == 201
    assert answer.content.decode() == f'{{"location": "urn:li:media:{media.public_id}"}}'
    assert read_verified(media) == PEOPLE
    assert (media.kind, media.feed, media.token) == ("source", sender.feed, sender.token)


@pytest.mark.parametrize("name", ["file", "uploadedfile", "fileupload", "beliebig"])
def test_part_may_have_any_name(sender: Sender, name: str) -> None:
    """The first part with a file name is the file; fields around it do not matter."""
    answer = sender.upload_form(field_part("comment", "x"), file_part(PEOPLE, name), field_part("more", "y"))

    media = Media.objects.get(organization=sender.feed.organization)
    assert answer.status_code == 201
    assert (read_verified(media), media.file_name) == (PEOPLE, "people.csv")


def test_empty_file_is_stored(sender: Sender) -> None:
    """An empty file is an accepted upload; it is its job that fails."""
    sender.upload_form(file_part(b""))

    assert Media.objects.get(organization=sender.feed.organization).size == 0


def test_packed_body_says_so(sender: Sender) -> None:
    """A text/csv body packed with gzip is kept as it came."""
    sender.upload(gzip.compress(PEOPLE), content_encoding="gzip")

    media = Media.objects.get(organization=sender.feed.organization)
    assert (media.content_encoding, gzip.decompress(read_verified(media))) == ("gzip", PEOPLE)


def test_last_line_end_does_not_make_another_file(sender: Sender) -> None:
    """Whether the same file came with or without its last line end, it has the same content hash."""
    sender.upload(b"a,b\n1,2\r\n")
    sender.upload(b"a,b\n1,2")

    [first, second] = Media.objects.filter(organization=sender.feed.organization).order_by("id")
    assert bytes(first.content_sha256) == bytes(second.content_sha256) == hashlib.sha256(b"a,b\n1,2").digest()
    assert bytes(first.sha256) == hashlib.sha256(b"a,b\n1,2\r\n").digest()


@pytest.mark.parametrize(("query", "jobs"), [("", 0), ("&auto_notify=false", 0), ("&auto_notify=TRUE", 1)])
def test_only_automatic_mode_starts_a_job(sender: Sender, query: str, jobs: int) -> None:
    """Without auto_notify=true nothing starts unasked."""
    sender.upload(query=query)

    assert UploadJob.objects.filter(organization=sender.feed.organization, is_automatic=True).count() == jobs


def test_job_gets_the_strictest_terms(db: None) -> None:
    """What the upload asks for narrows what the feed allows."""
    sender = make_sender(feed=make_feed(make_sender().feed.organization, mode=Mode.FULL))

    sender.upload(query=f"{AUTOMATIC}&mode=changes&rows=all_or_nothing&dry_run=true")

    job = UploadJob.objects.get(organization=sender.feed.organization)
    assert (job.mode, job.rows, job.is_dry_run) == (Mode.CHANGES, RowPolicy.ALL_OR_NOTHING, True)


def test_row_count_is_kept_for_the_job(sender: Sender) -> None:
    """X-Row-Count is for the reader to compare."""
    sender.upload(X_Row_Count="1")

    assert Media.objects.get(organization=sender.feed.organization).expected_rows == 1


def test_right_hash_is_accepted(sender: Sender) -> None:
    """X-Content-SHA256 of the file's own bytes changes nothing."""
    assert sender.upload(X_Content_SHA256=hashlib.sha256(PEOPLE).hexdigest()).status_code == 201


def test_wrong_hash_keeps_nothing(sender: Sender, media_folder: Path) -> None:
    """A file that arrived damaged is refused, and neither row nor bytes stay."""
    answer = sender.upload(X_Content_SHA256="0" * 64)

    assert (answer.status_code, "X-Content-SHA256" in answer.json()["message"]) == (400, True)
    assert nothing_kept(media_folder)


def test_second_file_keeps_nothing(sender: Sender, media_folder: Path) -> None:
    """Two files in one form: nobody knows which one was meant."""
    answer = sender.upload_form(file_part(PEOPLE), file_part(PEOPLE, "other"))

    assert answer.status_code == 400
    assert nothing_kept(media_folder)


def test_file_without_an_end_keeps_nothing(sender: Sender, media_folder: Path) -> None:
    """Half a file is never taken for a whole one, even when Content-Length agrees."""
    boundary = "x" * 20
    body = b"--" + boundary.encode() + b"\r\n" + file_part(PEOPLE * 100)

    answer = sender.post(UPLOAD, body, f"multipart/form-data; boundary={boundary}")

    assert answer.status_code == 400
    assert nothing_kept(media_folder)


def test_same_key_gives_the_same_answer(sender: Sender, media_folder: Path) -> None:
    """A repeated upload starts nothing anew and leaves no second file."""
    first = sender.upload(query=AUTOMATIC, Idempotency_Key="night-1")
    second = sender.upload(query=AUTOMATIC, Idempotency_Key="night-1")

    assert (second.status_code, second.content) == (201, first.content)
    assert UploadJob.objects.filter(organization=sender.feed.organization).count() == 1
    assert len(files(media_folder)) == 1


def test_same_key_for_another_body_is_a_conflict(sender: Sender, media_folder: Path) -> None:
    """The key stands for one body."""
    sender.upload(Idempotency_Key="night-1")

    answer = sender.upload(PEOPLE + PEOPLE, Idempotency_Key="night-1")

    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_CONFLICT")
    assert len(files(media_folder)) == 1


def test_key_is_free_again_after_a_day(sender: Sender) -> None:
    """Keys are kept for 24 hours."""
    sender.upload(Idempotency_Key="night-1")
    stored = IdempotencyKey.objects.get(organization_id=sender.feed.organization_id)
    a_day_before = stored.created_at - timedelta(hours=24)
    IdempotencyKey.objects.filter(organization_id=sender.feed.organization_id).update(created_at=a_day_before)

    assert sender.upload(PEOPLE + PEOPLE, Idempotency_Key="night-1").status_code == 201


def test_key_belongs_to_its_token(sender: Sender) -> None:
    """Another token may use the same key for another body."""
    sender.upload(Idempotency_Key="night-1")

    assert make_sender(feed=sender.feed).upload(b"other", Idempotency_Key="night-1").status_code == 201


def test_half_of_the_threads_take_uploads(sender: Sender) -> None:
    """When all upload threads are busy the next sender is told when to come again."""
    held = 0
    while bodies._slots.acquire(blocking=False):
        held += 1
    try:
        answer = sender.upload()
    finally:
        bodies._slots.release(held)

    assert (held, answer.status_code, answer["Retry-After"]) == (4, 503, "5")
    assert sender.upload().status_code == 201


def test_silent_sender_is_given_up(sender: Sender, media_folder: Path) -> None:
    """When the socket's time is over the answer is 408, and nothing is kept."""
    answer = send_stream(sender, Stream(b"a,b\n", TimeoutError()))

    assert (answer.status_code, json.loads(answer.content)["code"]) == (408, "REQUEST_TIMEOUT")
    assert nothing_kept(media_folder)


@pytest.mark.parametrize("end", [b"", ConnectionResetError()], ids=["closed", "reset"])
def test_broken_off_body_keeps_nothing(sender: Sender, media_folder: Path, end: bytes | OSError) -> None:
    """A body that ends before its Content-Length is no file."""
    answer = send_stream(sender, Stream(b"a,b\n", end))

    assert answer.status_code == 400
    assert nothing_kept(media_folder)


def test_token_is_checked_before_the_body(sender: Sender) -> None:
    """Of a stranger's body not one byte is read before the answer is made."""
    stream = Stream(ConnectionResetError())

    answer = send_stream(Sender(sender.feed, sender.token, "orgs_wrong"), stream)

    assert answer.status_code == 401
    assert stream.reads == 0


class Stream:
    """A body that comes in pieces; an exception among them is raised."""

    def __init__(self, *pieces: bytes | OSError) -> None:
        self._pieces = list(pieces)
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        piece = self._pieces.pop(0) if self._pieces else b""
        if isinstance(piece, OSError):
            raise piece
        return piece

    readline = read


def send_stream(sender: Sender, stream: Stream) -> HttpResponse:
    """Announce 100 bytes and send what the stream gives; return the answer before it is closed, so undrained."""
    environ = {"wsgi.input": stream, "CONTENT_LENGTH": "100", "HTTP_AUTHORIZATION": f"Bearer {sender.text}"}
    request = RequestFactory().generic("POST", UPLOAD, b"a", "text/csv", **environ)
    return WSGIHandler().get_response(request)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def nothing_kept(folder: Path) -> bool:
    return not files(folder) and not Media.objects.exists()
