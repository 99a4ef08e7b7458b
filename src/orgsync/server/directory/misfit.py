"""The last proof that a plan fits the directory which it is written to."""

from orgsync.core.errors import OrgSyncError


class WritesMisfit(OrgSyncError):
    """Rows that the plan saw are not in the table as it saw them; nothing was applied."""

    def __init__(self, table: str, expected: int, found: int) -> None:
        self.table = table
        self.expected = expected
        self.found = found
        super().__init__(f"The plan changes {expected} rows of {table}, but {found} are there as it saw them.")


def check_count(table: str, *, expected: int, found: int) -> None:
    """Raise WritesMisfit unless a set-based write met every row that it was meant for."""
    if found != expected:
        raise WritesMisfit(table, expected, found)
