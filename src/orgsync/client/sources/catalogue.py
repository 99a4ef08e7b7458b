"""The one catalogue of sources, from which configuration check and reference page are made."""

from dataclasses import dataclass
from typing import Final

from orgsync.client.sources import optionlists
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


def _kind(name: str, text: str, options: tuple[Option, ...], *extras: str, module: str = "") -> SourceKind:
    return SourceKind(name, text, f"orgsync.client.sources.{module or name}:open_{module or name}", options, extras)


SOURCES: Final[tuple[SourceKind, ...]] = (
    _kind(
        "file",
        "A CSV, TSV or Excel file, or several, here or at an `sftp://` or `s3://` address.",
        optionlists.FILE_OPTIONS,
        *("excel", "sftp", "s3"),
        module="files",
    ),
    _kind("sql", "One query of any SQL database.", optionlists.SQL_OPTIONS, "sql"),
    _kind("rest", "A web service that answers with JSON, page by page, or with CSV.", optionlists.REST_OPTIONS),
    _kind("bamboohr", "Employees of BambooHR.", optionlists.BAMBOOHR_OPTIONS),
    _kind("workday", "A Workday report that is enabled as a web service (RaaS).", optionlists.WORKDAY_OPTIONS),
    _kind("scim", "Users of a SCIM 2.0 service.", optionlists.SCIM_OPTIONS),
    _kind("singer", "A Singer tap's messages, on standard input or in a file.", optionlists.SINGER_OPTIONS),
    _kind("dlt", "A table that a dlt pipeline wrote to files.", optionlists.DLT_OPTIONS),
)

BY_NAME: Final = {source.name: source for source in SOURCES}
