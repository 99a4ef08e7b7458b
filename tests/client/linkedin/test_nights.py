"""Nights at LinkedIn: only differences go out, and only what was accepted counts as known."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from linkedin_world import Linkedin

Cli = Callable[..., Result]
People = Callable[..., Path]
HEADER = "unique_user_id,primary_email_address,preferred_first_name,work_title,work_phone_number,groups"


def test_nights_in_a_row(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """First everybody, then nothing, then a mover, a leaver and a change of groups; never a blank cell."""
    first = people(
        HEADER,
        'E1,ana@example.com,Ana,Engineer,555 0100,"Sales, Lisbon"',
        "E2,bo@example.com,Bo,Clerk,,Sales",
        "E3,cy@example.com,Cy,Clerk,,",
    )
    told = cli("push", first)
    again = cli("push", first)

    assert (told.exit_code, again.exit_code) == (0, 0), told.output
    assert "Nothing to send" in again.stdout
    state = linkedin.state()
    assert state["violations"] == []
    assert state["people"]["ana@example.com"] == {
        "unique_user_id": "E1",
        "preferred_first_name": "Ana",
        "work_title": "Engineer",
        "work_phone_number": "555 0100",
        "license_english_status": "active",
        "groups": ["Lisbon", "Sales"],
    }
    sent = len(state["uploads"])

    second = people(
        HEADER,
        "E1,ana@example.com,Ana,Lead,,Lisbon",
        "E2,bo.new@example.com,Bo,Clerk,,Sales",
    )
    moved = cli("push", second)

    assert moved.exit_code == 0, moved.output
    state = linkedin.state()
    assert state["violations"] == []
    assert "ana@example.com" in state["people"]
    assert state["people"]["ana@example.com"]["work_title"] == "Lead"
    assert state["people"]["ana@example.com"]["groups"] == ["Lisbon"]
    assert state["people"]["cy@example.com"]["license_english_status"] == "inactive"
    assert state["people"]["bo.new@example.com"]["unique_user_id"] == "E2"
    assert "bo@example.com" not in state["people"]
    assert "emptied by HR, but nobody can clear it at LinkedIn: work_phone_number (1 rows, first 2)" in moved.stderr
    news = "".join(upload["text"] for upload in state["uploads"][sent:])
    assert "Clerk" not in news
    assert cli("push", second).stdout.startswith("Nothing to send")


def test_who_comes_back_gets_the_license_back(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """A leaver is remembered, so that a return is one."""
    header = "primary_email_address,worker_status"
    cli("push", people(header, "ana@example.com,active", "bo@example.com,active"))
    cli("push", people(header, "ana@example.com,active", "bo@example.com,inactive"))
    left = linkedin.people["bo@example.com"]["license_english_status"]

    back = cli("push", people(header, "ana@example.com,active", "bo@example.com,active"))

    assert left == "inactive"
    assert back.exit_code == 0, back.output
    assert linkedin.people["bo@example.com"]["license_english_status"] == "active"


def test_who_left_before_is_never_heard_of(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """A row of somebody who left long ago makes nobody's profile; a last day in the past counts as having left."""
    file = people(
        "primary_email_address,worker_status,end_date",
        "ana@example.com,active,2999-01-01",
        "old@example.com,inactive,",
        "older@example.com,,2001-01-01",
    )

    told, again = cli("push", file), cli("push", file)

    assert set(linkedin.people) == {"ana@example.com"}
    assert "left before LinkedIn heard of them: 2 rows" in told.stderr
    assert again.stdout.startswith("Nothing to send")
    assert "end_date" not in "".join(linkedin.files)


def test_a_truncated_export_does_not_leave_the_house(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """The guards of the server stop it here; a question that is answered with --yes is no way around them."""
    everybody = [f"E{number},p{number}@example.com,P{number}" for number in range(60)]
    header = "unique_user_id,primary_email_address,preferred_first_name"
    cli("push", people(header, *everybody))
    calls = len(linkedin.state()["calls"])

    half = people(header, *everybody[:30])
    stopped = cli("push", half, "--yes")
    planned = json.loads(cli("plan", half, "--json").stdout)
    wrong = cli("push", half, "--accept-plan", "0123456789abcdef")

    assert (stopped.exit_code, wrong.exit_code) == (3, 3)
    assert "HELD leavers" in stopped.stdout
    assert {reason["code"] for reason in planned["reasons"]} >= {"leavers", "row_count_drop", "licenses_revoked"}
    assert len(linkedin.state()["calls"]) == calls

    accepted = cli("push", half, "--accept-plan", planned["plan"])

    assert accepted.exit_code == 0
    revoked = [mail for mail, facts in linkedin.people.items() if facts["license_english_status"] == "inactive"]
    assert len(revoked) == 30


def test_only_accepted_rows_are_known(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """A row in error is sent again the next night, and nothing else is."""
    file = people("primary_email_address,work_title", "ana@example.com,Lead", "bo@example.com,Clerk")
    linkedin.script(rejects=["bo@example.com"])
    first = cli("push", file)
    linkedin.script()

    second = cli("push", file)

    assert (first.exit_code, second.exit_code) == (1, 0)
    assert "could not be processed" in first.stdout
    assert "ana@example.com" not in linkedin.files[-1]
    assert "bo@example.com" in linkedin.files[-1]


def test_everything_can_be_told_again(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """--full mends what somebody changed at LinkedIn by hand."""
    file = people("primary_email_address,work_title", "ana@example.com,Lead", "bo@example.com,Clerk")
    cli("push", file)

    full = cli("push", file, "--full")

    assert full.exit_code == 0
    assert linkedin.files[-1].count("@example.com") == 2


def test_people_of_whom_different_columns_are_known(cli: Cli, linkedin: Linkedin, people: People) -> None:
    """However the holes lie, no file has a blank cell and everything arrives."""
    columns = ["work_title", "department_name", "job_level", "country_code", "work_phone_number", "attribute_site"]
    rows = []
    for number in range(64):
        cells = [f"v{number}" if number >> place & 1 else "" for place in range(6)]
        rows.append(f"p{number}@example.com,{','.join(cells)}")
    file = people(f"primary_email_address,{','.join(columns)}", *rows)

    told, again = cli("push", file), cli("push", file)

    state = linkedin.state()
    assert told.exit_code == 0, told.output
    assert state["violations"] == []
    assert len(state["uploads"]) <= 7
    for number in range(64):
        known = {name for place, name in enumerate(columns) if number >> place & 1}
        assert set(state["people"][f"p{number}@example.com"]) - {"groups", "license_english_status"} == known
    assert again.stdout.startswith("Nothing to send")

    # The next night every cell changes, and somebody's address with them: nobody becomes a second person by that.
    changed = [row.replace(",v", ",w") for row in rows]
    old, cells = changed[63].split(",", 1)
    header = f"primary_email_address,existing_email_address,{','.join(columns)}"
    moved = [f"{mail},,{rest}" for mail, rest in (row.split(",", 1) for row in changed[:63])]
    file = people(header, *moved, f"new@example.com,{old},{cells}")
    night = cli("push", file, "--accept-plan", json.loads(cli("plan", file, "--json").stdout)["plan"])

    state = linkedin.state()
    assert (night.exit_code, state["violations"]) == (0, []), night.output
    assert len(state["people"]) == 64
    assert state["people"]["new@example.com"]["attribute_site"] == "w63"


def test_headers_can_be_renamed_and_left_out(cli: Cli, linkedin: Linkedin, people: People, config: Path) -> None:
    """What the file calls otherwise, and what is nobody's business, is said in the configuration."""
    text = config.read_text().replace(
        'licenses = ["license_english_status"]',
        'email_header = "primary_email_address"\n'
        'headers = { department_name = "attribute_department", work_phone_number = "" }',
    )
    config.write_text(text)
    columns = ("department_name", "work_phone_number", "Europe_License_English_Status", "permission_curate_content")
    header = ",".join(["primary_email_address", *columns])

    told = cli("push", people(header, "ana@example.com,Sales,555 0100,active,yes"))

    assert told.exit_code == 0, told.output
    assert linkedin.files == [
        "primary_email_address,attribute_department,Europe_License_English_Status\r\nana@example.com,Sales,active\r\n"
    ]
