"""Files of every shape that HR systems send become rows and issues, and no row is lost."""

import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lanes import take_carefully
from three_columns import HEADER, found, read

from orgsync.core.csvfile import read_csv
from orgsync.core.errors import UnreadableFile
from orgsync.core.model import Limits


def test_sound_file_is_read_as_written() -> None:
    """Blanks, empty cells and look-alikes of numbers and nulls stay what they are."""
    raw = read("0012, Engineer ,\nNA,1.50,null\n")

    assert raw.headers == ("unique_user_id", "work_title", "job_level")
    assert raw.rows.rows() == [(2, "0012", " Engineer ", ""), (3, "NA", "1.50", "null")]
    assert raw.rows.schema == {"row_number": pl.Int64, "c0": pl.String, "c1": pl.String, "c2": pl.String}
    assert raw.issues.is_empty()
    assert raw.lane == "fast"


def test_row_numbers_are_those_of_a_spreadsheet() -> None:
    """A quoted line break adds no number; a blank line keeps its own and is no row."""
    raw = read('1,"two\nlines",x\n\n2,y,z\n \n3,y,z\n\n')

    assert raw.rows.rows() == [(2, "1", "two\nlines", "x"), (4, "2", "y", "z"), (6, "3", "y", "z")]
    assert raw.issues.is_empty()
    assert raw.lane == "careful"


def test_blank_lines_before_the_header_keep_their_numbers() -> None:
    """The header may stand lower, as it would in a spreadsheet."""
    raw = read_csv(b"\n\nunique_user_id,work_title\n1,x\n")

    assert raw.rows.rows() == [(4, "1", "x")]


def test_row_of_delimiters_is_a_row() -> None:
    """Empty cells are no blank line; whoever sent them hears of the row."""
    assert read(",,\n").rows.rows() == [(2, "", "", "")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_of_every_kind(line_end: str, last: bool) -> None:
    """LF, CRLF, CR and CRCRLF end a row, also when the last one is missing."""
    lines = ["unique_user_id,work_title", "1,x", '2,"y"', ""]
    text = line_end.join(lines if last else lines[:-1])

    raw = read_csv(text.encode())

    assert raw.rows.rows() == [(2, "1", "x"), (3, "2", "y")]
    assert raw.issues.is_empty()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("tail", ["", '3,"x\ny"\n'])
def test_delimiters_of_every_kind_in_both_lanes(delimiter: str, tail: str) -> None:
    """Comma, semicolon, tab and pipe are told apart by the header."""
    text = f'unique_user_id,work_title\n1,"a{delimiter}b"\n{tail}'.replace(",", delimiter)

    raw = read_csv(text.encode())

    assert raw.delimiter == delimiter
    assert raw.rows.rows()[0] == (2, "1", f"a{delimiter}b")
    assert raw.issues.is_empty()


def test_short_row_stays_with_null_cells() -> None:
    """What is missing is null, and the issue says how many cells were expected and found."""
    raw = read("1,x\n2,y,z\n")

    assert raw.rows.rows() == [(2, "1", "x", None), (3, "2", "y", "z")]
    assert found(raw) == [(2, "short_row")]
    assert "has 2 cells, the header has 3" in raw.issues["message"][0]


@pytest.mark.parametrize("row", ["1,x,y,z", "1,x,y,", '1,x,"y",""'])
def test_long_row_is_cut_and_reported(row: str) -> None:
    """Also when the cell too many is empty and stands in a last line without line end."""
    raw = read(f"2,y,z\n{row}")

    assert raw.rows.rows() == [(2, "2", "y", "z"), (3, "1", "x", "y")]
    assert found(raw) == [(3, "long_row")]


def test_nul_bytes_are_removed_and_the_row_is_in_error() -> None:
    """PostgreSQL takes no NUL, so none goes on; both issues of a row are told."""
    raw = read("1,a\0b,c\n2,d\0\n3,x,y\n")

    assert raw.rows.rows() == [(2, "1", "ab", "c"), (3, "2", "d", None), (4, "3", "x", "y")]
    assert sorted(found(raw)) == [(2, "nul_byte"), (3, "nul_byte"), (3, "short_row")]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("size", [41, 200_000])
def test_cell_over_the_limit_is_a_row_error(quote: str, size: int) -> None:
    """The limit counts bytes, is named, and holds in both lanes, also beyond the csv module's own limit."""
    raw = read(f"1,{quote}{'é' * (size // 2)}x{quote},z\n2,a,b\n", limits=Limits(cell_bytes=40))

    assert raw.rows["c0"].to_list() == ["1", "2"]
    assert set(found(raw)) == {(2, "cell_too_large")}
    assert "40 bytes" in raw.issues["message"][0]


def test_cell_at_the_limit_passes() -> None:
    """The limit itself is allowed, above the csv module's own limit too."""
    limits = Limits(cell_bytes=200_000)

    raw = read(f'1,"{"x" * 200_000}","a\nb"\n', limits=limits)

    assert raw.rows.height == 1
    assert raw.issues.is_empty()


def test_trailing_delimiter_column_is_dropped() -> None:
    """An unnamed, wholly empty last column goes, with a warning that names its position."""
    raw = read_csv(b"unique_user_id;work_title;;\n1;x;;\n2;y; ;\n")

    assert raw.headers == ("unique_user_id", "work_title")
    assert raw.rows.columns == ["row_number", "c0", "c1"]
    assert found(raw) == [(None, "unnamed_column")] * 2
    assert "Column 3" in raw.issues["message"][0]


def test_unnamed_column_with_values_is_kept() -> None:
    """Nothing that holds a value is dropped."""
    raw = read_csv(b"unique_user_id;work_title;\n1;x;\n2;y;z\n")

    assert raw.headers == ("unique_user_id", "work_title", "")
    assert raw.rows["c2"].to_list() == ["", "z"]


@pytest.mark.parametrize("content", [b"unique_user_id,work_title", b"unique_user_id,work_title\r\n\r\n", b"groups\n"])
def test_header_alone_is_a_file_without_rows(content: bytes) -> None:
    """Whether that is allowed depends on the mode, which is not the reader's business."""
    raw = read_csv(content)

    assert raw.rows.is_empty()
    assert raw.rows.columns == ["row_number", *(f"c{n}" for n in range(len(raw.headers)))]


def test_one_column_with_blank_lines() -> None:
    """In a file of one column a blank line is no row, an empty quoted cell is one."""
    raw = read_csv(b'unique_user_id\n1\n\n""\n2\n')

    assert raw.rows.rows() == [(2, "1"), (4, ""), (5, "2")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\n \r\n", "no_header"),
        (b",,,\n1,2,3,4\n", "no_header"),
        (b"ana@example.com,Ana\nbo@example.com,Bo\n", "no_header"),
        (b"groups,work_title,groups\n", "duplicate_header"),
        (b"work_title,Work Title\n", "duplicate_header"),
        (b'"unique_user_id,work_title\n1,x\n', "unclosed_quote"),
        (b'"unique"_user_id,work_title\n1,x\n', "broken_quote"),
        (b"unique_user_id,work\0_title\n1,x\n", "nul_byte"),
    ],
)
def test_file_that_cannot_be_used_is_refused(content: bytes, code: str) -> None:
    """Refusal carries the code of the issue kind and a reason in words."""
    with pytest.raises(UnreadableFile) as refused:
        read_csv(content)

    assert refused.value.code == code
    assert refused.value.reason
    assert refused.value.hint


def test_aliases_of_one_field_are_not_duplicates() -> None:
    """Two headers of one field may stand side by side; their cells are compared later."""
    raw = read_csv(b"primary_email_address,invited_email_address\n")

    assert raw.headers == ("primary_email_address", "invited_email_address")


@pytest.mark.parametrize(
    ("limits", "body"),
    [
        (Limits(rows=2), "1,x,y\n2,x,y\n3,x,y\n"),
        (Limits(rows=2), '1,x,y\n\n2,x,y\n3,x,"y\n'),
        (Limits(columns=2), "1,x,y\n"),
        (Limits(file_bytes=40), "1,x,y\n"),
    ],
)
def test_file_over_a_limit_is_refused(limits: Limits, body: str) -> None:
    """Rows in both lanes, columns and bytes are bounded."""
    with pytest.raises(UnreadableFile) as refused:
        read(body, limits=limits)

    assert refused.value.code == "too_large"


def test_blank_lines_do_not_count_as_rows() -> None:
    """The limit is one of data rows."""
    assert read("1,x,y\n\n\n2,x,y\n", limits=Limits(rows=2)).rows.height == 2


def test_bytes_a_view_and_a_path_are_read_alike(tmp_path: Path) -> None:
    """The source may be in memory or on disk."""
    content = (HEADER + "1,x,y\n").encode()
    path = tmp_path / "people.csv"
    path.write_bytes(content)

    raws = [read_csv(content), read_csv(memoryview(content)), read_csv(path)]

    assert all(raw.rows.equals(raws[0].rows) for raw in raws)


def test_careful_lane_reads_across_its_batches() -> None:
    """Row numbers, issues and cells stay right beyond one batch and one chunk of the frame."""
    raw = read("".join(f"{n},x\n" if n % 10_000 == 0 else f"{n},x,y\n" for n in range(2, 120_002)))

    assert raw.rows.height == 120_000
    assert (raw.rows["row_number"].cast(pl.String) == raw.rows["c0"]).all()
    assert found(raw) == [(n, "short_row") for n in range(10_000, 120_001, 10_000)]


DIRTY = st.lists(
    st.sampled_from(["a", "1", ",", '"', "\n", "\r\n", "\r", "\0", "\x01", ";", "é", " "]), max_size=60
).map("".join)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(content=st.binary(max_size=200) | DIRTY.map(str.encode) | DIRTY.map(lambda text: (HEADER + text).encode()))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Nothing but UnreadableFile is ever raised; rows have distinct, rising numbers, and so do all issues."""
    try:
        raw = read_csv(content)
    except UnreadableFile:
        return

    numbers = raw.rows["row_number"]
    assert numbers.is_sorted()
    assert numbers.n_unique() == numbers.len()
    assert set(raw.issues["row_number"].drop_nulls()) <= set(numbers)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(body=DIRTY.map(lambda text: text.replace('"', "")))
def test_every_line_without_quotes_is_a_row_or_blank(body: str) -> None:
    """Each physical line takes one number and is a row unless it is blank."""
    raw = read(body)

    lines = re.split("\r\r\n|\r\n|\r|\n", HEADER + body)
    expected = [n for n, line in enumerate(lines, 1) if line.strip(" ")][1:]
    assert raw.rows["row_number"].to_list() == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(body=DIRTY.map(lambda text: text.replace("\0", "").replace(" ", "")))
def test_what_the_strict_csv_module_reads_whole_is_read_the_same(body: str) -> None:
    """Resynchronisation never touches a text that is sound by itself."""
    text = HEADER + body
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return

    read_text = take_carefully(text)
    assert read_text is not None
    _, rows, issues = read_text

    cut = [(n, *(cells + [None] * 3)[:3]) for n, cells in enumerate(records, 1) if cells][1:]
    assert rows.rows() == cut
    assert issues.height == sum(len(cells) not in {0, 3} for cells in records)
