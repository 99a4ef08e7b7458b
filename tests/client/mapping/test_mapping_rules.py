"""What each rule of a mapping makes of the rows of a source."""

import csv
import io
import tomllib
from pathlib import Path

import pytest

from orgsync.client.errors import BadUsage
from orgsync.client.mapping import Mapped, load_mapping

SOURCE = """\
Emp ID,Work Email,Name,Nick,Hire,Country,Status,Team,Office,Note
007, Ana@Example.com ,"Silva, Ana",,01.02.2024,Germany,Active,R&D,Lisbon,x1
008,bo@example.com,"Berg, Bo",Bobo,31.12.23,norway,Terminated,,Oslo,y22
"""


def applied(toml: str, folder: Path, source: str | bytes = SOURCE) -> tuple[Mapped, list[dict[str, str]]]:
    """Apply a mapping to a source; return what was said, and the rows."""
    file = folder / "source.csv"
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    target = io.BytesIO()
    mapped = load_mapping(tomllib.loads(toml), base=folder).apply(file, target)
    return mapped, list(csv.DictReader(io.StringIO(target.getvalue().decode())))


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ('"Emp ID"', ["007", "008"]),
        ('"emp_id"', ["007", "008"]),
        ('{ column = "Work Email", case = "lower" }', ["ana@example.com", "bo@example.com"]),
        ('{ column = "Name", case = "upper" }', ["SILVA, ANA", "BERG, BO"]),
        ('{ column = "Name", split = ",", part = 2 }', ["Ana", "Bo"]),
        ('{ column = "Name", split = ",", part = -2 }', ["Silva", "Berg"]),
        ('{ column = "Name", split = ",", part = 9, default = "none" }', ["none", "none"]),
        ('{ first_of = ["Nick", "Team"] }', ["R&D", "Bobo"]),
        ('{ value = "active" }', ["active", "active"]),
        ('{ join = ["Team", "Office"], with = ", " }', ["R&D, Lisbon", "Oslo"]),
        ('{ template = "{Team} in {{{Office}}}" }', ["R&D in {Lisbon}", ""]),
        ('{ column = "Hire", date = ["%d.%m.%Y", "%d.%m.%y"] }', ["2024-02-01", "2023-12-31"]),
        ('{ column = "Country", lookup = { Germany = "DE", Norway = "NO" } }', ["DE", "NO"]),
        ('{ column = "Country", lookup = { Norway = "NO" }, unknown = "keep" }', ["Germany", "NO"]),
        ('{ column = "Country", lookup = { Norway = "NO" }, unknown = "blank" }', ["", "NO"]),
        ('{ column = "Emp ID", prefix = "E-", suffix = "!" }', ["E-007!", "E-008!"]),
        ('{ column = "Team", prefix = "Team " }', ["Team R&D", ""]),
        ("{ column = \"Note\", extract = '(\\d+)$' }", ["1", "22"]),
        ('{ column = "Team", replace = { "&" = " and " } }', ["R and D", ""]),
        ('{ column = "Team", default = "Unknown" }', ["R&D", "Unknown"]),
        ('{ value = "a", when = { column = "Status", is = "Active" }, otherwise = "b" }', ["a", "b"]),
        (
            '{ choose = [{ when = { column = "Team", blank = false }, column = "Team" }, { value = "None" }] }',
            ["R&D", "None"],
        ),
        ('{ jsonata = "$uppercase(Nick) & `Emp ID`", columns = ["Nick", "Emp ID"] }', ["007", "BOBO008"]),
        ('{ jsonata = "[Team, Office]", columns = ["Team", "Office"] }', ["R&D, Lisbon", ", Oslo"]),
    ],
)
def test_each_rule_makes_what_it_says(rule: str, made: list[str], tmp_path: Path) -> None:
    """Ids keep their zeros, blanks around cells go, and a blank cell stays blank."""
    mapped, rows = applied(f"columns.work_title = {rule}", tmp_path)

    assert [row["work_title"] for row in rows] == made
    assert mapped.findings == ()


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ('{ column = "Status", is = "Active" }', ["007"]),
        ('{ column = "Status", is = "ACTIVE", ignore_case = true }', ["007"]),
        ('{ column = "Status", is_not = "Active" }', ["008"]),
        ('{ column = "Status", one_of = ["Active", "On leave"] }', ["007"]),
        ('{ column = "Status", none_of = ["Active", "On leave"] }', ["008"]),
        ('{ column = "Team", blank = true }', ["008"]),
        ('{ column = "Name", contains = "Berg" }', ["008"]),
        ('{ column = "Name", starts_with = "Silva" }', ["007"]),
        ('{ column = "Note", ends_with = "22" }', ["008"]),
        ("{ column = \"Note\", matches = '^x' }", ["007"]),
        ('{ column = "Hire", after = "2024-01-31", date = "%d.%m.%Y" }', ["007"]),
        ('{ column = "Hire", before = "today", date = ["%d.%m.%Y", "%d.%m.%y"] }', ["007", "008"]),
        ('[{ column = "Status", is = "Active" }, { column = "Team", blank = true }]', []),
        ('{ any = [{ column = "Status", is = "Active" }, { column = "Team", blank = true }] }', ["007", "008"]),
        ('{ not = { column = "Status", is = "Active" } }', ["008"]),
        ('{ all = [{ column = "Status", is = "Active" }, { column = "Team", blank = false }] }', ["007"]),
    ],
)
def test_rows_that_are_not_meant_are_left_out_and_counted(condition: str, kept: list[str], tmp_path: Path) -> None:
    """What was left out can be seen in the numbers."""
    mapped, rows = applied(f'keep = {condition}\ncolumns.unique_user_id = "Emp ID"', tmp_path)

    assert [row["unique_user_id"] for row in rows] == kept
    assert (mapped.rows_in, mapped.rows_out, mapped.rows_left_out) == (2, len(kept), 2 - len(kept))


def test_a_rule_that_fails_names_row_column_and_rule(tmp_path: Path) -> None:
    """The cell is blank, the row stays, and each row in error counts once."""
    toml = """
    [columns]
    start_date = { column = "Hire", date = "%d.%m.%Y" }
    country_code = { column = "Country", lookup = { Germany = "DE" } }
    department_name = { column = "Team", required = true }
    """

    mapped, rows = applied(toml, tmp_path)

    assert [(f.column, f.rule, f.first_row, f.count, f.examples) for f in mapped.findings] == [
        ("start_date", "date", 3, 1, ("31.12.23",)),
        ("country_code", "lookup", 3, 1, ("norway",)),
        ("department_name", "required", 3, 1, ("",)),
    ]
    assert mapped.rows_in_error == 1
    assert rows[1] == {"start_date": "", "country_code": "", "department_name": ""}


def test_a_failing_expression_spoils_only_its_row(tmp_path: Path) -> None:
    """An endless one is broken off."""
    endless = "$number(Note) > 0 ? 1 : ($f := function($x) { 1 + $f($x) }; $f(1))"
    mapped, rows = applied(
        f"columns.job_level = {{ jsonata = '{endless}', columns = ['Note'] }}", tmp_path, "Note\n5\n0\nx\n"
    )

    assert [row["job_level"] for row in rows] == ["1", "", ""]
    assert [(finding.rule, finding.first_row, finding.count) for finding in mapped.findings] == [("jsonata", 3, 2)]


def test_a_look_up_table_may_be_a_file(tmp_path: Path) -> None:
    """Beside the configuration; keys are found whatever their case."""
    (tmp_path / "countries.csv").write_text("Name;Code;More\nGermany;DE;1\nNorway;NO;2\n")
    toml = """
    columns.country_code = { column = "Country", lookup = "countries" }
    lookups.countries = { file = "countries.csv", key = "Name", value = "Code" }
    """

    assert [row["country_code"] for row in applied(toml, tmp_path)[1]] == ["DE", "NO"]


def test_without_rules_nothing_changes(tmp_path: Path) -> None:
    """A source with the right headers needs no mapping."""
    source = 'primary_email_address,groups,odd\nana@example.com,"A, B",1\n'

    mapped, rows = applied("", tmp_path, source)

    assert rows == [{"primary_email_address": "ana@example.com", "groups": "A, B", "odd": "1"}]
    assert load_mapping({}, base=tmp_path).is_identity
    assert mapped.columns == ("primary_email_address", "groups", "odd")


def test_a_filter_alone_keeps_all_columns(tmp_path: Path) -> None:
    """Nothing is mapped, and some rows are left out."""
    mapped, rows = applied('keep = { column = "work_title", blank = false }', tmp_path, "work_title,odd\nx,1\n,2\n")

    assert rows == [{"work_title": "x", "odd": "1"}]
    assert mapped.rows_left_out == 1


def test_headers_that_are_right_already_can_be_kept(tmp_path: Path) -> None:
    """And only those."""
    toml = 'keep_known = true\ncolumns.work_title = "Role"'

    mapped, _ = applied(toml, tmp_path, "primary_email_address,Role,odd,Work_Title\na@example.com,x,1,y\n")

    assert mapped.columns == ("work_title", "primary_email_address")


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("colums = {}", "colums"),
        ('columns.worktitle = "Team"', "Did you mean work_title"),
        ('columns.work_title = "Taem"', "Did you mean 'Team'"),
        ("columns.work_title = {}", "where its value comes from"),
        ('columns.work_title = { column = "Team", value = "x" }', "where its value comes from"),
        ('columns.work_title = { column = "Team", upper = true }', "upper is nothing"),
        ('columns.work_title = { column = "Team", part = 1 }', "part means nothing without split"),
        ('columns.work_title = { column = "Team", split = "," }', "needs part"),
        ('columns.start_date = { column = "Hire", date = "DD.MM.YYYY" }', "%d.%m.%Y"),
        ('columns.work_title = { column = "Team", lookup = "nowhere" }', "no [mapping.lookups.nowhere]"),
        ('columns.work_title = { column = "Team", extract = "(" }', "no regular expression"),
        ('columns.work_title = { column = "Team", extract = "a" }', "needs a group"),
        ('columns.work_title = { jsonata = "$(", columns = ["Team"] }', "jsonata cannot be read"),
        ('columns.work_title = { jsonata = "Team" }', "needs columns"),
        ('columns.work_title = { column = "Team", lookup = { a = "1", A = "2" } }', "stands there twice"),
        ('keep = { column = "Team" }\ncolumns.work_title = "Team"', "what to test"),
        ('keep = { column = "Team", equals = "x" }\ncolumns.work_title = "Team"', "equals is no test"),
        ('keep = { column = "Hire", after = "soon" }\ncolumns.work_title = "Team"', "after is a date"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_with_its_place(toml: str, words: str, tmp_path: Path) -> None:
    """Before any row is written."""
    with pytest.raises(BadUsage, match=r"^\[mapping") as refused:
        applied(toml, tmp_path)

    assert words in str(refused.value)


def test_rows_that_cannot_be_read_stop_the_mapping(tmp_path: Path) -> None:
    """Half a row would map to the wrong cells, and without it a person would look like a leaver."""
    from orgsync.client.mapping.problems import BrokenSource

    with pytest.raises(BrokenSource) as refused:
        applied('columns.work_title = "b"', tmp_path, "a,b\n1,2\n3\n")

    assert refused.value.rows == [3]
