"""The limits of `[guard]`, checked before they are needed."""

from pathlib import Path
from typing import TYPE_CHECKING

from orgsync.client.errors import BadConfig

if TYPE_CHECKING:
    from orgsync.client.connection import Guard


def checked_limits(guard: "Guard", file: Path) -> "Guard":
    """Return the numbers as they are. Raise BadConfig for a guard or a number that does not exist."""
    from orgsync.core.guards import limits_of  # noqa: PLC0415  needs polars

    try:
        limits_of(guard)
    except ValueError as error:
        raise BadConfig(file, "guard", "", f"cannot be used: {str(error).rstrip('.')}") from error
    return guard
