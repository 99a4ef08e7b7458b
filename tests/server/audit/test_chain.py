"""Whatever is done to a stored chain is found: any field of any entry, and entries gone, added or moved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orgsync.server.audit.chain import TRIMMED, Entry, Head, find_break

START = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
Chain = list[tuple[Entry, bytes]]
small = settings(max_examples=60, deadline=None, derandomize=True)

ids = st.dictionaries(
    st.sampled_from(["job", "feed", "attributes", "reason"]),
    st.one_of(
        st.integers(), st.booleans(), st.none(), st.text("abc_", max_size=5), st.lists(st.integers(), max_size=3)
    ),
)
entries = st.tuples(
    st.sampled_from(["account", "token", "system"]),
    st.one_of(st.none(), st.integers(1, 9)),
    st.sampled_from(["signed_in", "job_applied", "feed_changed"]),
    ids,
    st.dictionaries(st.sampled_from(["work_title", "status"]), st.text("0123456789abcdef", max_size=8)),
)
chains = st.lists(entries, min_size=1, max_size=6).map(lambda facts: make_chain(facts))  # noqa: PLW0108 - made below
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "organization_id": st.integers(1, 9),
    "number": st.integers(0, 9),
    "at": st.integers(0, 9).map(lambda second: START + timedelta(seconds=second, microseconds=1)),
    "actor_kind": st.sampled_from(["account", "token", "nobody"]),
    "actor_id": st.one_of(st.none(), st.integers(1, 99)),
    "action": st.sampled_from(["signed_in", "signed_out", TRIMMED]),
    "ids": ids,
    "veiled": st.dictionaries(st.just("status"), st.text("0123456789abcdef", max_size=8)),
    "previous": st.binary(max_size=32),
}


def make_chain(facts: list[tuple[Any, ...]]) -> Chain:
    """Chain entries as the log does."""
    chain: Chain = []
    previous = b""
    for number, (kind, actor_id, action, about, veiled) in enumerate(facts, 1):
        entry = Entry(7, number, START + timedelta(seconds=number), kind, actor_id, action, about, veiled, previous)
        previous = entry.hash()
        chain.append((entry, previous))
    return chain


def head_of(chain: Chain) -> Head:
    return Head(number=len(chain), hash=chain[-1][1])


@small
@given(chain=chains)
def test_untouched_chain_holds(chain: Chain) -> None:
    """
    Nothing is found where nothing was done.
    """
    assert find_break(chain, head_of(chain)) is None


@small
@given(chain=chains, data=st.data())
def test_any_changed_field_is_found(chain: Chain, data: st.DataObject) -> None:
    """
    Every field is covered by the hash, and the first broken entry is named.
    """
    place = data.draw(st.integers(0, len(chain) - 1))
    name = data.draw(st.sampled_from(sorted(CHANGES)))
    entry, stored = chain[place]
    value = data.draw(CHANGES[name])
    assume(value != getattr(entry, name) or type(value) is not type(getattr(entry, name)))
    changed = [*chain[:place], (replace(entry, **{name: value}), stored), *chain[place + 1 :]]

    found = find_break(changed, head_of(chain))

    assert found is not None
    assert found.number == place + 1


@small
@given(chain=chains, data=st.data())
def test_changed_entry_with_a_hash_that_fits_breaks_the_next_one(chain: Chain, data: st.DataObject) -> None:
    """
    Whoever mends the hash too is found at the following entry, or at the head.
    """
    place = data.draw(st.integers(0, len(chain) - 1))
    forged = replace(chain[place][0], actor_id=12345)
    changed = [*chain[:place], (forged, forged.hash()), *chain[place + 1 :]]

    assert find_break(changed, head_of(chain)) is not None


@small
@given(chain=chains, data=st.data())
def test_missing_added_and_moved_entries_are_found(chain: Chain, data: st.DataObject) -> None:
    """
    At the beginning, in the middle, at the end.
    """
    place = data.draw(st.integers(0, len(chain) - 1))
    other = data.draw(st.integers(0, len(chain) - 1))
    without = [*chain[:place], *chain[place + 1 :]]
    doubled = [*chain[: place + 1], chain[place], *chain[place + 1 :]]
    swapped = list(chain)
    swapped[place], swapped[other] = swapped[other], swapped[place]

    assert find_break(without, head_of(chain)) is not None
    assert find_break(doubled, head_of(chain)) is not None
    assert (find_break(swapped, head_of(chain)) is None) == (place == other)


@small
@given(chain=chains, data=st.data())
def test_beginning_may_only_be_missing_where_retention_says_so(chain: Chain, data: st.DataObject) -> None:
    """
    A checkpoint that no trimming entry names is found, and so is a trimming entry without its checkpoint.
    """
    kept_from = data.draw(st.integers(2, len(chain) + 1))
    kept_after = chain[kept_from - 2][1]
    noted = {"kept_from": kept_from, "kept_after": kept_after.hex()}
    note = Entry(7, len(chain) + 1, START, "system", None, TRIMMED, noted, {}, chain[-1][1])
    kept = chain[kept_from - 1 :]

    sound = Head(note.number, note.hash(), kept_from, kept_after)
    unnoted = Head(len(chain), chain[-1][1], kept_from, kept_after)

    assert find_break([*kept, (note, note.hash())], sound) is None
    assert find_break(kept, unnoted) is not None
    assert find_break([*chain, (note, note.hash())], Head(note.number, note.hash())) is not None
