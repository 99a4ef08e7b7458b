"""The process that does the work of a worker: when it makes room for a fresh one."""

import pytest

from orgsync.server.uploads import child


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([child.LARGEST], False),
        ([child.LARGEST * 3, child.LARGEST + 1, child.LARGEST - 1], False),  # given back a moment later
        ([child.LARGEST + 1] * 3, True),
    ],
)
def test_only_what_is_not_given_back_is_too_much(
    monkeypatch: pytest.MonkeyPatch, held: list[int], *, expected: bool
) -> None:
    looks = iter(held)
    seconds = iter(range(len(held) + 1))
    monkeypatch.setattr(child, "memory_held", lambda: next(looks))
    monkeypatch.setattr(child, "GIVEN_BACK_SECONDS", len(held) - 2)
    monkeypatch.setattr(child, "LOOK_SECONDS", 0)
    monkeypatch.setattr("orgsync.server.uploads.child.time.monotonic", lambda: next(seconds))

    assert child.stays_large() is expected


def test_memory_is_what_the_process_has_now() -> None:
    before = child.memory_held()
    ballast = bytearray(100_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])

    grown = child.memory_held()
    del ballast

    assert grown - before > 90_000_000
    assert child.memory_held() < grown - 90_000_000
