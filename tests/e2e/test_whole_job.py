"""The whole job through real processes: HTTPS, database, worker, SMTP, and the client on the other side."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from orgsync.server.demo.server import environment
from orgsync.server.embedded import remove_data_dir
from tests.mailbox import Mailbox, smtp_server

ORGSYNC = [sys.executable, "-m", "orgsync"]
PATIENCE = 90.0


def mails_to(mailbox: Mailbox, address: str) -> list[EmailMessage]:
    return [mail for mail in mailbox.messages if mail["To"] == address]


@dataclass(frozen=True)
class Installation:
    url: str
    data_dir: Path
    mailbox: Mailbox

    @property
    def authority(self) -> str:
        return str(self.data_dir / "tls" / "ca.pem")

    def orgsync(self, *arguments: str, code: int = 0, given: str = "", token: str = "") -> str:
        env = {**environment(self.data_dir), "ORGSYNC_TOKEN": token}
        done = subprocess.run([*ORGSYNC, *arguments], env=env, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def token(self, feed: str, mode: str, *more: str) -> str:
        made = self.orgsync("admin", "token", "--name", feed, "--feed", feed, "--mode", mode, *more)
        return made.strip()

    def curl(self, *arguments: str) -> str:
        command = ["curl", "--silent", "--show-error", "--cacert", self.authority, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def push(self, file: Path, token: str, *more: str, code: int = 0) -> str:
        server = ["--server", self.url, "--ca", self.authority]
        return self.orgsync("push", str(file), *server, *more, token=token, code=code)


def wait_for(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    pytest.fail(f"{what} did not come in {PATIENCE:.0f} seconds")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`orgsync serve` with TLS, its own database and a real SMTP server, set up by the admin commands."""
    data_dir = tmp_path_factory.mktemp("whole-job") / "server"
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        command = [*ORGSYNC, "serve", "--tls-self-signed", "--port", "0"]
        command += ["--smtp-url", f"smtp://127.0.0.1:{port}?tls=none"]
        process = subprocess.Popen(command, env=environment(data_dir), stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            url = next(line.split()[-1] for line in process.stdout if line.startswith("Listening on"))
            found = Installation(url, data_dir, mailbox)
            owner = ["--organization", "Acme", "--email", "owner@example.com", "--password-stdin"]
            found.orgsync("admin", "setup", *owner, given="a long enough password\n")
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    remove_data_dir(data_dir)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def people(numbers: range) -> list[str]:
    rows = [f'p{n}@example.com,E{n},Engineer,"Engineers, Lisbon",active' for n in numbers]
    return ["primary_email_address,unique_user_id,work_title,groups,license_english_status", *rows]


def test_automatic_mode_ends_in_mails_with_the_download(installation: Installation, tmp_path: Path) -> None:
    """
    The documented upload, nothing else: both addresses are told, and the command in the mail fetches the results.
    """
    token = installation.token("Automatic", "changes", "--notify", "hr@example.com")
    file = write(tmp_path / "upload.csv", *people(range(1, 4)), "broken,E9,,,")

    installation.curl(
        *("-H", "Content-Type: multipart/form-data", "-H", f"Authorization: Bearer {token}"),
        *("--form", f"file=@{file};type=text/csv", "-X", "POST"),
        f"{installation.url}/media/upload?media_type=enterprise_csv_upload&auto_notify=true",
    )
    (mail,) = wait_for(lambda: mails_to(installation.mailbox, "hr@example.com"), "The result mail")
    wait_for(lambda: mails_to(installation.mailbox, "owner@example.com"), "The mail to the owner")
    text = mail.get_content()
    command = re.search(r'-X GET "(https://[^"]+)"', text)
    assert command is not None, text
    results = installation.curl("-H", f"Authorization: Bearer {token}", command[1]).removeprefix("\ufeff")

    assert [row["Status"] for row in csv.DictReader(results.splitlines())] == ["CREATED"] * 3 + ["ERROR"]
    assert "errors" in text
    assert "p1@example.com" not in text


def test_manual_mode_by_the_documented_commands(installation: Installation, tmp_path: Path) -> None:
    """
    Upload, process, track, download: each with curl, as the document has it.
    """
    token = installation.token("Manual", "changes")
    bearer = ("-H", f"Authorization: Bearer {token}")
    file = write(tmp_path / "upload.csv", *people(range(101, 104)))

    upload = f"{installation.url}/media/upload?media_type=enterprise_csv_upload"
    form = ("-H", "Content-Type: multipart/form-data", *bearer, "--form", f"file=@{file};type=text/csv", "-X", "POST")
    urn = json.loads(installation.curl(*form, f"{upload}&auto_notify=false"))["location"]
    jobs = f"{installation.url}/v2/enterpriseUploadJobs"
    body = json.dumps({"mediaUrn": urn}) + " "
    started = installation.curl(
        *bearer, "-H", "Content-Type: application/json", "-X", "POST", f"{jobs}?action=processFile", "--data", body
    )
    job_id = json.loads(started)["value"]

    def done() -> dict[str, Any] | None:
        job: dict[str, Any] = json.loads(installation.curl(*bearer, "-X", "GET", f"{jobs}/{job_id}"))
        return job if job["status"] == "DONE" else None

    job = wait_for(done, "The job's end")
    results = installation.curl(*bearer, "-X", "GET", f"{upload}&id={job['resultMedia']}")

    assert job["resultStats"]["updatedCount"] == job["resultStats"]["totalCount"] == 3
    assert results.count("CREATED") == 3


def test_wrong_full_file_is_held_until_a_person_decides(installation: Installation, tmp_path: Path) -> None:
    """
    Half of the people missing: held, both commands work on it, and an approval applies it.
    """
    token = installation.token("Nightly", "full")
    everybody = write(tmp_path / "everybody.csv", *people(range(201, 221)))
    half = write(tmp_path / "half.csv", *people(range(201, 209)))

    installation.push(everybody, token)
    held = installation.push(half, token, code=3)
    found = re.search(r"^Job (\d+): HELD", held, re.MULTILINE)
    assert found is not None, held
    plan = installation.orgsync("admin", "plan", found[1])
    installation.orgsync("admin", "approve", found[1])

    def applied() -> bool:
        server = ["--server", installation.url, "--ca", installation.authority]
        return "DONE" in installation.orgsync("status", found[1], *server, token=token)

    assert "leavers" in held
    assert "12  deactivated" in plan
    assert wait_for(applied, "The approved job's end")
    assert any("hold" in str(mail["Subject"]) for mail in mails_to(installation.mailbox, "owner@example.com"))


def night(installation: Installation, folder: Path, token: str, *more: str, code: int = 0) -> str:
    """Run the client once with the configuration in the folder and a state of its own."""
    env = {**environment(installation.data_dir), "ORGSYNC_TOKEN": token, "ORGSYNC_STATE_DIR": str(folder / "state")}
    command = [*ORGSYNC, *(more or ("run",)), "--config", str(folder / "orgsync.toml"), "--ca", installation.authority]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_nights_of_the_client(installation: Installation, tmp_path: Path) -> None:
    """
    Green, then stopped at home, then held by the server, then approved and undone by a token of another feed.
    """
    token = installation.token("Client", "full")
    decider = installation.token(
        "Console", "changes", "--scope", "jobs:approve", "--scope", "jobs:undo", "--scope", "sync"
    )
    write(tmp_path / "people.csv", *people(range(301, 331)))
    write(
        tmp_path / "orgsync.toml",
        *("[source]", 'kind = "file"', 'path = "people.csv"'),
        *("[target]", 'kind = "orgsync"', f'server = "{installation.url}"', 'mode = "full"'),
        *("[run]", 'log = "run.jsonl"', 'metrics = "run.prom"', 'results = "results.csv"'),
    )

    doctor = night(installation, tmp_path, token, "doctor")
    green = night(installation, tmp_path, token)
    write(tmp_path / "people.csv", *people(range(301, 309)))
    stopped = night(installation, tmp_path, token, code=3)
    digest = re.search(r"--accept-plan ([0-9a-f]+)", stopped)
    assert digest is not None, stopped
    held = night(installation, tmp_path, token, "run", "--accept-plan", digest[1], code=3)
    job = re.search(r"Job (\d+): HELD", held)
    assert job is not None, held
    night(installation, tmp_path, token, "approve", job[1], code=5)
    night(installation, tmp_path, decider, "approve", job[1])
    applied = night(installation, tmp_path, token, "watch", job[1])
    again = night(installation, tmp_path, token)
    undo = night(installation, tmp_path, decider, "undo", job[1])

    assert "may: sync" in doctor
    assert "8 unchanged" in again, "what a person has accepted does not stop the next night"
    assert "30 updated" in green
    assert "row_count_drop" in stopped
    assert "leavers" in held
    assert "DONE" in applied
    assert f"undoes job {job[1]}" in undo
    left = "".join((tmp_path / name).read_text() for name in ("run.jsonl", "run.prom"))
    assert token not in left
    assert "@example.com" not in left


def test_linkedin_target_against_our_server(installation: Installation, tmp_path: Path) -> None:
    """
    Our server is what LinkedIn's client expects: differences alone go out, and its results advance what is known.
    """
    token = installation.token("As LinkedIn", "changes")
    write(
        tmp_path / "orgsync.toml",
        *("[source]", 'kind = "file"', 'path = "people.csv"'),
        *("[target]", 'kind = "linkedin"', f'server = "{installation.url}"', 'licenses = ["license_english_status"]'),
    )
    write(tmp_path / "people.csv", *people(range(401, 431)), "broken,E499,,,")
    first = night(installation, tmp_path, token, code=1)
    write(tmp_path / "people.csv", *people(range(402, 431)))
    second = night(installation, tmp_path, token)
    third = night(installation, tmp_path, token)

    assert "30 of 30 rows accepted" in first
    assert "1 leaving" in second
    assert "1 of 1 rows accepted" in second
    assert "Nothing to send" in third


def test_backup_of_a_working_server_is_restored_elsewhere(installation: Installation, tmp_path: Path) -> None:
    """
    Two commands, no stop; there are the same jobs, the logs hold, and the server's own keys are asked for.
    """
    copy = Installation("", tmp_path / "copy", Mailbox())

    installation.orgsync("admin", "backup", str(tmp_path / "without-key"))
    installation.orgsync("admin", "backup", "--with-key", str(tmp_path / "backup"))
    try:
        copy.orgsync("admin", "restore", str(tmp_path / "without-key"), code=6)
        told = copy.orgsync("admin", "restore", str(tmp_path / "backup"))

        assert "Restored as of" in told
        assert copy.orgsync("admin", "jobs") == installation.orgsync("admin", "jobs")
        assert "entries hold" in copy.orgsync("admin", "verify-audit")
    finally:
        remove_data_dir(copy.data_dir)


def test_demo_tells_its_story(tmp_path: Path) -> None:
    """
    The demo ends well, and its third night is held.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("ORGSYNC_")}
    folder = tmp_path / "demo"
    try:
        done = subprocess.run(
            [*ORGSYNC, "demo", "--people", "300", "--data-dir", str(folder)],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        remove_data_dir(folder / "server")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "HELD" in done.stdout
    assert "Upload processed" in done.stdout
