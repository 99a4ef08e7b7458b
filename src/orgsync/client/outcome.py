"""What a command that plans or sends has to say: the same for a person, a program and the nightly run."""

from dataclasses import dataclass, field
from typing import Any

from orgsync.client.exits import ExitCode


@dataclass(frozen=True, slots=True)
class Outcome:
    """`lines` are for people, `facts` for programs; neither holds a token, and `lines` names nobody."""

    exit_code: ExitCode
    lines: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """What metrics tell."""
