"""The one catalogue of sources, from which configuration check and reference page are made."""

from dataclasses import dataclass
from typing import Final

from orgsync.client.sources.optionlists import FILE_OPTIONS
from orgsync.client.sources.options import Option


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source."""

    name: str
    help: str
    opener: str
    """`module:function` of what makes the source from its options; imported when it is needed."""
    options: tuple[Option, ...]
    extras: tuple[str, ...] = ()
    """Extras that it may need, depending on what is read."""


SOURCES: Final[tuple[SourceKind, ...]] = (
    SourceKind(
        "file",
        "A CSV, TSV or Excel file, or several, here or at an sftp:// or s3:// address.",
        "orgsync.client.sources.files:open_files",
        FILE_OPTIONS,
        ("excel", "sftp", "s3"),
    ),
)

BY_NAME: Final = {source.name: source for source in SOURCES}
