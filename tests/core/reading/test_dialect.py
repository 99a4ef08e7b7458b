"""The header tells the delimiter, whatever else stands in it."""

import pytest

from orgsync.core.csvfile import read_csv
from orgsync.core.dialect import judge_dialect


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("unique_user_id,work_title", ","),
        ("unique_user_id;work_title", ";"),
        ("unique_user_id\twork_title", "\t"),
        ("unique_user_id|work_title", "|"),
        ("unique_user_id", ","),
        ('"unique_user_id";"attribute_a,b,c,d"', ";"),
        ("unique_user_id;group:R,D,S", ";"),
        ("unique_user_id,group:A;B;C", ","),
        ('"Kostenstelle, Ort; Land";unique_user_id', ";"),
        ('unique_user_id;"two\nlines, with, commas";work_title', ";"),
        ("PRIMARY EMAIL ADDRESS;Work Title,x,y", ";"),
        ("one;two;three", ";"),
        ("\n\r\nunique_user_id;work_title", ";"),
        ('unique_user_id;"never closed', ";"),
    ],
)
def test_delimiter_is_judged_from_the_header(header: str, delimiter: str) -> None:
    """Known headers count first, then the number of cells; what stands in quotes does not count."""
    assert judge_dialect(f"{header}\r\n1,1,1,1,1,1,1|1|1;1\r\n".encode()).delimiter == delimiter


@pytest.mark.parametrize("first_line", [b"sep=;\r\n", b"SEP=;\n", b'"sep=;"\r'])
def test_separator_line_is_obeyed_and_takes_no_row_number(first_line: bytes) -> None:
    """Excel writes and hides such a line."""
    raw = read_csv(first_line + b"unique_user_id;work_title,x\n1;a,b\n")

    assert raw.delimiter == ";"
    assert raw.headers == ("unique_user_id", "work_title,x")
    assert raw.rows.rows() == [(2, "1", "a,b")]
