"""What was said about one file that is to be planned or sent."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orgsync.client.connection import Connection
from orgsync.client.outcome import Outcome
from orgsync.client.screen import Screen
from orgsync.core.model import RowPolicy


@dataclass(frozen=True, slots=True)
class Order:
    """One file, its target, and the options of `orgsync push`."""

    file: Path
    connection: Connection
    screen: Screen
    timeout: float
    rows: RowPolicy | None = None
    is_dry_run: bool = False
    is_automatic: bool = False
    sends_everything: bool = False
    accepts: str | None = None
    """Digest of the plan that a person has accepted although a guard tripped."""
    output: Path | None = None
    agrees: Callable[[str], bool] = lambda _question: True
    """Asks the person; where there is none, giving the command was the answer."""
    on_step: Callable[[str], None] = lambda _step: None
    """Hears of plan, push and results before each begins."""
    on_end: Callable[[Outcome], None] = lambda _outcome: None
    """Hears what it came to while a killed push would still be gone on with."""
