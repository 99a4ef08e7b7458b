"""Databases, workbooks, Singer taps and dlt pipelines as sources."""

import csv
import io
import json
import shutil
import sqlite3
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from orgsync.client.errors import BadUsage, ClientError
from orgsync.client.exits import ExitCode
from orgsync.client.sources import Pulled, open_source

DLT_OUTPUT = Path(__file__).with_name("dlt_output")
"""Written by dlt 1.x itself: one pipeline each for Parquet and JSONL."""


def pull(folder: Path, **table: object) -> tuple[Pulled, list[dict[str, str]]]:
    target = io.BytesIO()
    said = open_source(table, base=folder).pull(target)
    return said, list(csv.DictReader(io.StringIO(target.getvalue().decode())))


TYPES = """
SELECT '007' AS id, 120000::float8 AS pay, 1.50::numeric AS fte, DATE '2024-02-01' AS hired, NULL::text AS nothing,
       TRUE AS active, TIMESTAMP '2024-02-01 13:30:00' AS seen, 12345678901234567890::numeric AS big,
       '{"a": [1]}'::jsonb AS more, 'a%b:c' AS odd
"""


def test_postgresql_gives_each_value_as_text_without_loss(tmp_path: Path) -> None:
    """Percent signs and colons of the query are the database's business."""
    (tmp_path / "people.sql").write_text(TYPES)

    said, rows = pull(tmp_path, kind="sql", url="env:ORGSYNC_DATABASE_URL", query_file="people.sql")

    assert rows == [
        {
            "id": "007",
            "pay": "120000",
            "fte": "1.50",
            "hired": "2024-02-01",
            "nothing": "",
            "active": "true",
            "seen": "2024-02-01T13:30:00",
            "big": "12345678901234567890",
            "more": '{"a":[1]}',
            "odd": "a%b:c",
        }
    ]
    assert said.rows == 1


def test_postgresql_is_only_read_and_streamed(tmp_path: Path) -> None:
    """A query that writes is refused by the database, and many rows come through a cursor of the server's."""
    table = {"kind": "sql", "url": "env:ORGSYNC_DATABASE_URL"}

    said, _ = pull(tmp_path, **table, query="SELECT n, count(*) OVER () FROM generate_series(1, 12000) n")
    with pytest.raises(ClientError, match="read-only transaction"):
        pull(tmp_path, **table, query="SELECT lo_create(0)")
    with pytest.raises(ClientError, match="refuses the query"):
        pull(tmp_path, **table, query="SELECT * FROM nowhere_at_all")
    with pytest.raises(ClientError, match="two columns 'a'"):
        pull(tmp_path, **table, query="SELECT 1 AS a, 2 AS a")

    assert said.rows == 12_000


def test_sqlite_is_read_and_never_made(tmp_path: Path) -> None:
    """A mistyped path would otherwise become an empty database and an empty company."""
    with sqlite3.connect(tmp_path / "hr.db") as database:
        database.execute("CREATE TABLE people (id TEXT, pay REAL, hired TEXT)")
        database.execute("INSERT INTO people VALUES ('007', 1.2e5, '2024-02-01')")
    database.close()

    _, rows = pull(tmp_path, kind="sql", url="sqlite:///hr.db", query="SELECT * FROM people WHERE id LIKE '0%'")

    assert rows == [{"id": "007", "pay": "120000", "hired": "2024-02-01"}]
    with pytest.raises(BadUsage, match="No database"):
        pull(tmp_path, kind="sql", url="sqlite:///gone.db", query="SELECT 1")
    assert not (tmp_path / "gone.db").exists()


def test_a_database_that_is_away_is_said_without_its_password(tmp_path: Path) -> None:
    """In a log that others read."""
    url = "postgresql://hr:geheim@127.0.0.1:1/hr"

    with pytest.raises(ClientError) as away:
        pull(tmp_path, kind="sql", url=url, query="SELECT 1")
    with pytest.raises(BadUsage, match="pip install pymysql"):
        pull(tmp_path, kind="sql", url="mysql://hr@127.0.0.1/hr", query="SELECT 1")

    assert away.value.exit_code == ExitCode.UNREACHABLE
    assert "geheim" not in str(away.value)


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(place, column, cell, day)
                    else:
                        sheet.write(place, column, cell)
    return path


def test_a_sheet_comes_out_as_text_without_loss(tmp_path: Path) -> None:
    """Ids keep their zeros, numbers have no exponent, dates are ISO; blank rows and columns go."""
    rows: list[list[Any]] = [
        ["", "", ""],
        ["id", "pay", "hired", "seen", "", "active"],
        ["007", 120000.0, date(2024, 2, 1), datetime.fromisoformat("2024-02-01T13:30:00"), "", True],
        [12345678901.0, 0.1, "", "", "", False],
        ["", "", "", "", "", ""],
    ]
    workbook(tmp_path / "hr.xlsx", Notes=[], People=rows, More=[["x"]])

    said, found = pull(tmp_path, kind="file", path="hr.xlsx")
    other, _ = pull(tmp_path, kind="file", path="*.xlsx", sheet="More")

    assert found == [
        {"id": "007", "pay": "120000", "hired": "2024-02-01", "seen": "2024-02-01T13:30:00", "active": "true"},
        {"id": "12345678901", "pay": "0.1", "hired": "", "seen": "", "active": "false"},
    ]
    assert said.notes == ("Sheet People was read; the others were not: Notes, More.",)
    assert (other.rows, other.columns) == (0, ("x",))
    with pytest.raises(BadUsage, match="no sheet Gone; it has: Notes, People, More"):
        pull(tmp_path, kind="file", path="hr.xlsx", sheet="Gone")


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """One that unpacks without end, one with a cell at the far corner, one with entities, one that is none."""
    sound = workbook(tmp_path / "sound.xlsx", People=[["id"], ["7"]])

    def spoiled(name: str, sheet: bytes) -> str:
        with zipfile.ZipFile(sound) as old, zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as new:
            for part in old.namelist():
                new.writestr(part, sheet if part.endswith("sheet1.xml") else old.read(part))
        return name

    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    tail = b"</sheetData></worksheet>"
    corners = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    far = head + corners + tail
    bomb = head + b" " * 40_000_000 + tail
    entities = b'<!DOCTYPE a [<!ENTITY b "c">]>' + head + tail
    (tmp_path / "none.xlsx").write_bytes(b"PK\x03\x04 and nothing more")
    cases = {
        spoiled("far.xlsx", far): "too far out",
        spoiled("bomb.xlsx", bomb): "unpacks to more than is safe",
        spoiled("entities.xlsx", entities): "XML entities",
        "none.xlsx": "no workbook that can be read",
    }

    for name, words in cases.items():
        with pytest.raises(ClientError) as refused:
            pull(tmp_path, kind="file", path=name)
        assert words in str(refused.value)
        assert refused.value.exit_code == ExitCode.REJECTED


def test_without_the_extra_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the pip command, and nothing else breaks."""
    workbook(tmp_path / "hr.xlsx", People=[["id"], ["7"]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    monkeypatch.delitem(sys.modules, "orgsync.client.sources.excel", raising=False)

    with pytest.raises(BadUsage) as refused:
        pull(tmp_path, kind="file", path="hr.xlsx")

    assert str(refused.value) == "This needs the package python_calamine: pip install 'orgsync[excel]'"


MESSAGES = [
    {
        "type": "SCHEMA",
        "stream": "people",
        "key_properties": ["id"],
        "schema": {"properties": {"id": {}, "name": {}, "home": {"properties": {"city": {}}}}},
    },
    {"type": "RECORD", "stream": "people", "record": {"id": 1, "name": "Ana", "home": {"city": "Oslo"}}, "version": 1},
    {"type": "STATE", "value": {"bookmark": 1}},
    {"type": "SCHEMA", "stream": "teams", "schema": {}, "key_properties": []},
    {"type": "RECORD", "stream": "teams", "record": {"id": 9}},
    {"type": "RECORD", "stream": "people", "record": {"id": 2, "name": "Bo"}, "version": 2},
    {"type": "RECORD", "stream": "people", "record": {"id": 1, "name": "Ana Silva"}, "version": 2},
    {"type": "RECORD", "stream": "people", "record": {"id": 3, "name": "Old"}, "version": 1},
    {"type": "ACTIVATE_VERSION", "stream": "people", "version": 2},
]


def test_singer_messages_become_the_records_that_stand_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard input: the last one of each key, without those of an older version."""
    lines = "\n".join(map(json.dumps, MESSAGES)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))

    said, rows = pull(tmp_path, kind="singer", stream="people")

    assert rows == [
        {"id": "1", "name": "Ana Silva", "home.city": ""},
        {"id": "2", "name": "Bo", "home.city": ""},
    ]
    assert said.notes == ("Other streams were passed over: teams.",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no SCHEMA"),
        ("INFO starting sync\n", "Line 1 of the tap's output is no JSON"),
        ('{"type": "RECORD", "stream": "people"}\n', "Line 1 of the tap's output is a RECORD without one"),
        ('{"type": "RECORD", "record": {}}\n', "names no stream"),
    ],
)
def test_a_tap_that_failed_is_no_empty_company(text: str, words: str, tmp_path: Path) -> None:
    """What cannot be read stops the pull."""
    (tmp_path / "tap.jsonl").write_text(text)

    with pytest.raises(ClientError) as refused:
        pull(tmp_path, kind="singer", path="tap.jsonl")

    assert words in str(refused.value)


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_dlt_table_is_read_from_its_files(form: str, tmp_path: Path) -> None:
    """Of finished loads only, without dlt's own columns."""
    shutil.copytree(DLT_OUTPUT / form, tmp_path / "hr")
    table = {"kind": "dlt", "path": "hr", "table": "employees"}

    said, rows = pull(tmp_path, **table)

    assert [row["code"] for row in rows] == ["00012", "00013"]
    assert rows[0] | {"mail": "ana@example.com", "start": "2024-02-01", "fte": "0.5", "active": "true"} == rows[0]
    assert not [column for column in said.columns if column.startswith("_dlt")]
    with pytest.raises(BadUsage, match="Tables there are: employees"):
        pull(tmp_path, **{**table, "table": "people"})
    shutil.rmtree(tmp_path / "hr" / "_dlt_loads")
    with pytest.raises(ClientError, match="has not finished"):
        pull(tmp_path, **table)
