"""What the reader knows of controls and blanks saves the checks a look, and changes nothing that they find."""

from dataclasses import replace

import pytest

from orgsync.core.csvfile import read_csv
from orgsync.core.fastlane import holds_controls
from orgsync.core.headers import read_layout
from orgsync.core.validate import check_rows

HEADER = "primary_email_address,preferred_first_name,work_title,groups\n"
ROWS = (
    "a@example.com,Ana,Chef,A\n",
    " b@example.com ,\u00a0Zoë\u2003, Chef,A\n",
    "c@example.com,Bo ,\u3000Köchin,\n",
    "d@example.com,\u200b x,Chef\u2009,\n",
    "e@example.com,\u0085y,Cook,\n",
    "f@example.com,Zo\u00eb , ,\n",
)


@pytest.mark.parametrize("more", ["", "g@example.com,Ta\tb,Chef,\n", "g@example.com,\x02,Chef\x7f,\n", "\x1f,x,y,\n"])
@pytest.mark.parametrize("quote", ["", '"h, i@example.com","Bo","x ",\n'])
def test_what_the_reader_knows_changes_no_finding(more: str, quote: str) -> None:
    """As if everything had been looked at again."""
    raw = read_csv((HEADER + "".join(ROWS) + more + quote).encode())
    layout = read_layout(raw.headers)

    known = check_rows(raw, layout)
    looked = check_rows(replace(raw, may_hold_controls=True), layout)

    assert raw.lane == "fast"
    assert raw.may_hold_controls is bool(more)
    assert known.rows.equals(looked.rows)
    assert known.issues.equals(looked.issues)
    assert known.rows["preferred_first_name"].to_list()[:6] == ["Ana", "Zoë", "Bo", "x", "y", "Zoë"]


def test_a_tab_in_quotes_is_not_overlooked_between_tabs() -> None:
    """There it is a cell's own; outside it parts them."""
    assert not holds_controls(b"a\tb\n1\t2\n", "\t")
    assert holds_controls(b'a\tb\n1\t"2\t3"\n', "\t")
    assert holds_controls(b"a,b\n1,2\t\n", ",")
    assert holds_controls(b"a,b\n1,\x7f\n", ",")
