"""Which header LinkedIn gets for each of our fields, and which fields it never gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orgsync.client.config import TargetConfig
from orgsync.client.replacing import replacing
from orgsync.core.columns import BY_NAME, GROUP_PREFIX, ColumnGroup, pool_key
from orgsync.core.planning.licenses import LICENSE_PREFIX
from orgsync.core.rows import FileLayout

if TYPE_CHECKING:
    import polars as pl

    from orgsync.client.targets.linkedin.parts import Part

_QUOTED = '"'


@dataclass(frozen=True, slots=True)
class Headers:
    """The spelling of each header; `renamed` is the configuration's word, `licenses` the file's own spelling."""

    email: str = "invited_email_address"
    renamed: Mapping[str, str] = field(default_factory=dict)
    licenses: Mapping[str, str] = field(default_factory=dict)
    """By field (`license:<pool key>`)."""

    def of(self, name: str) -> str:
        """Return the header of a field."""
        known = self.licenses.get(name, name.removeprefix(LICENSE_PREFIX))
        return self.renamed.get(known) or self.renamed.get(name) or (self.email if _is_email(name) else known)

    def sends(self, name: str) -> bool:
        """Say whether LinkedIn is to hear of a field: it must know the header, and the configuration let it pass."""
        known = self.licenses.get(name, name)
        return "" not in {self.renamed.get(known), self.renamed.get(name)} and not _stays_here(name)


def headers_for(target: TargetConfig, layout: FileLayout) -> Headers:
    """Return the headers for a file; licenses are spelled as the file or the configuration spells them."""
    spelled = {f"{LICENSE_PREFIX}{pool_key(header)}": header for header in target.licenses}
    spelled |= {name: layout.header_of(name) for name in layout.fields_of(ColumnGroup.LICENSES)}
    return Headers(target.email_header, target.headers, spelled)


def _is_email(name: str) -> bool:
    return name == "primary_email_address"


def _stays_here(name: str) -> bool:
    """Say whether LinkedIn knows no such header, or whether we do not send it: permissions are given by hand there."""
    column = BY_NAME.get(name)
    if column is None:
        return False
    return column.group in {ColumnGroup.PERMISSIONS, ColumnGroup.IGNORED}


def write_part(part: "Part", headers: Headers, target: Path) -> None:
    """Write one file for LinkedIn: UTF-8, commas, no blank cell; it appears whole or not at all."""
    import polars as pl  # noqa: PLC0415

    lists = [name for name in part.fields if part.rows.schema[name] == pl.List(pl.String)]
    cells = part.rows.select(
        (_joined(part.rows[name]) if name in lists else part.rows[name]).alias(headers.of(name)) for name in part.fields
    )
    with replacing(target) as file:
        cells.write_csv(file, line_terminator="\r\n")


def _joined(lists: "pl.Series") -> "pl.Series":
    """Return lists of group names as one cell each; names with a comma or a quote are quoted."""
    import polars as pl  # noqa: PLC0415

    distinct = lists.unique()
    cells = pl.Series([format_group_list(names) for names in distinct], dtype=pl.String)
    return lists.to_frame("names").join(
        pl.DataFrame({"names": distinct, "cell": cells}), on="names", how="left", maintain_order="left"
    )["cell"]


def format_group_list(names: Iterable[str]) -> str:
    """Write names so that `core.groupnames.parse_group_list` reads them back."""
    return ", ".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    if "," in name or name.startswith(_QUOTED) or name.lower().startswith(GROUP_PREFIX):
        return _QUOTED + name.replace(_QUOTED, _QUOTED * 2) + _QUOTED
    return name
