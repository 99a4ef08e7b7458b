"""Write a file whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from orgsync.client.errors import BadUsage


@contextmanager
def replacing(output: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Give a file beside `output` that takes its place when the block ends well.

    Nobody else may read it, because it may hold personal data, unless `mode` says so. Raise BadUsage when it cannot be
    written.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
    except OSError as error:
        raise BadUsage(f"{output} cannot be written: {error.strerror}") from error
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as target:
            yield target
        beside.chmod(mode)
        beside.replace(output)
    except OSError as error:
        raise BadUsage(f"{output} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
