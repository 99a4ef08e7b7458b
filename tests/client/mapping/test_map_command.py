"""`orgsync pull` and `orgsync map`, from a source to a file that passes the check."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orgsync.client.cli import cli
from orgsync.core.checking import check_file

SOURCE = """\
Personalnummer;Mitarbeiter;E-Mail (geschäftlich);Abteilung;Eintrittsdatum;Beschäftigungsstatus;Kostenstelle
0001;Müller, Jörg;joerg@example.com;Vertrieb;31.03.2020;aktiv;K1
0002;Groß, Eva;eva@example.com;Vertrieb;15.07.2021;Ausgeschieden;K2
"""
CONFIG = """
[source]
kind = "file"
path = "hr.csv"

[mapping]
keep = { column = "Beschäftigungsstatus", is_not = "Ausgeschieden" }

[mapping.columns]
unique_user_id = "Personalnummer"
primary_email_address = "E-Mail (geschäftlich)"
start_date = { column = "Eintrittsdatum", date = "%d.%m.%Y" }

[[mapping.tests]]
name = "a date is turned around"
row = { Eintrittsdatum = "01.02.2024", Personalnummer = "0007" }
expect = { start_date = "2024-02-01", unique_user_id = "0007" }

[[mapping.tests]]
name = "who left is left out"
row = { "Beschäftigungsstatus" = "Ausgeschieden" }
left_out = true

[[mapping.tests]]
name = "what is no date is found"
row = { Eintrittsdatum = "bald" }
expect = { start_date = "" }
errors = ["start_date"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orgsync.toml").write_text(CONFIG)
    (tmp_path / "hr.csv").write_text(SOURCE, encoding="cp1252")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def test_pull_and_map_make_a_file_that_passes_the_check(folder: Path) -> None:
    """Nothing else is needed than the configuration; [target] is none of their business."""
    pulled, mapped = run("pull"), run("map")

    assert (pulled.exit_code, mapped.exit_code) == (0, 0)
    assert "Pulled 2 rows, 7 columns" in pulled.stdout
    assert "2 rows in, 1 out, 1 left out, 0 in error" in mapped.stdout
    assert (folder / "mapped.csv").read_text() == (
        "unique_user_id,primary_email_address,start_date\n0001,joerg@example.com,2020-03-31\n"
    )
    assert (folder / "mapped.csv").stat().st_mode & 0o777 == 0o600
    assert check_file(folder / "mapped.csv").issues.is_empty()


def test_a_source_that_shrank_is_said_and_a_failed_pull_leaves_the_last_file(folder: Path) -> None:
    """The file of yesterday is better than half of today's."""
    run("pull")
    (folder / "hr.csv").write_text("\n".join(SOURCE.splitlines()[:2]))
    fewer = json.loads(run("pull", "--json").stdout)
    kept = (folder / "pulled.csv").read_bytes()
    (folder / "hr.csv").unlink()

    failed = run("pull")

    assert (fewer["rows"], fewer["rows_before"]) == (1, 2)
    assert fewer["warnings"] == ["The source has 1 rows; the last time it had 2."]
    assert failed.exit_code == 2
    assert (folder / "pulled.csv").read_bytes() == kept
    assert sorted(path.name for path in folder.iterdir()) == ["orgsync.toml", "pulled.csv"]


def test_rows_in_error_are_shown_with_what_stands_there(folder: Path) -> None:
    """With row, column and rule; the exit code says that there are some."""
    (folder / "hr.csv").write_text(SOURCE.replace("31.03.2020", "demnächst"))
    run("pull")

    shown, document = run("map"), json.loads(run("map", "--json").stdout)

    assert shown.exit_code == 1
    assert "ERROR [start_date] date:" in shown.stdout
    assert "(row 2) There stands: 'demnächst'." in shown.stdout
    assert (document["rows_in_error"], document["findings"][0]["first_row"]) == (1, 2)


def test_tests_beside_the_mapping_are_run(folder: Path) -> None:
    """A test that fails says what was expected; the exit code tells a pipeline."""
    assert run("map", "--test").stdout == "3 of 3 tests passed.\n"
    (folder / "orgsync.toml").write_text(CONFIG.replace("2024-02-01", "2024-01-02"))

    failed = run("map", "--test")

    assert failed.exit_code == 1
    assert "FAILED a date is turned around\n  start_date: expected '2024-01-02', got '2024-02-01'." in failed.stdout
    assert run("map", "--test", "--json").exit_code == 1


def test_a_proposal_can_be_used_as_it_stands(folder: Path) -> None:
    """Names of several systems and languages, values that fit, a date format found, a name taken apart."""
    proposed = run("map", "--suggest", "hr.csv").stdout
    table = tomllib.loads(proposed)["mapping"]["columns"]

    assert table == {
        "primary_email_address": "E-Mail (geschäftlich)",
        "start_date": {"column": "Eintrittsdatum", "date": "%d.%m.%Y"},
        "unique_user_id": "Personalnummer",
        "department_name": "Abteilung",
        "worker_status": {
            "value": "active",
            "when": {"column": "Beschäftigungsstatus", "one_of": ["aktiv"]},
            "otherwise": "inactive",
        },
        "preferred_first_name": {"column": "Mitarbeiter", "split": ",", "part": 2},
        "preferred_last_name": {"column": "Mitarbeiter", "split": ",", "part": 1},
    }
    assert '# attribute_kostenstelle = "Kostenstelle"' in proposed
    (folder / "orgsync.toml").write_text(proposed)
    assert run("map", "hr.csv").exit_code == 0
    assert check_file(folder / "mapped.csv").error_count == 0
    facts = json.loads(run("map", "--suggest", "hr.csv", "--json").stdout)
    assert all(0 < entry["confidence"] <= 1 and entry["reason"] for entry in facts["suggestions"])


@pytest.mark.parametrize(
    ("header", "values", "column"),
    [
        ("Email - Primary Work", ["a@example.com"], "primary_email_address"),
        ("supervisorEId", ["4"], "manager_unique_user_id"),
        ("personIdExternal", ["E1", "E2"], "unique_user_id"),
        ("Home Department Description", ["Sales"], "department_name"),
        ("Prénom", ["Zoé"], "preferred_first_name"),
        ("Fecha de ingreso", ["2024-02-01"], "start_date"),
        ("Reports to email", ["a@example.com"], "manager_primary_email_address"),
        ("Wrok Email", ["a@example.com"], "primary_email_address"),
        ("id", ["4", "5"], "unique_user_id"),
        ("id", ["4", "4"], None),
        ("Kontakt", ["a@example.com"], None),
        ("Email", ["yes"], None),
        ("license_english_status", ["active"], "license_english_status"),
    ],
)
def test_names_of_many_systems_are_known_and_values_have_their_say(
    header: str, values: list[str], column: str | None
) -> None:
    """None: what was found is not sure enough to be used without a look."""
    import polars as pl

    from orgsync.client.mapping.suggesting import suggest

    sure = [one.column for one in suggest(pl.DataFrame({header: values})).suggestions if one.is_sure]

    assert sure == ([column] if column else [])


def test_days_and_months_that_could_be_the_other_way_round_are_said() -> None:
    """01/02 may be both; 25/12 is not."""
    import polars as pl

    from orgsync.client.mapping.suggesting import suggest

    unsure = suggest(pl.DataFrame({"Hire Date": ["01/02/2024", "03/04/2024"]})).suggestions[0]
    sure = suggest(pl.DataFrame({"Hire Date": ["01/02/2024", "25/12/2024"]})).suggestions[0]

    assert "other way round" in unsure.reason
    assert unsure.confidence < sure.confidence
    assert sure.rule == {"column": "Hire Date", "date": "%d/%m/%Y"}
