"""What a process begins with, once Django is set up."""

from orgsync.server.monitoring import errors, tracing


def start(role: str) -> None:
    """Begin to send traces and errors, as far as they are configured; `role` is web, worker or upload."""
    errors.start(role)
    tracing.start(role)
