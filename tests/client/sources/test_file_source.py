"""Files of this machine as a source."""

import gzip
import io
import os
from pathlib import Path

import pytest

from orgsync.client.errors import BadUsage
from orgsync.client.sources import Pulled, open_source
from orgsync.client.sources.base import UnusableSource


def pulled(folder: Path, **table: object) -> tuple[Pulled, str]:
    """Pull a file source; return what was said and what was written."""
    target = io.BytesIO()
    said = open_source({"kind": "file", **table}, base=folder).pull(target)
    return said, target.getvalue().decode()


@pytest.mark.parametrize(
    "content",
    [
        'id;name\n007;Zoë\n008;"a""b, c"\n'.encode("cp1252"),
        'id\tname\r\n007\tZoë\r\n008\t"a""b, c"\r\n'.encode("utf-16"),
        gzip.compress('id,name\n007,Zoë\n008,"a""b, c"\n'.encode("utf-8-sig")),
    ],
    ids=["semicolons", "tabs", "gzip"],
)
def test_any_csv_becomes_the_same_csv(content: bytes, tmp_path: Path) -> None:
    """Whatever HR's system writes, cells come out as they stood there."""
    (tmp_path / "hr.csv").write_bytes(content)

    said, text = pulled(tmp_path, path="hr.csv")

    assert text == 'id,name\r\n007,Zoë\r\n008,"a""b, c"\r\n'
    assert said == Pulled(2, ("id", "name"), str(tmp_path / "hr.csv"))


def test_broken_rows_are_passed_on_as_they_are(tmp_path: Path) -> None:
    """Whoever checks the file names them; a pull that dropped them would make leavers."""
    (tmp_path / "hr.csv").write_text("id,name\n1,a\n2\n")

    said, text = pulled(tmp_path, path="hr.csv")

    assert text == "id,name\n1,a\n2\n"
    assert "1 rows of the file are broken" in said.notes[0]


def test_of_several_files_one_has_to_be_picked(tmp_path: Path) -> None:
    """The newest by its time, or all of them, whose columns are brought together by name."""
    for name, day, text in (("b.csv", 2, "id,x\n2,y\n"), ("a.csv", 3, "x,id,z\nw,1,v\n")):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (day, day))

    with pytest.raises(BadUsage, match="pick"):
        pulled(tmp_path, path="*.csv")
    assert pulled(tmp_path, path="*.csv", pick="newest")[1] == "x,id,z\r\nw,1,v\r\n"
    said, text = pulled(tmp_path, path="*.csv", pick="all")
    assert text == "x,id,z\r\nw,1,v\r\ny,2,\r\n"
    assert said.rows == 2


def test_all_of_several_files_have_to_be_sound(tmp_path: Path) -> None:
    """Rows of different files cannot be passed on as they are."""
    (tmp_path / "a.csv").write_text("id,name\n1,a\n")
    (tmp_path / "b.csv").write_text("id,name\n2\n")

    with pytest.raises(UnusableSource, match=r"b\.csv"):
        pulled(tmp_path, path="*.csv", pick="all")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "kind is missing"),
        ({"kind": "fiel"}, "Did you mean file"),
        ({"kind": "file"}, "path is missing"),
        ({"kind": "file", "pth": "x"}, "Did you mean path"),
        ({"kind": "file", "path": 3}, "has to be a address"),
        ({"kind": "file", "path": "x", "pick": "oldest"}, "only, newest, all"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(table: dict[str, object], words: str, tmp_path: Path) -> None:
    """With the key and what it should be."""
    with pytest.raises(BadUsage) as refused:
        open_source(table, base=tmp_path)

    assert words in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With where it was looked for."""
    with pytest.raises(BadUsage, match=r"No file is at .*gone\.csv"):
        pulled(tmp_path, path="gone.csv")
