"""`orgsync push` from file to results, and back on its feet after each kind of break."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from fake_server import DONE, TOKEN, FakeServer, Fault, error

from orgsync.client.credentials import Token
from orgsync.client.journal import GOES_ON_FOR, place_of
from orgsync.client.lock import only_push
from orgsync.client.statefolder import state_folder

Run = Callable[..., Result]
RUNNING = {"status": "PROCESSING", "progress": {"phase": "apply", "done": 1, "total": 2}}


def test_push_sends_the_file_and_fetches_its_results(run: Run, fake: FakeServer, people: Path, tmp_path: Path) -> None:
    """The whole way in manual mode: check, upload, process, watch, results, summary."""
    fake.answers = [{"status": "CREATED"}, {"status": "QUEUED"}, RUNNING, DONE]
    output = tmp_path / "results.csv"

    result = run("push", people, "--yes", "-o", output)

    assert result.exit_code == 0
    assert fake.uploads[0].content == people.read_bytes()
    assert fake.uploads[0].parameters["auto_notify"] == "false"
    assert output.read_bytes() == fake.results
    assert output.stat().st_mode & 0o077 == 0
    assert "Job 41: DONE" in result.stdout
    assert "PROCESSING, apply" in result.stderr


def test_json_alone_is_on_stdout(run: Run, fake: FakeServer, people: Path) -> None:
    """A program can read stdout as it is; what people read goes to stderr."""
    fake.answers = [RUNNING, DONE]

    result = run("push", people, "--json")

    document = json.loads(result.stdout)
    assert (document["status"], document["job_id"], document["exit_code"]) == ("DONE", "41", 0)
    assert document["check"]["rows"] == 2
    assert "PROCESSING" in result.stderr


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ({"status": "DONE", "resultStats": {"errorCount": 1}}, 1),
        ({"status": "HELD", "messages": ["too many leavers"]}, 3),
        ({"status": "FAILED", "messages": {"text": "no key column"}}, 4),
        ({"status": "CANCELLED"}, 4),
    ],
)
def test_the_exit_code_says_how_the_job_ended(
    run: Run, fake: FakeServer, people: Path, end: dict[str, object], code: int
) -> None:
    """A nightly job can act on the number alone."""
    fake.answers = [end]

    assert run("push", people).exit_code == code


def test_messages_of_the_server_are_in_the_summary(run: Run, fake: FakeServer, people: Path) -> None:
    """Whatever shape they have."""
    fake.answers = [{"status": "HELD", "messages": ["plain text", {"odd": True}]}]

    result = run("push", people)

    assert "plain text" in result.stdout
    assert '{"odd": true}' in result.stdout


def test_a_file_that_is_refused_here_is_not_sent(run: Run, fake: FakeServer, tmp_path: Path) -> None:
    """A sign-in page that was saved as CSV never leaves this machine."""
    file = tmp_path / "page.csv"
    file.write_text("<!DOCTYPE html><html><body>Sign in</body></html>")

    result = run("push", file)

    assert result.exit_code == 4
    assert "HTML" in result.stderr
    assert fake.calls == []


def test_an_empty_full_file_is_not_sent(run: Run, fake: FakeServer, tmp_path: Path) -> None:
    """It would say that everybody has left."""
    file = tmp_path / "nobody.csv"
    file.write_text("primary_email_address\n")

    result = run("push", file, "--mode", "full")

    assert result.exit_code == 4
    assert fake.calls == []


def test_rows_in_error_do_not_keep_the_file_back(run: Run, fake: FakeServer, tmp_path: Path) -> None:
    """The good rows are worth sending; the bad ones are named beforehand."""
    file = tmp_path / "people.csv"
    file.write_text("primary_email_address\nana@example.com\nnot an address\n")

    result = run("push", file)

    assert result.exit_code == 0
    assert "invalid_email" in result.stderr
    assert len(fake.uploads) == 1


def test_automatic_mode_only_uploads(run: Run, fake: FakeServer, people: Path) -> None:
    """The server starts by itself and tells nobody the job's id."""
    result = run("push", people, "--automatic")

    assert result.exit_code == 0
    assert fake.uploads[0].parameters["auto_notify"] == "true"
    assert len(fake.calls) == 1


def test_a_dry_run_that_the_server_does_not_confirm_is_an_error(run: Run, fake: FakeServer, people: Path) -> None:
    """A server that passes the wish over may have applied the file; that must not look like success."""
    ignored = run("push", people, "--dry-run")
    fake.answers = [{**DONE, "dryRun": True}]
    confirmed = run("push", people, "--dry-run", "--mode", "changes")

    assert (ignored.exit_code, confirmed.exit_code) == (6, 0)
    assert "may have been applied" in ignored.stderr
    assert "dry run: nothing was applied" in confirmed.stdout


def test_a_push_that_broke_off_after_the_upload_does_not_upload_again(run: Run, fake: FakeServer, people: Path) -> None:
    """The same command goes on with the media that is already there, also where keys mean nothing."""
    fake.knows_idempotency = False
    fake.fail("POST /v2", *[Fault()] * 3)
    broken = run("push", people)

    resumed = run("push", people)

    assert (broken.exit_code, resumed.exit_code) == (6, 0)
    assert len(fake.uploads) == 1
    assert len(fake.processed) == 1
    assert "Going on" in resumed.stderr


def test_a_push_whose_upload_nobody_confirmed_does_not_upload_again(run: Run, fake: FakeServer, people: Path) -> None:
    """The file arrived but no answer came back: the same command has the same key and gets the same media."""
    fake.fail("POST /media", *[Fault(breaks_after_work=True)] * 3)
    broken = run("push", people)

    resumed = run("push", people)

    assert (broken.exit_code, resumed.exit_code) == (6, 0)
    assert len(fake.uploads) == 1
    assert len(fake.processed) == 1


def test_a_push_that_broke_off_while_watching_does_not_process_again(run: Run, fake: FakeServer, people: Path) -> None:
    """The same command watches the same job."""
    fake.fail("GET /v2", *[Fault(503)] * 3)
    broken = run("push", people)
    calls_before = len(fake.calls)

    resumed = run("push", people)

    assert (broken.exit_code, resumed.exit_code) == (6, 0)
    assert "Job 41: DONE" in resumed.stdout
    assert all(call.startswith("GET") for call in fake.calls[calls_before:])


def test_a_finished_push_is_not_gone_on_with(run: Run, fake: FakeServer, people: Path) -> None:
    """The same file tomorrow is a new upload: the directory may have changed since."""
    run("push", people)

    run("push", people)

    keys = [upload.headers["idempotency-key"] for upload in fake.uploads]
    assert len(set(keys)) == 2
    assert len(fake.processed) == 2


def test_another_file_does_not_go_on_with_a_broken_push(run: Run, fake: FakeServer, people: Path) -> None:
    """What was broken off belongs to its bytes and options."""
    fake.fail("POST /v2", *[Fault()] * 3)
    run("push", people)
    people.write_text("primary_email_address\ncy@example.com\n")

    run("push", people)

    assert [upload.content[:40] for upload in fake.uploads][1] == people.read_bytes()[:40]
    assert fake.processed[0][0] == "urn:li:media:source-2"


def test_a_push_that_the_server_forgot_starts_over(run: Run, fake: FakeServer, people: Path) -> None:
    """Media and jobs do not live for ever."""
    fake.fail("POST /v2", *[Fault()] * 3)
    run("push", people)
    fake.forget()

    resumed = run("push", people)

    assert resumed.exit_code == 0
    assert "starting over" in resumed.stderr
    assert len(fake.uploads) == 2


def test_an_old_break_is_forgotten(run: Run, fake: FakeServer, people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tomorrow night's run is a run of its own."""
    fake.fail("GET /v2", *[Fault(503)] * 3)
    run("push", people)
    (journal,) = state_folder().glob("*.json")
    facts = json.loads(journal.read_text())
    journal.write_text(json.dumps(facts | {"started": facts["started"] - GOES_ON_FOR}))

    run("push", people)

    assert len(fake.uploads) == 2


def test_the_journal_holds_no_token_and_no_address(run: Run, fake: FakeServer, people: Path) -> None:
    """What lies on disk between two runs is of no use to a thief."""
    fake.fail("POST /v2", *[Fault()] * 3)
    run("push", people)

    (journal,) = state_folder().glob("*.json")
    text = journal.read_text()
    assert TOKEN not in text
    assert "example.com" not in text
    assert journal.stat().st_mode & 0o077 == 0


def test_a_second_push_at_the_same_time_is_turned_away(run: Run, fake: FakeServer, people: Path) -> None:
    """Two runs of one feed would overtake each other."""
    place = place_of(fake.address, Token(TOKEN))

    with only_push(state_folder() / f"{place}.lock"):
        result = run("push", people)

    assert result.exit_code == 7
    assert fake.calls == []


def test_without_a_place_for_state_the_push_still_goes(run: Run, people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only container can push; it is told what it loses."""
    monkeypatch.setenv("ORGSYNC_STATE_DIR", str(people / "not-a-folder"))

    result = run("push", people)

    assert result.exit_code == 0
    assert "start from the beginning" in result.stderr


@pytest.mark.parametrize("status", ["TERMINATED", "VALIDATING", "", None])
def test_an_unknown_status_means_still_running(run: Run, fake: FakeServer, people: Path, status: str | None) -> None:
    """Until the time limit, which is an error of its own and says how to look again."""
    fake.answers = [{"status": status}]

    result = run("push", people, "--timeout", "0")

    assert result.exit_code == 6
    assert "orgsync watch 41" in result.stderr


def test_a_refused_token_is_exit_code_5(run: Run, people: Path) -> None:
    """And the answer in JSON says so too."""
    result = run("push", people, "--token", "wrong-token-987", "--json")

    assert result.exit_code == 5
    assert json.loads(result.stdout)["exit_code"] == 5
    assert "wrong-token-987" not in result.output


def test_a_request_that_the_server_rejects_is_exit_code_4(run: Run, fake: FakeServer, people: Path) -> None:
    """The server's own words are shown."""
    fake.fail("POST /media", Fault(*error(413, "The file is over 1 GB", None, "TOO_LARGE")))

    result = run("push", people)

    assert result.exit_code == 4
    assert "over 1 GB" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--server", "ftp://example.com"),
        ("--server", "http://hr.example.com"),
        ("--server", "https://user:word@example.com"),
        ("--server", "https://api.linkedin.com", "--rows", "good_rows"),
        ("--server", "https://api.linkedin.com", "--mode", "additions_only"),
        ("--automatic", "--dry-run"),
        ("--full",),
        ("--automatic", "--output", "r.csv"),
        ("--output", "no-such-folder/r.csv"),
        ("--token", "two words"),
        ("--token", "one", "--token-stdin"),
        ("--mode", "everything"),
        ("--timeout", "soon"),
    ],
)
def test_what_cannot_be_meant_is_bad_usage(
    run: Run, fake: FakeServer, people: Path, arguments: tuple[str, ...]
) -> None:
    """Nothing is sent, above all not to a server that would pass a dry run over in silence."""
    result = run("push", people, *arguments)

    assert result.exit_code == 2
    assert fake.calls == []


def test_the_token_can_come_from_a_file(
    run: Run, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blanks and line ends around it do not count; a file that others can read is pointed out."""
    monkeypatch.delenv("ORGSYNC_TOKEN")
    secret = tmp_path / "token"
    secret.write_text(f"  {TOKEN}\n")
    secret.chmod(0o644)

    result = run("push", people, "--token-file", secret)

    assert result.exit_code == 0
    assert "chmod 600" in result.stderr
