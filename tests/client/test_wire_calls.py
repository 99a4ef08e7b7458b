"""The typed calls against a real socket: what is sent, what is tried again, and what an error becomes."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_server import TOKEN, FakeServer, Fault, error

from orgsync.client.api import Api, Asked, Retrying
from orgsync.client.credentials import Token
from orgsync.client.errors import (
    AuthenticationFailed,
    BadUsage,
    NotFound,
    RejectedRequest,
    ServerUnavailable,
    UnexpectedAnswer,
)
from orgsync.client.outgoing import measure
from orgsync.core.model import Mode, RowPolicy

NO_WAIT = Retrying(attempts=3, wait_initial=0, wait_max=0, wait_jitter=0, fresh_token_wait=0)
JOB = "GET /v2/enterpriseUploadJobs/42"


@pytest.fixture
def api(fake: FakeServer) -> Iterator[Api]:
    with Api(fake.address, Token(TOKEN), retrying=NO_WAIT) as connection:
        yield connection


def upload(api: Api, file: Path, *, key: str = "k1", positions: list[int] | None = None) -> str:
    seen = positions if positions is not None else []
    return api.upload(measure(file, row_count=2), Asked(), is_automatic=False, key=key, on_position=seen.append)


def test_upload_sends_the_bytes_with_length_hash_row_count_and_key(api: Api, fake: FakeServer, people: Path) -> None:
    """The server gets the file exactly, and all that it needs to notice a damaged or repeated one."""
    urn = upload(api, people)

    sent = fake.uploads[0]
    assert urn == "urn:li:media:source-1"
    assert sent.content == people.read_bytes()
    assert sent.headers["x-row-count"] == "2"
    assert sent.headers["idempotency-key"] == "k1"
    assert sent.headers["x-content-sha256"] == measure(people).sha256
    assert int(sent.headers["content-length"]) > len(sent.content)


def test_options_travel_as_query_parameters(api: Api, fake: FakeServer, people: Path) -> None:
    """Mode, row policy and dry run stand in the address of both calls."""
    asked = Asked(Mode.ADDITIONS_ONLY, RowPolicy.ALL_OR_NOTHING, is_dry_run=True)

    urn = api.upload(measure(people), asked, is_automatic=True, key="k", on_position=lambda _: None)
    api.process(urn, asked)

    options = {"mode": "additions_only", "rows": "all_or_nothing", "dry_run": "true"}
    assert fake.uploads[0].parameters == options | {"media_type": "enterprise_csv_upload", "auto_notify": "true"}
    assert fake.processed[0][1] == options | {"action": "processFile"}


def test_upload_tells_how_far_it_is(api: Api, tmp_path: Path) -> None:
    """Positions grow to the size of the file, also when it is sent in many pieces."""
    file, positions = tmp_path / "large.csv", []
    file.write_bytes(b"x" * 300_000)

    upload(api, file, positions=positions)

    assert positions == sorted(positions)
    assert positions[-1] == 300_000
    assert len(set(positions)) > 2


def test_upload_that_broke_after_it_arrived_is_not_kept_twice(api: Api, fake: FakeServer, people: Path) -> None:
    """Nobody knows whether the first try arrived, so the second one carries the same key."""
    fake.fail("POST /media", Fault(breaks_after_work=True))

    urn = upload(api, people)

    assert urn == "urn:li:media:source-1"
    assert len(fake.uploads) == 1
    assert len(fake.calls) == 2


@pytest.mark.parametrize("fault", [Fault(429), Fault(500), Fault(502, "<html>Bad gateway"), Fault(503), Fault()])
def test_a_passing_failure_is_tried_again(api: Api, fake: FakeServer, people: Path, fault: Fault) -> None:
    """Too many calls, a failing server and a broken connection are got over."""
    fake.fail("POST /media", fault, fault)

    assert upload(api, people) == "urn:li:media:source-1"


def test_a_lasting_failure_ends_after_the_last_try(api: Api, fake: FakeServer) -> None:
    """The number of tries is bounded."""
    fake.fail(JOB, *[Fault(503)] * 9)

    with pytest.raises(ServerUnavailable, match="503"):
        api.job("42")

    assert len(fake.calls) == 3


def test_a_wait_that_is_too_long_is_not_waited(api: Api, fake: FakeServer) -> None:
    """A server that is away until tomorrow ends the command now."""
    fake.fail(JOB, Fault(429, headers={"Retry-After": "86400"}))

    with pytest.raises(ServerUnavailable) as caught:
        api.job("42")

    assert caught.value.retry_after == 86_400
    assert len(fake.calls) == 1


def test_the_wait_asked_for_is_kept(fake: FakeServer) -> None:
    """Retry-After decides how long to wait, not the usual back-off, which would be an hour here."""
    patience = Retrying(attempts=2, wait_initial=3600, wait_max=3600, wait_jitter=0)
    fake.fail("POST /v2", Fault(503, headers={"Retry-After": "0"}))
    fake.media["urn:li:media:x"] = b""

    with Api(fake.address, Token(TOKEN), retrying=patience) as api:
        assert api.process("urn:li:media:x", Asked()) == "41"


def test_a_fresh_token_gets_one_more_chance(api: Api, fake: FakeServer, people: Path) -> None:
    """A token called revoked may be too new for every machine to know it; the second time it is revoked."""
    revoked = Fault(*error(401, "The token has been revoked", 65601, "REVOKED_ACCESS_TOKEN"))
    fake.fail("POST /media", revoked)

    assert upload(api, people) == "urn:li:media:source-1"

    fake.fail(JOB, revoked)
    with pytest.raises(AuthenticationFailed) as caught:
        api.job("42")
    assert (caught.value.service_error_code, caught.value.request_id) == (65601, "req-1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedRequest),
        (403, AuthenticationFailed),
        (404, NotFound),
        (411, RejectedRequest),
        (413, RejectedRequest),
        (422, RejectedRequest),
    ],
)
def test_each_refusal_is_told_apart_and_not_repeated(
    api: Api, fake: FakeServer, status: int, kind: type[Exception]
) -> None:
    """What the server refuses for good becomes one exception that quotes the server, at once."""
    fake.fail(JOB, Fault(*error(status, "mode is not allowed", None, "X")))

    with pytest.raises(kind, match=rf"mode is not allowed \({status}, X\)"):
        api.job("42")

    assert len(fake.calls) == 1


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "[]", "", '"DONE"'])
def test_an_answer_of_somebody_else_is_not_taken_for_one_of_the_server(api: Api, fake: FakeServer, body: str) -> None:
    """A proxy's page with status 200 is no job."""
    fake.fail(JOB, Fault(200, body))

    with pytest.raises(UnexpectedAnswer, match="without a JSON object"):
        api.job("42")


def test_a_redirect_is_not_followed(api: Api, fake: FakeServer) -> None:
    """The token goes to the server that was named and to no other."""
    fake.fail(JOB, Fault(302, headers={"Location": "https://other.example.com/"}))

    with pytest.raises(UnexpectedAnswer, match=r"other\.example\.com"):
        api.job("42")


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_goes_on_at_the_byte_where_it_broke(api: Api, fake: FakeServer, *, knows_ranges: bool) -> None:
    """The second try asks for the rest only, and copes with a server that sends all of it again."""
    content = bytes(range(256)) * 2_000
    fake.media["urn:li:media:r"] = content
    fake.knows_ranges = knows_ranges
    fake.fail("GET /media", Fault(sends_only=100_000))
    target = io.BytesIO()

    api.download("urn:li:media:r", target, on_position=lambda _: None)

    assert target.getvalue() == content
    assert fake.ranges[0] == ""
    assert int(fake.ranges[1].removeprefix("bytes=").removesuffix("-")) > 0


def test_a_wrong_token_is_an_authentication_failure(fake: FakeServer) -> None:
    """The exception names the server's code, and the token nowhere."""
    with (
        Api(fake.address, Token("wrong-token-987"), retrying=NO_WAIT) as api,
        pytest.raises(AuthenticationFailed) as caught,
    ):
        api.job("42")

    assert "INVALID_ACCESS_TOKEN" in str(caught.value)
    assert "wrong-token-987" not in repr(caught.value)


def test_nobody_listening_is_unavailable(people: Path) -> None:
    """A refused connection is told in words."""
    with (
        Api("http://127.0.0.1:9", Token(TOKEN), retrying=NO_WAIT) as api,
        pytest.raises(ServerUnavailable, match="cannot be reached"),
    ):
        api.job("42")


def test_the_token_is_in_no_log(api: Api, fake: FakeServer, people: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even the HTTP library's debug log has it, also when calls fail and are repeated."""
    caplog.set_level(logging.DEBUG)
    fake.fail("POST /media", Fault(), Fault(503))

    upload(api, people)

    assert "POST" in caplog.text
    assert TOKEN not in caplog.text


def test_a_file_without_certificates_is_bad_usage(people: Path) -> None:
    """A wrong --ca is said before anything is sent."""
    with pytest.raises(BadUsage, match="certificate"):
        Api("https://localhost", Token(TOKEN), ca=people)
