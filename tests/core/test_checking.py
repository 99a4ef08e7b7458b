"""A whole file, checked without any directory."""

import pytest

from orgsync.core.checking import check_file
from orgsync.core.errors import UnreadableFile


def test_our_own_lines_do_not_come_back_as_rows() -> None:
    """
    A results file lists leavers whom no row named; sent back, those lines are nobody's rows.
    """
    text = (
        "unique_user_id,Status,Code,Messages\r\n"
        "E1,UPDATED,,\r\n"
        "E2,DEACTIVATED,not_in_file,No row of the full file names this person.\r\n"
    )

    checked = check_file(text.encode())

    assert checked.checked.rows["unique_user_id"].to_list() == ["E1"]


def test_a_senders_own_code_column_keeps_its_rows() -> None:
    """
    Only where all three columns hold our words is a line ours.
    """
    text = "unique_user_id,Status,Code,Messages\nE1,hello,not_in_file,x\n"

    assert check_file(text.encode()).row_count == 1


def test_header_alone_is_a_warning() -> None:
    """
    Whether that is an error is for the mode to say.
    """
    checked = check_file(b"unique_user_id\n")

    assert checked.issues["code"].to_list() == ["no_rows"]
    assert not checked.is_refused


def test_excel_is_refused_by_name() -> None:
    """
    A workbook called .csv gets a clear answer.
    """
    with pytest.raises(UnreadableFile, match="Excel"):
        check_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
