"""Where files lie: a folder of this machine, or of another one; and which of them are meant."""

import fnmatch
import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orgsync.client.sources.base import NothingThere


@dataclass(frozen=True, slots=True)
class Entry:
    """A file somewhere."""

    name: str
    modified: float
    """Seconds since 1970."""


class Place(Protocol):
    """Somewhere that files lie."""

    @property
    def origin(self) -> str:
        """The place and the pattern, fit to print."""

    def entries(self) -> list[Entry]:
        """Return the files that fit, in any order."""

    def fetch(self, entry: Entry, folder: Path) -> Path:
        """Return a path of this machine with the file's bytes; a copy goes into `folder`."""

    def close(self) -> None:
        """Hang up."""


class LocalPlace:
    """Files of this machine."""

    def __init__(self, pattern: Path) -> None:
        self._pattern = pattern

    @property
    def origin(self) -> str:
        return str(self._pattern)

    def entries(self) -> list[Entry]:
        paths = [self._pattern] if self._pattern.is_file() else map(Path, _matches(str(self._pattern)))
        return [Entry(str(path), path.stat().st_mtime) for path in paths if path.is_file()]

    def fetch(self, entry: Entry, folder: Path) -> Path:  # noqa: ARG002  it is here already
        return Path(entry.name)

    def close(self) -> None:
        """Nothing is open."""


def split_pattern(path: str) -> tuple[str, str]:
    """Split a path at the first part that has a wildcard: the folder to look into, and the whole pattern."""
    parts = path.split("/")
    plain = next((place for place, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts) - 1)
    return "/".join(parts[:plain]), path


def fits(path: str, pattern: str) -> bool:
    """Say whether a path fits a pattern; a wildcard stays within its folder, as in a shell."""
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


def _matches(pattern: str) -> list[str]:
    # Path.glob cannot start at an absolute pattern.
    return glob.glob(pattern, recursive=True)  # noqa: PTH207


def picked(place: Place, pick: str) -> Sequence[Entry]:
    """Return the files to read: `all` by name, the `newest`, or the `only` one. Raise NothingThere when none fits."""
    entries = sorted(place.entries(), key=lambda entry: entry.name)
    if not entries:
        raise NothingThere(f"No file is at {place.origin}.")
    if pick == "newest":
        return [max(entries, key=lambda entry: (entry.modified, entry.name))]
    if pick == "only" and len(entries) > 1:
        names = ", ".join(Path(entry.name).name for entry in entries[:3])
        raise NothingThere(
            f'{len(entries)} files are at {place.origin} ({names}, …); say which: pick = "newest" or pick = "all".'
        )
    return entries
