"""Three nights of a sample company, told with the commands that did it."""

import json
import re
import shlex
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path
from typing import Any, Final

import click

from orgsync.server.demo.company import Company
from orgsync.server.demo.platform import statement_batches
from orgsync.server.demo.server import ORGSYNC, DemoFailed, DemoServer, environment, run

EMAIL: Final = "owner@example.com"
PASSWORD: Final = "only-for-the-demo-4711"  # noqa: S105  of a company that does not exist, on this machine
_HELD: Final = 3
_PATIENCE: Final = 120.0
_ENDED: Final = frozenset({"DONE", "HELD", "FAILED", "CANCELLED"})


def tell(server: DemoServer, company: Company) -> None:
    """Run and print the whole story; raise DemoFailed when any step does not end as it should."""
    began = time.monotonic()
    _title(f"orgsync · {company.people:,} people, three nights, a server of its own on {server.url}")
    token = _set_up(server, company)
    _first_night(server, company, token)
    _second_night(server, company, token)
    _wrong_night(server, company, token)
    _title(f"That was the whole job, in {time.monotonic() - began:.0f} seconds")
    click.echo(f"  Employee files  {company.folder}")
    click.echo(f"  Mail            {server.data_dir / 'mail'}")
    click.echo(f"  Server's data   {server.data_dir}")
    click.echo("  make run keeps such a server up; orgsync --help lists every command.")


def seed_company(server: DemoServer, company: Company) -> None:
    """Set the company up and send the same nights, without telling."""
    token = _set_up(server, company)
    for file, code in ((company.first_night, 0), (company.second_night, 0), (company.wrong_night, _HELD)):
        _push(server, file, token, code)


def let_learn(server: DemoServer, company: Company) -> None:
    """Give the company a catalogue and assignments, and let its people learn."""
    click.echo(_indent(_orgsync(server, ["admin", "sample-learning"])))
    _learn(server, company)


def _learn(server: DemoServer, company: Company) -> None:
    """Tell the server what people learned, as a learning platform does."""
    _title("Half a year of learning, as xAPI statements of a learning platform")
    make = ["admin", "token", "--name", "Learning platform", "--feed", "Learning platform", "--mode", "changes"]
    token = _orgsync(server, [*make, "--scope", "xapi:write"]).strip()
    count = 0
    for batch in statement_batches(company.first_night, now=datetime.now(UTC)):
        server.call("/xapi/statements", token, batch)
        count += len(batch)
    click.echo(f"  {count:,} statements")


def tell_learner(server: DemoServer) -> None:
    """Print a link by which one looks at the company as one of its learners does."""
    email = learner_of(server)
    link = _quietly(server, ["admin", "learner-link", email, "--hours", "24"], "").strip()
    path = link.partition("/learn/")[2]
    click.echo(f"  As a learner    {server.url}/learn/{path}")
    click.echo(f"                  ({email}; works once, within a day)")


def learner_of(server: DemoServer) -> str:
    """Return the address of a learner who has colleagues."""
    return _quietly(server, ["admin", "sample-learner"], "").strip()


def _set_up(server: DemoServer, company: Company) -> str:
    _title("Set up: an organization, and an access token for its nightly full file")
    setup = ["admin", "setup", "--organization", company.name, "--email", EMAIL, "--password-stdin"]
    _orgsync(server, setup, given=PASSWORD)
    make = ["admin", "token", "--name", "Nightly export", "--feed", "Nightly HR", "--mode", "full"]
    token = _orgsync(server, [*make, "--notify", "hr-systems@example.com"]).strip()
    click.echo(f"  {token}")
    return token


def _first_night(server: DemoServer, company: Company, token: str) -> None:
    _title("Night 1, automatic mode: upload with curl, the results come by mail")
    location = _upload_with_curl(server, company.first_night, token)
    click.echo(f"  {location}")
    job = _wait_for(server, json.loads(location)["location"], token)
    click.echo(f"  {_counts(job)}")
    mail = _newest_mail(server)
    click.echo(f"  The result mail ({mail.name}):")
    for line in _mail_lines(mail):
        click.echo(f"  │ {line}")


def _second_night(server: DemoServer, company: Company, token: str) -> None:
    _title("Night 2, manual mode: orgsync push checks, sends, watches and fetches the results")
    job = _push(server, company.second_night, token, 0)
    click.echo(_indent(_orgsync(server, ["admin", "plan", job, "--lines", "1"])))


def _wrong_night(server: DemoServer, company: Company, token: str) -> None:
    _title("Night 3: only half of the file arrived; applied blindly, half of the company would be gone")
    job = _push(server, company.wrong_night, token, _HELD)
    click.echo(_indent(_orgsync(server, ["admin", "plan", job, "--lines", "1"])))
    click.echo("  Nothing was applied. A person decides:")
    for word in ("approve", "reject"):
        _show(["orgsync", "admin", word, job, "--data-dir", str(server.data_dir)])


def _upload_with_curl(server: DemoServer, file: Path, token: str) -> str:
    """Send the file with the documented command; where the machine has no curl, with our own client."""
    if shutil.which("curl") is None:
        click.echo("  (This machine has no curl; orgsync push --automatic sends the same request.)")
        sent = _orgsync(server, _push_command(server, file, "--automatic", "--json"), token=token)
        return json.dumps({"location": json.loads(sent)["media"]})
    address = f"{server.url}/media/upload?media_type=enterprise_csv_upload&auto_notify=true"
    head = ["curl", "-H", "Content-Type: multipart/form-data", "-H", f"Authorization: Bearer {token}"]
    command = [*head, "--form", f"file=@{file};type=text/csv", "-X", "POST", address]
    _show([part.replace(token, "<OAUTH_TOKEN>") for part in command])
    trust = ["--cacert", str(server.authority), "--silent", "--show-error", "--fail-with-body"]
    return run("The upload", [*command, *trust], environment(server.data_dir))


def _push(server: DemoServer, file: Path, token: str, code: int) -> str:
    """Push a file, show what the command says, and return the job's id."""
    said = _orgsync(server, _push_command(server, file), token=token, expected=(code,))
    click.echo(_indent(said))
    found = re.search(r"^Job (\d+):", said, re.MULTILINE)
    if found is None:
        raise DemoFailed("orgsync push", said)
    return found[1]


def _push_command(server: DemoServer, file: Path, *more: str) -> list[str]:
    results = ["--output", str(file.with_suffix(".results.csv"))] if "--automatic" not in more else []
    return ["push", str(file), "--server", server.url, "--ca", str(server.authority), *results, *more]


def _wait_for(server: DemoServer, urn: str, token: str) -> dict[str, Any]:
    """Wait for the job of an uploaded file; asking for its processing again gives the job that is there."""
    asked = server.call("/v2/enterpriseUploadJobs?action=processFile", token, {"mediaUrn": urn})
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        job: dict[str, Any] = server.call(f"/v2/enterpriseUploadJobs/{asked['value']}", token)
        if job["status"] in _ENDED:
            return job
        time.sleep(0.2)
    raise DemoFailed("Night 1", f"The job did not end in {_PATIENCE:.0f} seconds.")


def _newest_mail(server: DemoServer) -> Path:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if mails := sorted((server.data_dir / "mail").glob("*.eml")):
            return mails[-1]
        time.sleep(0.2)
    raise DemoFailed("Night 1", "The result mail did not come.")


def _mail_lines(mail: Path) -> list[str]:
    message = message_from_bytes(mail.read_bytes(), policy=default_policy)
    head = [f"{name}: {message[name]}" for name in ("From", "To", "Subject")]
    return [*head, "", *message.get_content().splitlines()]


def _orgsync(
    server: DemoServer, arguments: Sequence[str], *, token: str = "", given: str = "", expected: Sequence[int] = (0,)
) -> str:
    _show(["orgsync", *arguments])
    return _quietly(server, arguments, token, given=given, expected=expected)


def _quietly(
    server: DemoServer, arguments: Sequence[str], token: str, *, given: str = "", expected: Sequence[int] = (0,)
) -> str:
    env = {**environment(server.data_dir), "ORGSYNC_TOKEN": token}
    return run(f"orgsync {arguments[0]}", [*ORGSYNC, *arguments], env, given=given, expected=expected)


def _counts(job: dict[str, Any]) -> str:
    counts = job["resultStats"]
    shown = ", ".join(f"{counts[f'{word}Count']:,} {word}" for word in ("created", "updated", "deleted", "error"))
    return f"Job {job['id']}: {job['status']} · {counts['totalCount']:,} rows, {shown}"


def _title(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}")


def _show(command: Sequence[str]) -> None:
    click.echo(click.style(f"  $ {shlex.join(command)}", fg="cyan"))


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines())
