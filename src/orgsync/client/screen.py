"""What the person at the terminal sees while a command runs: all of it on stderr, so that stdout can be piped."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from orgsync.client.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar(Protocol):
    """Something that shows how far a step is."""

    def show(self, title: str, done: int, total: int) -> None:
        """Show `done` of `total`; a total of 0 means that nobody knows."""


class Screen:
    """Notes and bars: drawn on a terminal, plain lines elsewhere."""

    def __init__(self, *, is_terminal: bool | None = None) -> None:
        self._is_terminal = sys.stderr.isatty() if is_terminal is None else is_terminal
        self._drawn: Progress | None = None

    def say(self, text: str) -> None:
        """Write one line; control characters in it are shown, not obeyed."""
        text = visible(text)
        if self._drawn:
            self._drawn.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)

    def tell(self, text: str) -> None:
        """Write one line that may quote cells of the file; a nightly run keeps it to itself."""
        self.say(text)

    def warn(self, text: str) -> None:
        self.say(f"Warning: {text}")

    @contextmanager
    def bar(self) -> Iterator[Bar]:
        """Show a bar while the block runs."""
        if not self._is_terminal:
            yield _Lines(self)
            return
        from rich.console import Console  # noqa: PLC0415  a third of a second that only terminals need
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as drawn:
            self._drawn = drawn
            try:
                yield _DrawnBar(drawn)
            finally:
                self._drawn = None


class _DrawnBar:
    def __init__(self, drawn: "Progress") -> None:
        self._drawn = drawn
        self._task = drawn.add_task("", total=None)

    def show(self, title: str, done: int, total: int) -> None:
        from rich.markup import escape  # noqa: PLC0415

        self._drawn.update(self._task, description=escape(visible(title)), completed=done, total=total or None)


class _Lines:
    """One line per step: a log does not want to hear of every percent."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = ""

    def show(self, title: str, done: int, total: int) -> None:  # noqa: ARG002  the numbers are for terminals
        if title != self._last:
            self._last = title
            self._screen.say(title)
