"""The map of the security standard names every requirement once, files and tests that are there, and what is open."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/design/asvs.md").read_text(encoding="utf-8")
REQUIREMENTS: Final = """
1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1 3.2:1-2 3.3:1-4 3.4:1-6 3.5:1-5
3.7:1-2 4.1:1-3 4.2:1 4.3:1-2 4.4:1-4 5.1:1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12 6.3:1-4 6.4:1-4
6.5:1-5 6.6:1-3 6.8:1-4 7.1:1-3 7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2 8.1:1-2 8.2:1-3 8.3:1 8.4:1
9.1:1-3 9.2:1-4 10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5 10.6:1-2 10.7:1-3 11.1:1-2 11.2:1-3
11.3:1-3 11.4:1-4 11.5:1 11.6:1 12.1:1-3 12.2:1-2 12.3:1-4 13.1:1 13.2:1-5 13.3:1-2 13.4:1-5 14.1:1-2
14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7 16.1:1 16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3 17.1:1 17.2:1-4
17.3:1-2
"""
"""Levels 1 and 2 of ASVS 5.0: section, and the numbers in it."""
_ROW: Final = re.compile(r"^\| (\d+\.\d+\.\d+) \| (yes|part|open|–) \| (.+) \|$", re.MULTILINE)
_PLACES: Final = ("tests/", "docs/", "scripts/", "core/", "client/", "server/")


def numbers() -> list[str]:
    """Return the numbers of all requirements."""
    found = []
    for word in REQUIREMENTS.split():
        section, _, listed = word.partition(":")
        for span in listed.split(","):
            first, _, last = span.partition("-")
            found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def test_every_requirement_has_one_answer() -> None:
    """In the order of the standard."""
    assert [number for number, _, _ in _ROW.findall(PAGE)] == numbers()
    assert len(numbers()) == 253


def test_every_file_and_test_that_is_named_is_there() -> None:
    """A path that was moved is found out."""
    named = {path for path in re.findall(r"`([^`]+)`", PAGE) if path.startswith(_PLACES)}
    roots = {path: ROOT if path.startswith(("tests/", "docs/", "scripts/")) else ROOT / "src/orgsync" for path in named}

    assert [path for path in sorted(named) if not (roots[path] / path).exists()] == []
    assert len(named) > 80


def test_what_is_open_stands_at_the_top() -> None:
    """An answer that says "see above" is there to be seen, and nothing that is met is called open."""
    top = PAGE.partition("## V1 ")[0]
    listed = set(re.findall(r"\d+\.\d+\.\d+", " ".join(re.findall(r"^\| ([\d., ]+) \|", top, re.MULTILINE))))
    answers = {number: (answer, how) for number, answer, how in _ROW.findall(PAGE)}

    assert {number for number, (_, how) in answers.items() if how.startswith("see above")} <= listed
    assert {number for number, (answer, _) in answers.items() if answer == "open"} <= listed
    assert {answers[number][0] for number in listed} <= {"open", "part"}


def test_a_gap_or_an_exception_has_its_reason() -> None:
    """Neither "part" nor "does not apply" stands without words."""
    assert all(len(how) > 4 for _, _, how in _ROW.findall(PAGE))
