"""What LinkedIn does that nobody promised: the client takes it, says it, and never believes too much."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from linkedin_world import TOKEN, Linkedin

Cli = Callable[..., Result]
People = Callable[..., Path]
TWO = ("primary_email_address,work_title", "ana@example.com,Lead", "bo@example.com,Clerk")


@pytest.mark.parametrize("shape", ["full", "messages", "only_messages", "errors_only"])
def test_results_of_any_layout(cli: Cli, linkedin: Linkedin, people: People, shape: str) -> None:
    """With or without a status, with or without the input's columns, or with the bad rows alone."""
    file = people(*TWO)
    linkedin.script(results=shape, rejects=["bo@example.com"])
    first = cli("push", file)
    linkedin.script(results=shape)

    second = cli("push", file)

    assert (first.exit_code, second.exit_code) == (1, 0), first.output + second.output
    assert "1 of 2 rows accepted" in first.stdout
    assert linkedin.files[-1].count("@") == 1


@pytest.mark.parametrize(
    "odd", [{"results": "none"}, {"results": "nothing_known"}, {"critical": 1, "results": "messages"}]
)
def test_what_cannot_be_told_is_not_believed(
    cli: Cli, linkedin: Linkedin, people: People, odd: dict[str, object]
) -> None:
    """Without a word on the rows, or after a critical error, nothing counts as accepted; it is sent again."""
    file = people(*TWO)
    linkedin.script(**odd)
    first = cli("push", file)
    linkedin.script()

    second = cli("push", file)

    assert (first.exit_code, second.exit_code) == (1, 0), first.output + second.output
    assert "0 of 2 rows accepted" in first.stdout
    assert linkedin.files[0] == linkedin.files[1]


def test_a_rough_night(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """Odd words, slow jobs, odd messages, a fresh token and broken connections: in the end all is well, once."""
    linkedin.script(
        fresh=1,
        statuses=["WAITING_FOR_GODOT", "", "VALIDATING", "PARTIALLY DONE"],
        messages={"weird": ["shape", 1]},
        breaks_before=1,
        word="odd but good",
    )

    result = cli("push", people(*TWO))

    state = linkedin.state()
    assert result.exit_code == 0, result.output
    assert "Unknown words of the results' status column: odd but good" in result.stdout
    assert "weird" in result.stdout
    assert (len(state["processed"]), state["violations"]) == (1, [])
    assert TOKEN not in result.output


def test_the_limit_of_the_day(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """Nobody knocks on until midnight: one call, and the reason."""
    linkedin.script(throttles=9)

    result = cli("push", people(*TWO))

    assert result.exit_code == 6
    assert "midnight UTC" in result.stderr
    assert len(linkedin.state()["calls"]) == 1


def test_automatic_mode_waits_for_the_mail(cli: Cli, linkedin: Linkedin, people: People, tmp_path: Path) -> None:
    """Nothing is known until the results that came by mail are brought."""
    file = people(*TWO)
    sent = cli("push", file, "--automatic")
    results = tmp_path / "mailed.csv"
    results.write_text(
        linkedin.files[0].replace("\r\n", ",Messages\r\n", 1).replace("Clerk,", "Clerk,").rstrip() + ",Bad\r\n"
    )

    brought = cli("results", "--file", results)
    again = json.loads(cli("plan", file, "--json").stdout)

    assert (sent.exit_code, brought.exit_code) == (0, 1), sent.output + brought.output
    assert "mails the results" in sent.stdout
    assert "1 rows accepted; 1 are not" in brought.stdout
    assert again["counts"]["told"] == 1
    assert linkedin.state()["processed"] == [linkedin.state()["uploads"][0]["urn"]]


def test_two_nights_before_the_mail(cli: Cli, linkedin: Linkedin, people: People, tmp_path: Path) -> None:
    """Whoever is sent twice before any results are heard is one person, whatever came between."""
    cli("push", people(*TWO), "--automatic")
    cli("push", people(TWO[0], "cy@example.com,Cook", *TWO[1:]), "--automatic")
    results = tmp_path / "mailed.csv"
    lines = ("cy@example.com,Cook,", "ana@example.com,Lead,", "bo@example.com,Clerk,")
    results.write_text("\n".join(["primary_email_address,work_title,Messages", *lines]))

    brought = cli("results", "--file", results)
    planned = json.loads(cli("plan", people(TWO[0], "cy@example.com,Cook", *TWO[1:]), "--json").stdout)

    assert brought.exit_code == 0, brought.output
    assert planned["counts"]["told"] == 0
    assert planned["counts"]["unchanged"] == 3


def test_a_broken_push_goes_on(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """The file that arrived is not sent again, and a job is not started twice."""
    file = people(*TWO)
    linkedin.script(statuses=["RUNNING"])
    broken = cli("push", file, "--timeout", "0")

    resumed = cli("push", file)

    state = linkedin.state()
    assert (broken.exit_code, resumed.exit_code) == (6, 0), broken.output + resumed.output
    assert (len(state["uploads"]), len(state["processed"])) == (1, 1)


def test_another_file_first_hears_of_the_broken_one(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """What was accepted meanwhile is known, although its push was never seen to its end."""
    linkedin.script(statuses=["RUNNING"])
    cli("push", people(*TWO), "--timeout", "0")

    result = cli("push", people(*TWO, "cy@example.com,Clerk"))

    assert result.exit_code == 0, result.output
    assert linkedin.files[1].count("@") == 1


def test_state_can_be_forgotten(cli: Cli, linkedin: Linkedin, people: People, tmp_path: Path) -> None:
    """It holds addresses, so it is for its owner alone, and it can be removed."""
    file = people(*TWO)
    cli("push", file)
    (state,) = (tmp_path / "state").rglob("acknowledged.parquet")
    mode = state.stat().st_mode & 0o777

    forgotten = cli("forget", "--yes", "--json")

    assert mode == 0o600
    assert state.parent.stat().st_mode & 0o077 == 0
    assert "acknowledged.parquet" in json.loads(forgotten.stdout)["removed"]
    assert not state.exists()
    assert json.loads(cli("plan", file, "--json").stdout)["counts"]["told"] == 2
