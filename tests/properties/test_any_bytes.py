"""Whatever is sent: a result for every row, or a refusal in words; never another exception, never a lost row."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from orgsync.core.errors import UnreadableFile
from orgsync.core.model import Mode
from orgsync.core.results import write_results
from tests.properties import budget
from tests.properties.applying import apply_to
from tests.properties.engine import COLUMNS, content_of, empty_directory, plan_bytes
from tests.properties.model import Row

KNOWN = [Row(1, "Cook", ("Cooks",)), Row(2, "Cook", ())]
HEADERS = [
    *COLUMNS,
    "worker_status",
    "manager_primary_email",
    "start_date",
    "attribute_x",
    "license_nobody_status",
    "",
    "x",
]
CELLS = [
    "p1@example.com",
    "P2@EXAMPLE.com",
    "new@example.com",
    "E1",
    "E2",
    "E9",
    "",
    " ",
    "#CLEAR#",
    "active",
    "inactive",
]
ODD = ["=1+1", "2026-13-40", "a\0b", '"', "Cooks, ,Cooks", "\ufeff", "é" * 300, "\u202e", "0001", "1e5"]
cells = st.one_of(st.sampled_from(CELLS), st.sampled_from(CELLS), st.sampled_from(ODD), st.text(max_size=5))
tables = st.lists(st.sampled_from(HEADERS), min_size=1, max_size=6).flatmap(
    lambda headers: st.tuples(
        st.just(headers), st.lists(st.lists(cells, min_size=0, max_size=len(headers) + 1), max_size=6)
    )
)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])


def as_bytes(table: tuple[list[str], list[list[str]]], encoding: str) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows([table[0], *table[1]])
    return target.getvalue().encode(encoding, errors="replace")


def check(content: bytes, mode: Mode) -> None:
    """Take bytes all the way to a results file and a new directory."""
    directory = empty_directory()
    _, first = plan_bytes(content_of(KNOWN), directory, Mode.FULL)
    directory = apply_to(directory, first.writes)
    try:
        file, plan = plan_bytes(content, directory, mode)
    except UnreadableFile:
        return
    target = io.BytesIO()
    lines = write_results(file.raw, file.layout, plan.outcome, plan.issues, plan.leavers, target)
    after = apply_to(directory, plan.writes)

    assert set(plan.outcome["row_number"]) == set(file.raw.rows["row_number"])
    assert plan.outcome.height == file.row_count
    assert lines == file.row_count + plan.leavers.height
    assert after.learners["email_key"].is_unique().all()
    assert after.learners["unique_user_id"].drop_nulls().is_unique().all()
    assert after.learners.height >= directory.learners.height


@budget.files
@given(content=st.binary(max_size=200), mode=st.sampled_from(Mode))
def test_any_bytes(content: bytes, mode: Mode) -> None:
    """
    Noise is refused or ends in a result for every row.
    """
    check(content, mode)


@budget.files
@given(table=tables, encoding=encodings, mode=st.sampled_from(Mode))
def test_any_table(table: tuple[list[str], list[list[str]]], encoding: str, mode: Mode) -> None:
    """
    Any headers in any order, twice or not at all; ragged rows; odd cells: nobody is lost, nobody is there twice.
    """
    check(as_bytes(table, encoding), mode)
