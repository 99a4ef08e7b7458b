"""Whatever the fast lane accepts, it reads exactly as the careful lane does."""

import functools
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lanes import check_lanes_agree

from orgsync.core.fastlane import read_fast

TOKENS = ["a", ",", '"', "\n", "\r\n"]
DIRTY_TOKENS = ["a", ",", '"', "\n", "\r\n", "\r", "\0", "\x01", ";", "é", " ", "\u2028", "\x1a", "\ufeff"]
DIRTY_LINES = [
    "1,2",
    "1,2,3,4",
    "1,2,3,",
    "",
    "   ",
    "\x1a",
    'x,y,""a"',
    'x,y,"a"b"',
    'x,y,"a""',
    'x,"y,z',
    'x,y"',
    'x,"y\ny",z',
    "x,y\ry,z",
    "x,y\0,z",
]


@pytest.mark.parametrize(("start", "longest"), [("", 5), ("a,b\n", 4), ('"a","b"\r\n', 4)])
def test_every_small_text_is_read_alike(start: str, longest: int) -> None:
    """All texts of up to so many tokens, alone and behind a sound header: no accepted one differs."""
    texts = [
        start + "".join(tokens) for size in range(1, longest + 1) for tokens in itertools.product(TOKENS, repeat=size)
    ]

    accepted = sum(check_lanes_agree(text) for text in texts)

    assert 0 < accepted < len(texts)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_every_small_text_is_read_alike_with_another_delimiter(delimiter: str) -> None:
    """The proofs hold for each delimiter, not for the comma alone."""
    texts = [
        "".join(tokens).replace(",", delimiter)
        for size in range(1, 5)
        for tokens in itertools.product(TOKENS, repeat=size)
    ]

    accepted = sum(check_lanes_agree(text, delimiter) for text in texts)

    assert accepted > 0


@settings(max_examples=400, deadline=None, derandomize=True)
@given(tokens=st.lists(st.sampled_from(DIRTY_TOKENS), max_size=40), delimiter=st.sampled_from(",;"))
def test_dirty_text_is_read_alike(tokens: list[str], delimiter: str) -> None:
    """Longer texts of the pieces that break CSV files."""
    check_lanes_agree("".join(tokens), delimiter)


CELL = st.sampled_from(["", "a", '""', '"a,b"', '"a""b"', "é", "x y", '"', 'x"y', "\x1a", "NA", "#"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3).map(",".join), min_size=1, max_size=12),
    line_end=st.sampled_from(["\n", "\r\n"]),
    last=st.sampled_from(["", "\n", "\r\n", ",", "\n\n", "\r"]),
)
def test_nearly_sound_text_is_read_alike(rows: list[str], line_end: str, last: str) -> None:
    """Texts that are often sound, so that the fast lane accepts many of them."""
    check_lanes_agree(line_end.join(["a,b,c", *rows]) + last)


@functools.cache
def large_lines(quote: str) -> list[str]:
    """Make 110,000 rows of three cells, which Polars reads in several chunks."""
    return [f"{quote}{n}{quote},{quote}person {n}{quote},{quote}x{n % 7}{quote}" for n in range(110_000)]


def large_text(quote: str, line_end: str = "\n", dirty: str | None = None, from_end: int = 3) -> str:
    """Make a large file, if wanted with one dirty line in place of the one so far from the end."""
    lines = ["a,b,c", *large_lines(quote), ""]
    if dirty is not None:
        lines[-1 - from_end] = dirty
    return line_end.join(lines)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_large_file_takes_the_fast_lane_and_is_read_alike(quote: str, line_end: str) -> None:
    """A regular file of several chunks is accepted, with and without quotes."""
    assert check_lanes_agree(large_text(quote, line_end))


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("dirty", DIRTY_LINES)
def test_one_dirty_line_near_the_end_closes_the_fast_lane(dirty: str, quote: str) -> None:
    """One line that is no whole row sends the file of several chunks to the careful lane."""
    assert read_fast(large_text(quote, dirty=dirty).encode(), ["a", "b", "c"], ",") is None


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    dirty=st.lists(st.sampled_from(["a", ",", '"', '""', '","', "é"]), max_size=9).map("".join),
    quote=st.sampled_from(["", '"']),
    from_end=st.integers(min_value=1, max_value=109_000),
)
def test_large_file_with_any_line_somewhere_is_read_alike(dirty: str, quote: str, from_end: int) -> None:
    """The same with lines nobody thought of, anywhere in the file."""
    check_lanes_agree(large_text(quote, dirty=dirty, from_end=from_end))


@pytest.mark.parametrize("end", ["a,b\n1,2,", "a,b\r\n1,2,", 'a,b\n"1",2,'])
def test_empty_cell_too_many_in_an_unfinished_last_line_is_noticed(end: str) -> None:
    """Polars drops that cell in silence; the proof counts the last line by itself."""
    assert read_fast(end.encode(), ["a", "b"], ",") is None


def test_single_column_never_takes_the_fast_lane() -> None:
    """With one column a blank line and an empty cell look the same, which no count of separators can tell."""
    assert read_fast(b"a\n1\n2\n", ["a"], ",") is None


def test_file_with_the_separator_of_the_line_reading_is_not_judged() -> None:
    """Polars might drop what follows it, and the proof would not see the whole line."""
    sound = "a,b\n" + '"1",2\n' * 200

    assert read_fast(sound.encode(), ["a", "b"], ",") is not None
    assert read_fast(f'{sound}"1",2\x01'.encode(), ["a", "b"], ",") is None
