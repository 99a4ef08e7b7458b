"""How far a run has come, so that a killed one is gone on with and does nothing twice."""

import json
import os
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from orgsync.client.replacing import replacing

PULLED: Final = "pulled"
MAPPED: Final = "mapped"
HELD: Final = "held"
PUSHED: Final = "pushed"
_FILE: Final = "run.json"


@dataclass(frozen=True, slots=True)
class Stand:
    """What is done. It names no person."""

    run: str
    started: float
    config: str
    """Digest of the configuration: a run is not gone on with under another one."""
    reached: str = ""
    outcome: dict[str, Any] | None = None
    """What the push came to, once it has."""


class RunJournal:
    """The folder of the one run that is under way: its journal, the pulled and the mapped file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pulled = folder / "pulled.csv"
        self.mapped = folder / "mapped.csv"

    def open(self, config: str, *, goes_on_for: float, accepts: bool) -> tuple[Stand, bool]:
        """Return where the run stands, and whether it is an older one that is gone on with.

        A run that was held is gone on with only when somebody accepts its plan.
        """
        known, now = self._known(), time.time()
        fits = known and known.config == config and 0 <= now - known.started < goes_on_for
        if known and fits and (known.reached != HELD or accepts):
            return known, True
        self.close()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        return self.save(Stand(secrets.token_hex(8), now, config)), False

    def save(self, stand: Stand) -> Stand:
        """Write to disk, whole or not at all."""
        with replacing(self.folder / _FILE) as target:
            target.write(json.dumps(asdict(stand)).encode())
            target.flush()
            os.fsync(target.fileno())
        return stand

    def reached(self, stand: Stand, what: str, outcome: dict[str, Any] | None = None) -> Stand:
        return self.save(replace(stand, reached=what, outcome=outcome))

    def close(self) -> None:
        """Forget the run: it came to its end. Its journal goes first, the files mean nothing without it."""
        (self.folder / _FILE).unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _known(self) -> Stand | None:
        try:
            return Stand(**json.loads((self.folder / _FILE).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None
