"""With its shortcuts the engine gives what it gives without them, whatever came before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from django.conf import LazySettings
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Feed, Learner
from orgsync.server.directory.recounting import keep_counts
from orgsync.server.uploads import pipeline
from orgsync.server.uploads.draft import open_source
from orgsync.server.uploads.media import read_verified
from orgsync.server.uploads.shortcut import Shortcuts
from tests.properties.budget import EXAMPLES, stories
from tests.server.pipeline.counts import check_counts
from tests.server.pipeline.pipeline_world import MONDAY, World, hold_codes, kinds, statuses
from tests.server.pipeline.shortcut_story import act, all_acts, first_night, new_name, plain_acts, set_up

story = settings(
    stories,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(story, max_examples=max(1, EXAMPLES // 2))
@given(st.lists(plain_acts, min_size=3, max_size=7))
def test_shortcuts_change_no_answer(make: Callable[..., World], story: list[tuple[Any, ...]]) -> None:
    """Two organizations get the same files and settings; one is read with all shortcuts, one without any."""
    tell_twice(make, story)


@settings(story, max_examples=EXAMPLES)
@given(st.lists(all_acts, min_size=3, max_size=7))
def test_shortcuts_change_no_answer_beside_feeds_edits_undos_rules_and_guards(
    make: Callable[..., World], story: list[tuple[Any, ...]]
) -> None:
    """Nor when a second feed, people, undos, rules and guards have their say in between."""
    tell_twice(make, story)


def tell_twice(make: Callable[..., World], story: list[tuple[Any, ...]]) -> None:
    name = new_name()
    worlds = {Shortcuts.ALWAYS: set_up(make(f"Short{name}")), Shortcuts.OFF: set_up(make(f"Whole{name}"))}
    sent: list[str] = []

    steps = [("file", first_night()), ("again", 0), *story, ("again", 0)]
    for hour, what in enumerate(steps):
        seen = {}
        for shortcuts, world in worlds.items():
            with override_settings(SHORTCUTS=shortcuts):
                seen[shortcuts] = act(world, what, sent, MONDAY + timedelta(hours=hour))
        if what[0] == "file":
            sent.append(what[1])

        assert seen[Shortcuts.ALWAYS] == seen[Shortcuts.OFF], what
        assert worlds[Shortcuts.ALWAYS].state == worlds[Shortcuts.OFF].state, what
        check_counts(worlds[Shortcuts.ALWAYS])
        keep_counts(worlds[Shortcuts.ALWAYS].id, list(Feed.objects.filter(**worlds[Shortcuts.ALWAYS].mine)))


def test_same_bytes_are_settled_whole(make: Callable[..., World], settings: LazySettings) -> None:
    """The same bytes change nothing and say so, and after one edit by hand they repair it."""
    settings.SHORTCUTS = Shortcuts.ALWAYS
    world = make()
    text = "primary_email_address,work_title\nana@example.com,Cook\nbo@example.com,Cook\n"
    world.send(text)

    again = world.send(text)
    assert statuses(again) == ["UNCHANGED", "UNCHANGED"]
    assert again.status == JobStatus.DONE

    world.write(Learner, {"work_title": "Waiter"}, id=1)
    assert statuses(world.send(text)) == ["UPDATED", "UNCHANGED"]
    assert statuses(world.send(text)) == ["UNCHANGED", "UNCHANGED"]


HEAD: Final = "primary_email_address,work_title"


@pytest.mark.parametrize(
    "rows",
    [
        "ana@example.com,Cook\nbo@example.com,+41 79\n",
        '"ana@example.com","Cook, Chef"\nbo@example.com,"a ""b"""\n',
        'ana@example.com,"x,CREATED,,\r\ny"\nbo@example.com,Cook\n',
        'ana@example.com,"x,UNCHANGED,,\r\n"\n',
    ],
)
def test_results_made_of_the_last_results_are_those_of_the_rows(
    make: Callable[..., World], settings: LazySettings, rows: str
) -> None:
    """Whatever stands in cells, also what looks like the end of a line, the file says the same as when it is read."""
    worlds = {Shortcuts.ALWAYS: make(f"Short{new_name()}"), Shortcuts.OFF: make(f"Whole{new_name()}")}
    results = {}
    for shortcuts, world in worlds.items():
        settings.SHORTCUTS = shortcuts
        for _ in range(3):
            job = world.send(f"{HEAD}\n{rows}")
        assert job.result is not None
        results[shortcuts] = read_verified(job.result)

    assert results[Shortcuts.ALWAYS] == results[Shortcuts.OFF]


def test_same_bytes_are_not_read_again(make: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody opens the file a second time, unless something was written, a guard's day has come, or the feed waits."""
    world = make()
    text = f"{HEAD}\nana@example.com,Cook\n"
    world.send(text)
    opened = []
    monkeypatch.setattr(pipeline, "open_source", lambda job: opened.append(job) or open_source(job))

    job = world.send(text)
    assert (opened, statuses(job), job.unchanged_count, kinds(job)) == ([], ["UNCHANGED"], 1, [])

    world.set_feed(is_paused=True)
    assert hold_codes(world.send(text)) == ["feed_paused"]
    assert len(opened) == 1
