"""How a download of learners is known when it comes back."""

import pytest

from orgsync.core.checking import check_file
from orgsync.core.columns import DOWNLOAD_MARKER


def phone_of(header: str, cell: str) -> str:
    checked = check_file(f"primary_email_address,work_phone_number,{header}\nana@example.com,{cell},active\n".encode())
    found: str = checked.checked.rows["work_phone_number"].item()
    return found


@pytest.mark.parametrize("header", [DOWNLOAD_MARKER, "Orgsync Status"])
def test_the_mark_has_the_defence_undone(header: str) -> None:
    """One apostrophe goes, in cells that have it for the defence."""
    assert phone_of(header, "'+1 555") == "+1 555"
    assert phone_of(header, "''+1 555") == "'+1 555"
    assert phone_of(header, "'t Hooft") == "'t Hooft"


def test_without_the_mark_an_apostrophe_is_the_senders_own() -> None:
    """Another system's status column is no mark."""
    assert phone_of("worker_status", "'+1 555") == "'+1 555"


def test_the_mark_is_read_in_silence_and_sets_nothing() -> None:
    """It is there to be read by people."""
    checked = check_file(f"primary_email_address,{DOWNLOAD_MARKER}\nana@example.com,inactive\n".encode())

    assert checked.layout.fields == ("primary_email_address",)
    assert checked.issues.is_empty()


def test_the_mark_does_not_make_a_senders_columns_results() -> None:
    """Status, Code and Messages of somebody else stay in the file, the defence is undone all the same."""
    checked = check_file(
        f"primary_email_address,work_phone_number,Status,Code,Messages,{DOWNLOAD_MARKER}\n"
        "ana@example.com,'+1 555,on leave,,,active\n".encode()
    )

    assert not checked.layout.carries_results
    assert checked.checked.rows["work_phone_number"].item() == "+1 555"
