"""Who does what is done: known at the border (page, wire, command), asked for where an entry is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ActorKind(StrEnum):
    ACCOUNT = "account"
    TOKEN = "token"  # nosec B105 # noqa: S105 - a kind's name
    APPLICATION = "application"
    """An API application, by whichever of its tokens."""
    COMMAND = "command"
    """Somebody at the machine's command line."""
    SYSTEM = "system"
    """The server by itself: jobs, sweeps, retention."""
    NOBODY = "nobody"
    """Somebody who has not signed in."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something; `id` is that of the account, token or application."""

    kind: ActorKind
    id: int | None = None

    def __str__(self) -> str:
        return self.kind.value if self.id is None else f"{self.kind.value} {self.id}"


SYSTEM: Final = Actor(ActorKind.SYSTEM)
COMMAND: Final = Actor(ActorKind.COMMAND)
NOBODY: Final = Actor(ActorKind.NOBODY)

_current: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def account(account_id: int) -> Actor:
    return Actor(ActorKind.ACCOUNT, account_id)


def token(token_id: int) -> Actor:
    return Actor(ActorKind.TOKEN, token_id)


def application(application_id: int) -> Actor:
    return Actor(ActorKind.APPLICATION, application_id)


def current_actor() -> Actor:
    """Return whoever acts in this context; the system when nobody has said so."""
    return _current.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Name whoever acts until the block ends."""
    before = _current.set(actor)
    try:
        yield
    finally:
        _current.reset(before)
