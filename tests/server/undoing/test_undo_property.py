"""Undo after apply changes nothing but the history, and undo after undo is the job again, whatever the files say."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.pipeline.pipeline_world import World
from tests.server.undoing.undo_world import Story

HEADER = "primary_email_address,unique_user_id,work_title,groups,manager_unique_user_id,license_english_status"
IDS = ("E1", "E2", "E3", "E4")


@st.composite
def files(draw: st.DrawFn) -> str:
    """Draw a full file: some of four people, whose addresses may go round among them."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    addresses = draw(st.permutations([f"p{number}@example.com" for number in range(1, 5)]))
    cells = st.tuples(
        st.sampled_from(("", "Cook", "Baker", "#CLEAR#")),
        st.sampled_from(("", "Cooks", '"Cooks, Bakers"')),
        st.sampled_from(("", "E1", "E2", "E9", "#CLEAR#")),
        st.sampled_from(("", "active", "inactive")),
    )
    rows = [",".join((addresses[IDS.index(one)], one, *draw(cells))) for one in ids]
    return "\n".join((HEADER, *rows, ""))


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(first=files(), second=files())
def test_undo_is_the_inverse_of_a_job_and_of_itself(make: Callable[..., World], first: str, second: str) -> None:
    """
    Two full files; the second is undone, and the undo is undone. Seats are scarce, so that people wait.
    """
    make.count = getattr(make, "count", 0) + 1  # type: ignore[attr-defined]
    story = Story(make(f"Acme{make.count}"))  # type: ignore[attr-defined]
    story.world.organization.pool_set.update(seats=2)
    story.send(first)
    before = story.world.state
    job = story.send(second)
    after = story.world.state

    undo = story.undo(job)
    undone = story.world.state
    story.undo(undo)

    assert undone == before
    assert story.world.state == after
