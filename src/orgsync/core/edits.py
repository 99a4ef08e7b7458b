"""Edits by people as a file: one row a person, in the columns of any file and a few that only edits have."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from orgsync.core.checking import CheckedFile
from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.csvfile import read_csv
from orgsync.core.headers import read_layout
from orgsync.core.planning.handrows import HAND_COLUMNS, LEARNER, LIFT
from orgsync.core.results import LINE_END
from orgsync.core.rows import ROW_NUMBER, CheckedRows
from orgsync.core.validate import check_rows


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person changes about one learner; whatever is not said stays."""

    learner_id: int
    address: str
    """The address as it stands: only shown, never looked up."""
    values: Mapping[str, str | None] = field(default_factory=dict)
    """Attributes by name; None clears. `worker_status` inactive makes a leaver."""
    new_address: str | None = None
    new_user_id: str | None = None
    drops_user_id: bool = False
    manager: str | None = None
    """The manager's address; empty for none."""
    joins: Sequence[str] = ()
    leaves: Sequence[str] = ()
    """Names of groups."""
    licenses: Mapping[str, bool] = field(default_factory=dict)
    """By pool key: granted, or revoked for good."""
    is_protected: bool | None = None
    keeps: Sequence[str] = ()
    """Attributes that files leave alone from now on (also `primary_email_address`, `unique_user_id`, `manager`)."""
    lifts: Sequence[str] = ()
    """Local overrides that end: attributes, `group:<id>`, `license:<pool id>`."""
    absorbs: int | None = None
    """The learner whose record goes, because it is the same person's."""
    takes: Sequence[str] = ()
    """What is taken over from it (`planning.merging.WHAT`); values and keys are named like those of any edit."""


def write_edits(edits: Sequence[Edit]) -> bytes:
    """Return the file of the edits."""
    rows = [_cells(edit) for edit in edits]
    named = dict.fromkeys(name for row in rows for name in row if name not in HAND_COLUMNS)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*named, *HAND_COLUMNS], restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write_same(edit: Edit, people: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Yield the file of one edit of many people: frames of `learner_id`, `address`, and `lifts` where it differs.

    Whom `edit` itself names does not matter. What `write_edits` writes of the same edits is the same file.
    """
    cells = _cells(replace(edit, address="", learner_id=0))
    named = [name for name in cells if name not in HAND_COLUMNS]
    header = io.StringIO(newline="")
    csv.writer(header, lineterminator=LINE_END).writerow([*named, *HAND_COLUMNS])
    yield header.getvalue().encode()
    for frame in people:
        theirs = {"existing_email_address": pl.col("address"), LEARNER: pl.col("learner_id").cast(pl.String)}
        if "lifts" in frame.columns:
            theirs[LIFT] = pl.col("lifts")
        same = {name: pl.lit(cells[name], dtype=pl.String) for name in (*named, *HAND_COLUMNS) if name not in theirs}
        rows = frame.select(**theirs, **same).select(*named, *HAND_COLUMNS)
        yield rows.write_csv(include_header=False, line_terminator=LINE_END, quote_style="necessary").encode()


def check_edits(
    source: bytes | Path, *, license_keys: Collection[str], date_formats: Sequence[str] = ()
) -> CheckedFile:
    """Read and check a file that `write_edits` made; raise UnreadableFile for anything else that cannot be read."""
    raw = read_csv(source)
    count = len(raw.headers) - len(HAND_COLUMNS)
    cells = [raw.cell(position) for position in range(count)]
    ours = {name: raw.cell(count + place) for place, name in enumerate(HAND_COLUMNS)}
    plain = replace(raw, headers=raw.headers[:count], rows=raw.rows.select(ROW_NUMBER, *cells))
    layout = read_layout(plain.headers, license_keys=license_keys)
    checked = check_rows(plain, layout, date_formats=date_formats)
    by_hand = raw.rows.select(
        ROW_NUMBER, **{name: pl.when(pl.col(cell) != "").then(pl.col(cell)) for name, cell in ours.items()}
    )
    rows = checked.rows.join(by_hand, on=ROW_NUMBER, how="left", maintain_order="left")
    return CheckedFile(raw, layout, CheckedRows(rows, checked.issues))


def _cells(edit: Edit) -> dict[str, str]:
    cells = {"existing_email_address": edit.address}
    cells |= {name: CLEAR_TOKEN if value is None else value for name, value in edit.values.items()}
    optional = {"primary_email_address": edit.new_address, "new_unique_user_id": edit.new_user_id}
    cells |= {name: value for name, value in optional.items() if value}
    if edit.manager is not None:
        cells["manager_primary_email_address"] = edit.manager or CLEAR_TOKEN
    lists = {"add_to_groups": edit.joins, "remove_from_groups": edit.leaves}
    cells |= {name: listed_groups(groups) for name, groups in lists.items() if groups}
    cells |= {key: "active" if is_granted else "inactive" for key, is_granted in edit.licenses.items()}
    return cells | dict(zip(HAND_COLUMNS, _hand_cells(edit), strict=True))


def _hand_cells(edit: Edit) -> tuple[str, ...]:
    protected = "" if edit.is_protected is None else "yes" if edit.is_protected else "no"
    drops = "yes" if edit.drops_user_id else ""
    absorbs = "" if edit.absorbs is None else str(edit.absorbs)
    targets = ("\n".join(edit.keeps), "\n".join(edit.lifts))
    return (str(edit.learner_id), protected, *targets, drops, absorbs, " ".join(edit.takes))


def listed_groups(names: Iterable[str]) -> str:
    """Return the names of groups as one cell."""
    return ",".join('"{}"'.format(name.replace('"', '""')) for name in names)
