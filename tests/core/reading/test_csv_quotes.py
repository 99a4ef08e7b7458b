"""A quote that is not closed, or stands where none may stand, costs its own row at most."""

import pytest
from three_columns import found, read

from orgsync.core.model import Limits
from orgsync.core.records import Records


def test_unclosed_quote_costs_its_own_row_alone() -> None:
    """Rows that the quote would swallow are read as usual, quoted line breaks among them."""
    raw = read('1,"x,y\n2,a,b\n3,"c\nd",e\n4,f,g\n')

    assert raw.rows.rows() == [(2, "1", "x", "y"), (3, "2", "a", "b"), (4, "3", "c\nd", "e"), (5, "4", "f", "g")]
    assert found(raw) == [(2, "unclosed_quote")]


def test_unclosed_quote_up_to_the_end_of_the_file() -> None:
    """Nothing closes the quote; the rows behind it are read all the same, and the blank line counts."""
    raw = read('1,"x,y\n2,a,b\n\n3,c,d\n')

    assert raw.rows["row_number"].to_list() == [2, 3, 5]
    assert raw.rows["c0"].to_list() == ["1", "2", "3"]
    assert found(raw) == [(2, "unclosed_quote")]


def test_unclosed_quote_in_the_last_line() -> None:
    """The last line is no exception."""
    raw = read('1,x,y\n2,"a')

    assert raw.rows.rows() == [(2, "1", "x", "y"), (3, "2", "a", None)]
    assert found(raw) == [(3, "unclosed_quote")]


def test_several_unclosed_quotes_are_each_named() -> None:
    """Each one is found, whether the next quote or the end of the file shows it."""
    raw = read('1,"x,y\n2,"a,b\n3,c,d\n4,"e,f\n5,g,h\n')

    assert raw.rows["c0"].to_list() == ["1", "2", "3", "4", "5"]
    assert found(raw) == [(2, "unclosed_quote"), (3, "unclosed_quote"), (5, "unclosed_quote")]


def test_unclosed_quote_longer_than_any_cell_goes_on_at_the_next_line() -> None:
    """A swallowed text over the csv module's own limit ends the search, not the file."""
    rows = "".join(f"{n},{'x' * 90},y\n" for n in range(3, 3_003))

    raw = read(f'2,"a,b\n{rows}')

    assert raw.rows.height == 3_001
    assert found(raw) == [(2, "unclosed_quote")]


class CountingRecords(Records):
    """Records that count how many lines they take."""

    taken = 0

    def _next_line(self) -> str | None:
        self.taken += 1
        return super()._next_line()


@pytest.mark.parametrize("line", ['x","y\n', 'x,"\n', '"",""x""\n', '",\n'])
def test_hostile_quotes_take_time_in_proportion_to_the_file(line: str) -> None:
    """Lines that each open a quote which runs on are taken a few times at most, not once for each other."""
    records = CountingRecords((line * 20_000).encode(), ",", Limits())
    records.expect_width(2)

    seen = sum(1 for _ in records)

    assert seen <= 20_000
    assert records.taken < 4 * 20_000


@pytest.mark.parametrize("row", ['1,"x"y,z', '1,""x",z', '1,"x"y",z', '1,x,"y"z'])
def test_broken_quotes_are_reported_and_the_key_is_kept(row: str) -> None:
    """A quote where none may stand: the row stays, and so does what tells who is meant."""
    raw = read(f"{row}\n2,a,b\n")

    assert raw.rows["c0"].to_list() == ["1", "2"]
    assert raw.rows.row(1) == (3, "2", "a", "b")
    assert found(raw) == [(2, "broken_quote")]


def test_quote_inside_an_unquoted_cell_is_text() -> None:
    """Only a quote at the start of a cell opens one."""
    raw = read('1,5" pipe,z\n')

    assert raw.rows.rows() == [(2, "1", '5" pipe', "z")]
    assert raw.issues.is_empty()
