"""A model in ten lines of Python and the engine agree after any sequence of files and edits."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from orgsync.core.directory import Directory
from orgsync.core.model import Mode
from tests.properties import budget
from tests.properties.applying import apply_to
from tests.properties.engine import content_of, empty_directory, people_of, plan_bytes
from tests.properties.model import CLEAR, Person, Row, apply_file

numbers = st.integers(1, 5)
titles = st.sampled_from(["", "Cook", "Waiter", CLEAR])
groups = st.one_of(st.just((CLEAR,)), st.sets(st.sampled_from(["Cooks", "Drivers"]), max_size=2).map(sorted).map(tuple))
rows = st.lists(st.builds(Row, numbers, titles, groups), min_size=1, max_size=5, unique_by=lambda row: row.number)
files = st.tuples(st.sampled_from(Mode), rows)
edits = st.tuples(st.just("edit"), st.tuples(numbers, st.sampled_from(["Chef", "Cook"])))
steps = st.lists(st.one_of(files, files, files, edits), max_size=4)


def edit(directory: Directory, people: dict[int, Person], number: int, title: str) -> Directory:
    """Change one title beside every file, in the directory and in the model."""
    if number in people:
        people[number].title = title
    is_meant = pl.col("unique_user_id") == f"E{number}"
    after = pl.when(is_meant).then(pl.lit(title)).otherwise("work_title")
    return Directory(
        **{name: getattr(directory, name) for name in Directory.__slots__ if name != "learners"},
        learners=directory.learners.with_columns(work_title=after),
    )


def run(story: list[Any]) -> tuple[Directory, dict[int, Person]]:
    """Take a story through engine and model; every file is applied twice."""
    directory, people = empty_directory(), dict[int, Person]()
    for kind, what in story:
        if kind == "edit":
            directory = edit(directory, people, *what)
            continue
        _, plan = plan_bytes(content_of(what), directory, kind)
        directory = apply_to(directory, plan.writes)
        apply_file(people, what, kind)
        assert people_of(directory) == people
        _, again = plan_bytes(content_of(what), directory, kind)
        assert again.writes.is_empty, again.changes
    return directory, people


@budget.stories
@given(story=steps)
def test_engine_agrees_with_the_model_after_any_story(story: list[Any]) -> None:
    """
    Modes, leavers, returners, blank and clear cells, hand edits; and the same file again changes nothing.
    """
    directory, people = run(story)

    assert people_of(directory) == people


@budget.stories
@given(story=steps, data=st.data(), mode=st.sampled_from(Mode))
def test_order_of_rows_does_not_matter(story: list[Any], data: st.DataObject, mode: Mode) -> None:
    """
    A file sorted by name and the same file sorted by department do the same.
    """
    directory, _ = run(story)
    sent = data.draw(rows)
    shuffled = data.draw(st.permutations(sent))

    results = []
    for order in (sent, shuffled):
        _, plan = plan_bytes(content_of(order), directory, mode)
        kinds = sorted(plan.changes.select("kind", "email", "target", "before").rows(), key=str)
        results.append((people_of(apply_to(directory, plan.writes)), kinds, sorted(plan.outcome["status"])))

    assert results[0] == results[1]


@budget.stories
@given(story=steps, sent=rows, mode=st.sampled_from(Mode))
def test_plan_is_a_value(story: list[Any], sent: list[Row], mode: Mode) -> None:
    """
    Building it twice gives the same plan, and every change of a person is in its lines and in its writes.
    """
    directory, _ = run(story)

    file, plan = plan_bytes(content_of(sent), directory, mode)
    _, again = plan_bytes(content_of(sent), directory, mode)

    assert plan.changes.equals(again.changes)
    assert plan.outcome.height == file.row_count == len(sent)
    if mode is not Mode.FULL:
        assert plan.leavers.is_empty()
    if mode is Mode.ADDITIONS_ONLY:
        assert not {"deactivated", "value_changed", "value_cleared", "group_left", "license_revoked"} & set(
            plan.changes["kind"]
        )
