"""The log of runs: one JSON object a line, with counts and codes; no cell of anybody's file and no token."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from orgsync.client.errors import BadUsage
from orgsync.client.screen import Screen

_ADDRESS: Final = re.compile(r"[^\s@<>,;\"']+@[^\s@<>,;\"']+")


def without_addresses(text: str) -> str:
    """Mask e-mail addresses: what a server says may name people."""
    return _ADDRESS.sub("…@…", text)


class RunLog:
    """Appends to the log file; without one, nothing is written."""

    def __init__(self, file: Path | None, target: str) -> None:
        self._file = file
        self._target = target
        self.run = ""

    def event(self, event: str, **facts: Any) -> None:
        """Write one line, in one piece."""
        if self._file is None:
            return
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "target": self._target, "run": self.run}
        text = json.dumps(line | {"event": event} | facts, ensure_ascii=False)
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            with os.fdopen(descriptor, "a", encoding="utf-8") as file:
                file.write(f"{text}\n")
        except OSError as error:
            raise BadUsage(f"The log {self._file} cannot be written: {error.strerror}") from error


class RunScreen(Screen):
    """What a run says goes to the log too; what quotes somebody's cells is said nowhere."""

    def __init__(self, log: RunLog) -> None:
        super().__init__()
        self._log = log

    def say(self, text: str) -> None:
        self._log.event("note", text=without_addresses(text))
        super().say(without_addresses(text))

    def tell(self, text: str) -> None:
        """Findings quote cells; their codes and counts stand in the log."""
