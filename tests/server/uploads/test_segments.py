"""Encrypted files: any range of any file, and nothing that was cut off, swapped or changed."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsync.server.filekeys import MasterKeyMissing, MasterKeys, WrongFileKey
from orgsync.server.uploads.segments import SEGMENT, TAG, BrokenSegments, SegmentWriter, read_segments, stored_size
from orgsync.server.uploads.stored import _cut, span_of

KEY = bytes(range(32))
STORED = SEGMENT + TAG
SIZES = st.one_of(
    st.integers(0, 200),
    st.integers(-2, 2).map(lambda near: SEGMENT + near),
    st.integers(-2, 2).map(lambda near: 3 * SEGMENT + near),
    st.integers(0, 4 * SEGMENT),
)
PATTERN = secrets.token_bytes(5 * SEGMENT)


def encrypted(plain: bytes, key: bytes = KEY, *, pieces: int = 50_000) -> bytes:
    stored: list[bytes] = []
    writer = SegmentWriter(key, stored.append)
    for at in range(0, len(plain), pieces):
        writer.write(memoryview(plain)[at : at + pieces])
    writer.finish()
    return b"".join(stored)


def decrypted(stored: bytes, size: int, key: bytes = KEY, *, pieces: int = 1 << 20) -> bytes:
    chunks = (stored[at : at + pieces] for at in range(0, len(stored), pieces))
    return b"".join(read_segments(key, chunks, size=size))


@given(SIZES, st.integers(1, 3 * SEGMENT), st.integers(1, 3 * SEGMENT))
def test_file_comes_back_however_it_is_cut_into_chunks(size: int, written: int, read: int) -> None:
    """Chunks are those of a network, segments are ours; the stored size follows from the size."""
    stored = encrypted(PATTERN[:size], pieces=written)

    assert len(stored) == stored_size(size)
    assert decrypted(stored, size, pieces=read) == PATTERN[:size]


@given(SIZES.filter(bool), st.data())
def test_any_range_reads_only_its_segments(size: int, data: st.DataObject) -> None:
    """A byte range asks for the segments that it touches, and no more."""
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    stored = encrypted(PATTERN[:size])
    span = span_of(start, end, size)

    chunks = [stored[span.start : span.end]]
    opened = read_segments(KEY, chunks, size=size, first=span.first)
    found = b"".join(_cut(opened, skip=start - span.first * SEGMENT, length=end - start))

    assert found == PATTERN[start:end]
    assert span.end - span.start <= end - start + 2 * STORED


WHOLE = encrypted(PATTERN[: 3 * SEGMENT + 9])
OTHER = encrypted(PATTERN[: 3 * SEGMENT + 9], bytes(32))


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(WHOLE[:-1], id="a byte missing"),
        pytest.param(WHOLE[: 3 * STORED], id="the last segment missing"),
        pytest.param(WHOLE[: 2 * STORED], id="two segments missing"),
        pytest.param(WHOLE[STORED:], id="the first segment missing"),
        pytest.param(WHOLE[STORED : 2 * STORED] + WHOLE[:STORED] + WHOLE[2 * STORED :], id="swapped segments"),
        pytest.param(WHOLE[:STORED] + WHOLE[:STORED] + WHOLE[2 * STORED :], id="a repeated segment"),
        pytest.param(WHOLE + WHOLE[3 * STORED :], id="the last segment twice"),
        pytest.param(OTHER[:STORED] + WHOLE[STORED:], id="a segment of another file"),
        pytest.param(OTHER, id="another file"),
        pytest.param(bytes([WHOLE[0] ^ 1]) + WHOLE[1:], id="a changed bit"),
        pytest.param(WHOLE[:-TAG] + bytes(TAG), id="a forged tag"),
    ],
)
def test_damage_is_detected(damaged: bytes) -> None:
    """Also by the size that the row knows: a file cut off at a segment is shorter than it says."""
    size = 3 * SEGMENT + 9

    assert decrypted(WHOLE, size) == PATTERN[:size]
    if len(damaged) == stored_size(size):
        with pytest.raises(BrokenSegments):
            decrypted(damaged, size)
    else:
        for claimed in (size, 3 * SEGMENT, 2 * SEGMENT):
            if stored_size(claimed) == len(damaged):
                with pytest.raises(BrokenSegments):
                    decrypted(damaged, claimed)


def test_wrapped_key_opens_only_for_its_file() -> None:
    """Swapped rows, a missing master key, and a damaged wrap are told apart."""
    keys = MasterKeys([KEY, bytes(32)])
    wrapped = keys.wrap(b"f" * 32, "2026/03/02/a")

    assert keys.unwrap(wrapped, "2026/03/02/a") == b"f" * 32
    assert MasterKeys([bytes(32), KEY]).unwrap(wrapped, "2026/03/02/a") == b"f" * 32
    with pytest.raises(WrongFileKey):
        keys.unwrap(wrapped, "2026/03/02/b")
    with pytest.raises(WrongFileKey):
        keys.unwrap(wrapped[:-1], "2026/03/02/a")
    with pytest.raises(MasterKeyMissing):
        MasterKeys([bytes(32)]).unwrap(wrapped, "2026/03/02/a")
