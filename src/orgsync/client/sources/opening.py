"""From the `[source]` table to a source."""

import difflib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from orgsync.client.errors import BadUsage
from orgsync.client.sources.base import Source
from orgsync.client.sources.catalogue import BY_NAME
from orgsync.client.sources.options import read_options

KIND = "kind"


def open_source(table: Mapping[str, Any], *, base: Path) -> Source:
    """Return the source that the table describes; nothing is read or asked yet.

    Relative paths are meant from `base`. Raise BadUsage when the table cannot mean what it says, and when a package
    that this kind of source needs is not installed.
    """
    name = table.get(KIND)
    if not isinstance(name, str):
        raise BadUsage(f"[source] kind is missing. Known are: {', '.join(BY_NAME)}.")
    if name not in BY_NAME:
        near = difflib.get_close_matches(name, BY_NAME, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(BY_NAME)}."
        raise BadUsage(f"[source] kind is {name!r}, which is not known. {hint}")
    kind = BY_NAME[name]
    others = {key: value for key, value in table.items() if key != KIND}
    options = read_options(others, kind.options, where="source", base=base)
    module, _, function = kind.opener.partition(":")
    source: Source = getattr(import_module(module), function)(options)
    return source
