"""The deletion file: two headers, and whom of the directory its rows name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from orgsync.core.columns import DELETION_HEADERS
from orgsync.core.csvfile import read_csv
from orgsync.core.errors import OrgSyncError
from orgsync.core.headers import read_layout
from orgsync.core.normalize import fold_key
from orgsync.core.rows import RawFile
from orgsync.server.directory.models import Learner

MOST_PEOPLE: Final = 1_000
LARGEST: Final = 1_000_000
"""Bytes; a thousand rows need a fraction of it."""
UNKNOWN: Final = "unknown"
TWO_PEOPLE: Final = "two_people"
EMPTY: Final = "empty"


class NoDeletionFile(OrgSyncError):
    """The file does not ask to erase anybody; nothing was kept of it."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a deletion file names."""

    learner_ids: Sequence[int]
    row_count: int
    problems: Sequence[dict[str, Any]]
    """Rows that name nobody: `row`, as a spreadsheet counts, and `code`."""


def read_deletion_file(organization_id: int, content: bytes) -> Named:
    """Return the people whom the file names; raise UnreadableFile, or NoDeletionFile for another or too long a file."""
    raw = read_csv(content)
    if not read_layout(raw.headers).is_deletion_file:
        raise NoDeletionFile(f"A deletion file has exactly the headers {' and '.join(DELETION_HEADERS)}.")
    if raw.rows.is_empty():
        raise NoDeletionFile("The file names nobody.")
    if raw.rows.height > MOST_PEOPLE:
        raise NoDeletionFile(f"A deletion file names at most {MOST_PEOPLE:,} people; send several.")
    return _match(organization_id, _rows_of(raw))


def _rows_of(raw: RawFile) -> list[tuple[int, str, str]]:
    """Return row number, folded address and id of each row."""
    cells = [raw.cell(raw.headers.index(header)) for header in DELETION_HEADERS]
    rows = raw.rows.select("row_number", *cells).iter_rows()
    return [(number, fold_key((email or "").strip()), (user_id or "").strip()) for number, email, user_id in rows]


def _match(organization_id: int, rows: Sequence[tuple[int, str, str]]) -> Named:
    people = Learner.objects.filter(organization_id=organization_id)
    emails, ids = ([row[place] for row in rows if row[place]] for place in (1, 2))
    by_email = dict(people.filter(email_key__in=emails).values_list("email_key", "id"))
    by_id = dict(people.filter(unique_user_id__in=ids).values_list("unique_user_id", "id"))
    found: dict[int, None] = {}
    problems = []
    for number, email, user_id in rows:
        named = {known.get(key) for known, key in ((by_email, email), (by_id, user_id)) if key}
        if not named:
            problems.append({"row": number, "code": EMPTY})
        elif len(named) > 1:
            problems.append({"row": number, "code": TWO_PEOPLE})
        elif (learner_id := named.pop()) is None:
            problems.append({"row": number, "code": UNKNOWN})
        else:
            found[learner_id] = None
    return Named(list(found), len(rows), problems)
