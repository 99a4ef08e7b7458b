"""`orgsync run`: the whole way in one step, fit for cron."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from linkedin_world import TOKEN, Linkedin

from orgsync.client.lock import only_run

Cli = Callable[..., Result]
HERE = Path(__file__).parent
ROWS = "Mail,First\r\nana@example.com,Ana\r\nbo@example.com,Bo\r\n"


@pytest.fixture
def nightly(config: Path, tmp_path: Path) -> Path:
    """A source that calls its columns otherwise."""
    (tmp_path / "hr.csv").write_text(ROWS, newline="")
    config.write_text(
        config.read_text()
        + '[source]\nkind = "file"\npath = "hr.csv"\n'
        + '[mapping.columns]\nprimary_email_address = "Mail"\npreferred_first_name = "First"\n'
    )
    return config


def test_a_green_night(cli: Cli, linkedin: Linkedin, nightly: Path, tmp_path: Path) -> None:
    """Source, mapping, LinkedIn, and what a run leaves behind: log, metrics, one page, results."""
    first, second = cli("run"), cli("run")

    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert linkedin.people["ana@example.com"]["preferred_first_name"] == "Ana"
    out = tmp_path / "out"
    events = [json.loads(line) for line in (out / "orgsync.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events if event["event"] in {"started", "ended"}] == ["started", "ended"] * 2
    metrics = (out / "orgsync.prom").read_text()
    target = f'target="{linkedin.address}"'
    assert f"orgsync_run_exit_code{{{target}}} 0.000\n" in metrics
    assert re.search(rf"orgsync_run_success_timestamp_seconds{{{target}}} \d+", metrics)
    assert f'orgsync_run_count{{{target},what="rows"}} 2\n' in metrics
    assert "Nothing to send" in (out / "summary.txt").read_text()
    assert (out / "results.csv").read_text().count("SUCCESS") == 2
    assert (out / "results.csv").stat().st_mode & 0o077 == 0
    for file in ("orgsync.jsonl", "orgsync.prom", "summary.txt"):
        text = (out / file).read_text()
        assert "@example.com" not in text
        assert TOKEN not in text
    assert "@example.com" not in first.output + second.output


def test_a_held_run_is_accepted_with_the_very_same_people(
    cli: Cli, linkedin: Linkedin, nightly: Path, tmp_path: Path
) -> None:
    """What a person accepted is what goes, even when the source has changed since."""
    source = tmp_path / "hr.csv"
    source.write_text("Mail,First\r\n" + "".join(f"p{n}@example.com,P\r\n" for n in range(40)), newline="")
    cli("run")
    source.write_text("Mail,First\r\n" + "".join(f"p{n}@example.com,P\r\n" for n in range(10)), newline="")
    held = cli("run")
    digest = re.search(r"--accept-plan ([0-9a-f]+)", held.stdout)
    assert digest is not None, held.output
    source.write_text("Mail,First\r\n", newline="")

    accepted = cli("run", "--accept-plan", digest[1])

    assert (held.exit_code, accepted.exit_code) == (3, 0), accepted.output
    revoked = [mail for mail, facts in linkedin.people.items() if facts["license_english_status"] == "inactive"]
    assert len(revoked) == 30


def test_what_goes_wrong_is_told_everywhere(cli: Cli, linkedin: Linkedin, nightly: Path, tmp_path: Path) -> None:
    """A missing source ends with 2, an expired token with 5, and metrics and summary say so."""
    config = nightly.read_text()
    nightly.write_text(config.replace("hr.csv", "gone.csv"))
    missing = cli("run")
    nightly.write_text(config.replace("[target]", "[target]\ntoken_expires = 2020-01-01"))
    refused = cli("run", "--token", "expired-token-0123456789")

    assert (missing.exit_code, refused.exit_code) == (2, 5)
    assert 'orgsync_run_exit_code{target="' in (tmp_path / "out" / "orgsync.prom").read_text()
    summary = (tmp_path / "out" / "summary.txt").read_text()
    assert "ended with 5" in summary
    assert "expired" in summary
    assert "expired-token" not in summary + refused.output + (tmp_path / "out" / "orgsync.jsonl").read_text()


def test_two_at_once_are_refused(cli: Cli, linkedin: Linkedin, nightly: Path, tmp_path: Path) -> None:
    """The second leaves with 7 and touches nothing, not even the metrics."""
    cli("run")
    (folder,) = (path.parent for path in (tmp_path / "state").rglob("run.lock"))
    before = (tmp_path / "out" / "orgsync.prom").read_bytes()

    with only_run(folder / "run.lock"):
        second = cli("run")

    assert second.exit_code == 7
    assert (tmp_path / "out" / "orgsync.prom").read_bytes() == before


def test_killed_anywhere_and_started_again(linkedin: Linkedin, nightly: Path, tmp_path: Path) -> None:
    """Kill -9 before every write, and before and after every call, in turn; each time the next run mends it.

    No file is uploaded or started twice but for the one moment that no client can see: an upload or a start whose
    answer never came. LinkedIn then has a file that nobody starts, or is asked for the same job again.
    """
    environment = {
        **os.environ,
        "ORGSYNC_CONFIG": str(nightly),
        "ORGSYNC_TOKEN": TOKEN,
        "ORGSYNC_STATE_DIR": str(tmp_path / "state"),
    }
    ended = subprocess.run(
        [sys.executable, HERE / "kill_loop.py", linkedin.address, tmp_path / "hr.csv"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["kills"] >= 20
    state = linkedin.state()
    assert state["violations"] == []
    assert {mail: facts["preferred_first_name"] for mail, facts in state["people"].items()} == report["people"]
