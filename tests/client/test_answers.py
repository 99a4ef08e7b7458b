"""Whatever a server says about a job can be shown and understood."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsync.client.answers import JobMessage, group_messages, read_job, read_messages
from orgsync.client.exits import ExitCode
from orgsync.client.report import job_lines
from orgsync.core.model import JobStatus

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("resultStats", "messages", "status", "resultMedia", "sourceMedia", "progress", "dryRun", "Id")


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, ANYTHING)))
def test_no_shape_of_job_breaks_the_client(body: dict[str, object]) -> None:
    """A job of any shape is read, shown, and settled only by a status that we know."""
    job = read_job("42", body)

    assert job_lines(job)[0].startswith("Job 42: ")
    assert job.is_settled == (str(body.get("status")).strip().upper() in {"DONE", "HELD", "FAILED", "CANCELLED"})


@pytest.mark.parametrize(
    ("shape", "texts"),
    [
        (None, []),
        ([], []),
        ("broken", ["broken"]),
        (["one", "two"], ["one", "two"]),
        ({"message": "only one"}, ["only one"]),
        ([{"text": "named otherwise"}], ["named otherwise"]),
        ([{"what": 1}], ['{"what": 1}']),
        ([7, ["deep"]], ["7", '["deep"]']),
    ],
)
def test_messages_of_any_shape_have_a_text(shape: object, texts: list[str]) -> None:
    """Known shapes give their text, unknown ones are shown whole."""
    assert [message.text for message in read_messages(shape)] == texts


def test_repeated_messages_are_grouped_errors_first() -> None:
    """Rows that complain of the same are one line with a count and the first row."""
    messages = (
        JobMessage("no manager a", "WARNING", "unknown_manager", row=9),
        JobMessage("no manager b", "WARNING", "unknown_manager", row=4, count=3),
        JobMessage("bad address", "ERROR", "invalid_email", row=7),
    )

    groups = group_messages(messages)

    assert [(group.code, group.count, group.first_row) for group in groups] == [
        ("invalid_email", 1, 7),
        ("unknown_manager", 4, 4),
    ]


@pytest.mark.parametrize(
    ("status", "errors", "code"),
    [
        (JobStatus.DONE, 0, ExitCode.DONE),
        (JobStatus.DONE, 2, ExitCode.ROW_ERRORS),
        (JobStatus.HELD, 2, ExitCode.HELD),
        (JobStatus.FAILED, 0, ExitCode.REJECTED),
        (JobStatus.CANCELLED, 0, ExitCode.REJECTED),
    ],
)
def test_each_end_of_a_job_has_its_exit_code(status: str, errors: int, code: ExitCode) -> None:
    """Only a job that is done without a row in error is a full success."""
    job = read_job("1", {"status": status, "resultStats": {"errorCount": errors}})

    assert job.exit_code == code


def test_blanks_in_a_urn_are_taken_out() -> None:
    """The printed answers have a blank inside the URN that no request may have."""
    assert read_job("1", {"resultMedia": "urn:li:media: ABC "}).result_media == "urn:li:media:ABC"


def test_a_message_cannot_steer_the_terminal() -> None:
    """Escape sequences in a server's answer are shown, not obeyed."""
    job = read_job("1", {"status": "DONE\x1b[2J", "messages": ["\x1b]0;owned\x07"]})

    assert not any(character in line for line in job_lines(job) for character in "\x1b\x07")
