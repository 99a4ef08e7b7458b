"""The sample company and its nightly files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orgsync.core.sample import write_sample
from orgsync.core.sample_wrong import WrongKind

SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Company:
    """A company of `people`, whose HR system writes a full file every night."""

    folder: Path
    people: int
    name: str = "Example Company"

    @property
    def first_night(self) -> Path:
        return self.folder / "night-1.csv"

    @property
    def second_night(self) -> Path:
        return self.folder / "night-2.csv"

    @property
    def wrong_night(self) -> Path:
        """The third night's file, of which only the first half arrived."""
        return self.folder / "night-3-truncated.csv"

    def is_there(self) -> bool:
        return self.wrong_night.exists()

    def write(self) -> None:
        """Write the files; the wrong one last, so that its presence says that all are there."""
        self.folder.mkdir(mode=0o700, parents=True)
        self._write(self.first_night, day=1)
        self._write(self.second_night, day=2)
        self._write(self.wrong_night, day=3, wrong=WrongKind.TRUNCATED)

    def _write(self, path: Path, *, day: int, wrong: WrongKind | None = None) -> None:
        with path.open("wb") as target:
            write_sample(target, people=self.people, seed=SEED, day=day, wrong=wrong)
