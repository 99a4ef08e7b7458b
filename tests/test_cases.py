"""The corpus: each folder under `tests/cases` is run through the pure core and through the server.

Both must end as a person has accepted (`python -m tests.cases.accept`), and alike.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.cases.core_run import run_core
from tests.cases.server_run import run_server
from tests.cases.story import Case, Ending, all_cases, read_case, read_expected
from tests.database import empty_tables


@cache
def core_ending(name: str) -> Ending:
    return run_core(read_case(name))


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let the pipeline have transactions of its own; each case takes its organization away, this the audit log."""
    with django_db_blocker.unblock():
        yield
        empty_tables()


@pytest.mark.parametrize("name", all_cases())
def test_core_ends_as_accepted(name: str) -> None:
    """
    Reader, checks, plan, guards and results, without any server.
    """
    ending = core_ending(name)

    assert_same(ending, read_expected(read_case(name)))
    assert_counts_add_up(ending)


@pytest.mark.parametrize("name", all_cases())
def test_server_ends_as_accepted(name: str, db: None) -> None:
    """
    The same file as an upload job: stored plan, results file, the directory read back, and the counts.
    """
    case = read_case(name)

    ending = run_server(case)

    assert_same(ending, read_expected(case))
    assert ending.counts == core_ending(name).counts


@pytest.mark.parametrize("name", [name for name in all_cases() if not read_expected(read_case(name)).held])
def test_same_file_again_changes_nothing(name: str) -> None:
    """
    The directory after the file is as the file wants it; where a case's `again` says why not, something changes.
    """
    case = read_case(name)
    after = core_ending(name).directory

    again = run_core(replace(case, before=case.again(after)))

    assert (again.plan == []) is ("again" not in case.before)
    assert again.directory == after or "again" in case.before


def test_every_case_says_what_it_is_about() -> None:
    """
    One sentence in `about.md`.
    """
    for case in map(read_case, all_cases()):
        assert sentence_of(case).endswith("."), case.name


def sentence_of(case: Case) -> str:
    return (case.folder / "about.md").read_text("utf-8").strip()


def assert_same(ending: Ending, expected: Ending) -> None:
    """Compare part by part, so that a failure shows the lines that differ."""
    assert ending.failed == expected.failed
    assert ending.messages == expected.messages
    assert ending.held == expected.held
    assert ending.plan == expected.plan
    assert ending.results.decode().splitlines() == expected.results.decode().splitlines()
    assert ending.results == expected.results
    assert ending.directory == expected.directory


def assert_counts_add_up(ending: Ending) -> None:
    """Each person counts once: rows and leavers whom no row names."""
    if not ending.counts:
        return
    counts = ending.counts
    unnamed = ending.results.decode().count("\r\n") - 1 - counts["total"]
    told = sum(counts[name] for name in ("updated", "deleted", "unchanged", "error", "skipped"))
    assert told == counts["total"] + unnamed
