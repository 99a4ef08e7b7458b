"""`orgsync check`, `sample` and `template`: everything that needs no server."""

import json
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from orgsync.client.cli import cli
from orgsync.core.checking import check_file
from orgsync.core.columns import RESULT_HEADERS


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text("primary_email_address,work_title\nana@example.com,Chef\nbad,Cook\nworse,Cook\n")
    return file


def test_check_groups_what_it_finds(spoiled: Path) -> None:
    """Two rows that are wrong in the same way are one line."""
    result = run("check", spoiled)

    assert result.exit_code == 1
    assert "invalid_email" in result.stdout
    assert "(2 rows, first 3)" in result.stdout
    assert "3 rows: 1 good, 2 in error" in result.stdout


def test_check_says_the_same_in_json(spoiled: Path) -> None:
    """For a program that decides."""
    document = json.loads(run("check", spoiled, "--json").stdout)

    assert (document["rows"], document["rows_in_error"], document["exit_code"]) == (3, 2, 1)
    assert [(issue["code"], issue["count"], issue["first_row"]) for issue in document["issues"]] == [
        ("invalid_email", 2, 3)
    ]


def test_the_annotated_file_can_be_mended_and_sent(spoiled: Path, tmp_path: Path) -> None:
    """Each row says what is wrong with it, and the file reads as the one it was made from."""
    annotated = tmp_path / "annotated.csv"

    run("check", spoiled, "--annotate", annotated)

    lines = annotated.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].split(",")[-3:] == list(RESULT_HEADERS)
    assert [line.split(",")[2] for line in lines[1:]] == ["SKIPPED", "ERROR", "ERROR"]
    assert check_file(annotated).layout.fields == check_file(spoiled).layout.fields


def test_a_file_without_rows_is_pointed_out(tmp_path: Path) -> None:
    """It is no error by itself."""
    file = tmp_path / "nobody.csv"
    file.write_text("primary_email_address\n")

    result = run("check", file)

    assert result.exit_code == 0
    assert "no_rows" in result.stdout


def test_a_file_that_cannot_be_used_is_exit_code_4(tmp_path: Path) -> None:
    """With the reason, also in JSON."""
    file = tmp_path / "empty.csv"
    file.touch()

    result = run("check", file, "--json")

    assert result.exit_code == 4
    assert "empty" in json.loads(result.stdout)["error"]


def test_ids_that_a_spreadsheet_has_rewritten_are_pointed_out(tmp_path: Path) -> None:
    """Offline nobody knows whether they are errors, but everybody can see them."""
    file = tmp_path / "ids.csv"
    file.write_text("unique_user_id,primary_email_address\n1.20E+05,ana@example.com\n")

    assert "scientific_id" in run("check", file).stdout


def test_a_workbook_is_checked_as_the_csv_that_it_would_make(tmp_path: Path) -> None:
    """With a note that a server would not take it as it is."""
    file = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("People")
        sheet.write_row(0, 0, ["primary_email_address", "unique_user_id"])
        sheet.write_row(1, 0, ["ana@example.com", "007"])
        sheet.write_row(2, 0, ["bad", 12345678901])

    result = run("check", file, "--json")

    assert result.exit_code == 1
    assert "sheet People was checked as CSV" in result.stderr
    assert [(issue["code"], issue["first_row"]) for issue in json.loads(result.stdout)["issues"]] == [
        ("invalid_email", 3)
    ]


def test_the_organizations_date_format_is_read(tmp_path: Path) -> None:
    """Without it the date is a warning."""
    file = tmp_path / "dates.csv"
    file.write_text("primary_email_address,start_date\nana@example.com,31|12|2024\n")

    assert "invalid_date" in run("check", file).stdout
    assert "invalid_date" not in run("check", file, "--date-format", "%d|%m|%Y").stdout


def test_a_sample_is_a_good_file_and_the_same_each_time(tmp_path: Path) -> None:
    """Day 2 has a number of leavers, given as such."""
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    options = ("--people", 50, "--seed", 7, "--joiners", 0)

    run("sample", *options, "-o", first)
    run("sample", *options, "--day", 2, "--leavers", 3, "-o", second)

    assert run("sample", *options).stdout_bytes == first.read_bytes()
    assert (check_file(first).row_count, check_file(second).row_count) == (50, 47)
    assert check_file(first).error_count == 0


def test_an_unknown_mistake_names_those_that_there_are() -> None:
    """The list need not be looked up."""
    result = run("sample", "--wrong", "help")

    assert result.exit_code == 2
    assert "html" in result.stderr


@pytest.mark.parametrize("kind", ["users", "admins", "deletion"])
def test_each_template_is_a_file_without_errors(kind: str, tmp_path: Path) -> None:
    """As it stands, example row included."""
    file = tmp_path / "template.csv"

    result = run("template", kind, "-o", file)

    assert result.exit_code == 0
    assert check_file(file).error_count == 0
