"""The table of errors: status, serviceErrorCode and code of every row."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from orgsync.server.tokens.tokens import revoke_token
from orgsync.server.uploads import intake
from tests.upload_world import (
    JOBS,
    PROCESS,
    UPLOAD,
    Sender,
    answer,
    field_part,
    file_part,
    make_sender,
)

Call = Callable[[Sender], HttpResponse]
A_MEDIA = f"urn:li:media:{'0' * 40}"


def chunked(sender: Sender) -> HttpResponse:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    headers = {"Authorization": f"Bearer {sender.text}"}
    return Client(headers=headers).generic("POST", UPLOAD, b"a,b", "text/csv", **environ)


ROWS: list[tuple[str, Call, int, int | None, str | None]] = [
    ("no token", lambda s: answer("GET", f"{JOBS}/1"), 401, 401, None),
    ("blank token", lambda s: s.get(f"{JOBS}/1", Authorization="Bearer  "), 401, 401, None),
    ("token in the address", lambda s: answer("GET", f"{JOBS}/1?oauth2_access_token={s.text}"), 401, 401, None),
    ("other scheme", lambda s: s.get(f"{JOBS}/1", Authorization=f"Basic {s.text}"), 401, 401, None),
    ("malformed", lambda s: s.get(f"{JOBS}/1", Authorization="Bearer x"), 401, 65600, "INVALID_ACCESS_TOKEN"),
    ("unknown job", lambda s: s.get(f"{JOBS}/1"), 404, None, "RESOURCE_NOT_FOUND"),
    ("no job id", lambda s: s.get(f"{JOBS}/{2**63}"), 404, None, "RESOURCE_NOT_FOUND"),
    ("job id in letters", lambda s: s.get(f"{JOBS}/one"), 404, None, "RESOURCE_NOT_FOUND"),
    ("unknown path", lambda s: s.get("/v2/other"), 404, None, "RESOURCE_NOT_FOUND"),
    ("unknown media", lambda s: s.process(A_MEDIA), 404, None, "RESOURCE_NOT_FOUND"),
    ("unknown file", lambda s: s.get(f"{UPLOAD}&id={A_MEDIA}"), 404, None, "RESOURCE_NOT_FOUND"),
    ("no file part", lambda s: s.upload_form(field_part("a", "b")), 400, None, "INVALID_REQUEST"),
    ("no part at all", lambda s: s.upload_form(), 400, None, "INVALID_REQUEST"),
    ("second file", lambda s: s.upload_form(file_part(b"a"), file_part(b"a")), 400, None, "INVALID_REQUEST"),
    ("no boundary", lambda s: s.post(UPLOAD, b"x", "multipart/form-data"), 400, None, "INVALID_REQUEST"),
    ("no media_type", lambda s: s.post("/media/upload"), 400, None, "INVALID_REQUEST"),
    ("chunked", chunked, 411, None, "LENGTH_REQUIRED"),
    ("other body", lambda s: s.post(UPLOAD, b"{}", "application/json"), 415, None, "UNSUPPORTED_MEDIA_TYPE"),
    ("no type", lambda s: s.post(UPLOAD, b"{}", ""), 415, None, "UNSUPPORTED_MEDIA_TYPE"),
    ("other packing", lambda s: s.upload(Content_Encoding="br"), 415, None, "UNSUPPORTED_MEDIA_TYPE"),
    ("announced too large", lambda s: s.upload(b"x" * 20_000), 413, None, "TOO_LARGE"),
    ("turns out too large", lambda s: s.upload(b"x" * 1_001), 413, None, "TOO_LARGE"),
    ("large JSON", lambda s: s.post(PROCESS, b"x" * 70_000, "application/json"), 413, None, "TOO_LARGE"),
    ("wrong method", lambda s: s.call("PUT", UPLOAD), 405, None, "METHOD_NOT_ALLOWED"),
]

NAMED: list[tuple[str, Call]] = [
    ("media_type", lambda s: s.post("/media/upload?media_type=image")),
    ("media_type", lambda s: s.get(f"/media/upload?id={A_MEDIA}")),
    ("auto_notify", lambda s: s.upload(query="&auto_notify=yes")),
    ("mode", lambda s: s.upload(query="&mode=partial")),
    ("mode", lambda s: s.upload(query="&mode=full")),
    ("rows", lambda s: s.upload(query="&rows=some")),
    ("dry_run", lambda s: s.upload(query="&dry_run=1")),
    ("X-Content-SHA256", lambda s: s.upload(X_Content_SHA256="abc")),
    ("X-Row-Count", lambda s: s.upload(X_Row_Count="-1")),
    ("X-Row-Count", lambda s: s.upload(X_Row_Count="9" * 20)),
    ("Idempotency-Key", lambda s: s.upload(Idempotency_Key="")),
    ("Idempotency-Key", lambda s: s.upload(Idempotency_Key="x" * 256)),
    ("action", lambda s: s.post(JOBS, b"{}", "application/json")),
    ("action", lambda s: s.post(f"{JOBS}?action=other", b"{}", "application/json")),
    ("mediaUrn", lambda s: s.post(PROCESS, b"{}", "application/json")),
    ("mediaUrn", lambda s: s.post(PROCESS, b'{"mediaUrn": 7}', "application/json")),
    ("mediaUrn", lambda s: s.process("urn:li:person:1")),
    ("JSON", lambda s: s.post(PROCESS, b"{", "application/json")),
    ("JSON", lambda s: s.post(PROCESS, b"[]", "application/json")),
    ("JSON", lambda s: s.post(PROCESS, b"\xff\xfe", "application/json")),
    ("id", lambda s: s.get(UPLOAD)),
    ("id", lambda s: s.get(f"{UPLOAD}&id=people.csv")),
]


@pytest.fixture(autouse=True)
def small_limit(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1_000


@pytest.mark.parametrize(
    ("call", "status", "service_code", "code"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_error_is_answered_in_linkedins_shape(
    sender: Sender, call: Call, status: int, service_code: int | None, code: str | None
) -> None:
    """Status, serviceErrorCode and code are those of the table; the body is JSON with nothing else in it."""
    found = call(sender)

    assert found["Content-Type"] == "application/json"
    assert found["x-li-uuid"]
    expected = {"status": status, "serviceErrorCode": service_code, "code": code}
    body = json.loads(found.content)
    assert found.status_code == status
    assert body.pop("message")
    assert body == {name: value for name, value in expected.items() if value is not None}


@pytest.mark.parametrize(("name", "call"), NAMED, ids=[f"{row[0]}-{number}" for number, row in enumerate(NAMED)])
def test_invalid_request_names_what_is_wrong(sender: Sender, name: str, call: Call) -> None:
    """A 400 says which field, parameter or header it is about."""
    found = call(sender)

    assert (found.status_code, found.json()["code"]) == (400, "INVALID_REQUEST")
    assert name in found.json()["message"]


def test_missing_token_is_answered_with_the_known_words(db: None) -> None:
    """Clients look for this very message."""
    found = answer("GET", f"{JOBS}/1")

    assert found.json() == {"message": "Empty oauth2_access_token", "serviceErrorCode": 401, "status": 401}
    assert found["WWW-Authenticate"].startswith("Bearer")


def test_revoked_and_expired_tokens_are_told_apart(db: None) -> None:
    """Each has the code that LinkedIn's clients know."""
    revoked, expired = make_sender(), make_sender(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(revoked.feed.organization, revoked.token.pk, now=timezone.now())

    answers = [one.get(f"{JOBS}/1") for one in (revoked, expired)]

    assert [(found.status_code, found.json()["serviceErrorCode"], found.json()["code"]) for found in answers] == [
        (401, 65601, "REVOKED_ACCESS_TOKEN"),
        (401, 65602, "EXPIRED_ACCESS_TOKEN"),
    ]


def test_wrong_method_is_told_the_right_ones(sender: Sender) -> None:
    """Allow lists what the address takes."""
    assert sender.call("PUT", UPLOAD)["Allow"] == "GET, HEAD, POST"
    assert sender.call("DELETE", f"{JOBS}/1")["Allow"] == "GET, HEAD"
    assert sender.get(JOBS)["Allow"] == "POST"


def test_too_many_calls_are_told_when_to_come_again(sender: Sender, settings: Settings) -> None:
    """Uploads and other calls are counted apart; each has its own limit an hour."""
    settings.UPLOADS_PER_HOUR, settings.CALLS_PER_HOUR = 1, 2

    statuses = [sender.upload().status_code for _ in range(2)] + [sender.get(f"{JOBS}/1").status_code for _ in range(3)]
    refused = sender.upload()

    assert statuses == [201, 429, 404, 404, 429]
    assert (refused.json()["serviceErrorCode"], refused.json()["code"]) == (101, "TOO_MANY_REQUESTS")
    assert 1 <= int(refused["Retry-After"]) <= 3600


def test_broken_server_answers_json_without_a_trace(
    sender: Sender, media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is a 500 that says nothing about itself, and the upload leaves no file."""

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(intake.tasks, "enqueue", breaks)
    found = sender.upload(query="&auto_notify=true")

    assert (found.status_code, found.json()["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert "secret" not in found.content.decode()
    assert found["x-li-uuid"]
    assert [path for path in media_folder.rglob("*") if path.is_file()] == []


def test_every_answer_has_an_id_of_its_own(sender: Sender) -> None:
    """The id is new each time, on success as well."""
    ids = {sender.upload()["x-li-uuid"] for _ in range(3)}

    assert len(ids) == 3


def test_blanks_around_the_token_do_not_matter(sender: Sender) -> None:
    """The documented script sends two blanks before the token and one after."""
    for header in (f"Bearer  {sender.text} ", f"bearer {sender.text}", f"BEARER\t{sender.text}".replace("\t", " ")):
        assert sender.get(f"{JOBS}/1", Authorization=header).status_code == 404


def test_unknown_token_is_no_malformed_one_but_looks_the_same(sender: Sender) -> None:
    """Nobody learns from the answer whether a token was ever given out."""
    other = make_sender()
    text = other.text
    other.token.delete()

    unknown = sender.get(f"{JOBS}/1", Authorization=f"Bearer {text}")
    malformed = sender.get(f"{JOBS}/1", Authorization="Bearer orgs_x")

    assert unknown.content == malformed.content


def test_unfinished_multipart_header_is_refused(sender: Sender) -> None:
    """A body that is no multipart although it says so."""
    found = sender.post(UPLOAD, b"--x\r\nnothing here", "multipart/form-data; boundary=x")

    assert found.status_code == 400
