"""`orgsync status`, `watch` and `results`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from fake_server import FakeServer, Fault

Run = Callable[..., Result]


@pytest.fixture
def job(fake: FakeServer) -> str:
    """A job that is running at the first look and done with a row in error at the second."""
    fake.answers = [{"status": "PROCESSING"}, {"status": "DONE", "resultStats": {"totalCount": 3, "errorCount": 1}}]
    fake.media["urn:li:media:in"] = b""
    return fake.start_job("urn:li:media:in", {})


def test_status_looks_once(run: Run, job: str) -> None:
    """A job that runs is no error."""
    result = run("status", job, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "PROCESSING"


def test_watch_waits_for_the_end(run: Run, job: str) -> None:
    """It leaves with the job's own exit code."""
    result = run("watch", job)

    assert result.exit_code == 1
    assert "3 rows" in result.stdout


def test_an_unknown_job_is_bad_usage(run: Run) -> None:
    """The number was mistyped, or belongs to somebody else."""
    assert run("watch", "4711").exit_code == 2


@pytest.mark.parametrize("name", ["41", "urn:li:media:result-1", "urn:li:media: result-1"])
def test_results_are_fetched_by_job_or_urn(run: Run, fake: FakeServer, job: str, name: str, tmp_path: Path) -> None:
    """Also with the blank that printed URNs have."""
    output = tmp_path / "r.csv"

    result = run("results", name, "-o", output)

    assert result.exit_code == 0
    assert output.read_bytes() == fake.results


def test_results_go_to_stdout_untouched(run: Run, fake: FakeServer, job: str) -> None:
    """For a pipe."""
    result = run("results", job, "-o", "-")

    assert result.stdout_bytes == fake.results


def test_a_download_that_fails_leaves_the_old_file(run: Run, fake: FakeServer, job: str, tmp_path: Path) -> None:
    """The results appear whole or not at all, and nothing lies about beside them."""
    output = tmp_path / "out" / "r.csv"
    output.parent.mkdir()
    output.write_text("yesterday")
    fake.fail("GET /media", *[Fault(sends_only=5)] * 3)

    result = run("results", job, "-o", output)

    assert result.exit_code == 6
    assert output.read_text() == "yesterday"
    assert list(output.parent.iterdir()) == [output]
