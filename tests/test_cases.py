"""The corpus: each folder under `tests/cases` is run through the pure core and through the server.

Both must end as a person has accepted (`python -m tests.cases.accept`), and alike.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cases.core_run import run_core
from tests.cases.server_run import run_server
from tests.cases.story import Case, Ending, all_cases, read_case, read_expected


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let the pipeline have transactions of its own; each case cleans up, because to flush every table is dear."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize("name", all_cases())
def test_core_ends_as_accepted(name: str) -> None:
    """
    Reader, checks, plan, guards and results, without any server.
    """
    case = read_case(name)

    ending = run_core(case)

    assert_same(ending, read_expected(case))
    assert_counts_add_up(ending)


@pytest.mark.parametrize("name", all_cases())
def test_server_ends_as_accepted(name: str, db: None) -> None:
    """
    The same file as an upload job: stored plan, results file, the directory read back, and the counts.
    """
    case = read_case(name)

    ending = run_server(case)

    assert_same(ending, read_expected(case))
    assert ending.counts == run_core(case).counts


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
