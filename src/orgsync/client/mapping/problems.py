"""What can be wrong with a mapping itself, as against the rows that it meets."""

from orgsync.client.errors import BadUsage, ClientError
from orgsync.client.exits import ExitCode


class BadMapping(BadUsage):
    """The `[mapping]` table cannot mean what it says; `where` names the rule."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        super().__init__(f"[{where}] {problem}")


class BrokenSource(ClientError):
    """Rows of the source cannot be taken apart, and a mapping of half a row would lose people."""

    exit_code = ExitCode.REJECTED

    def __init__(self, rows: list[int], reason: str) -> None:
        self.rows = rows
        shown = ", ".join(map(str, rows[:5])) + (", …" if len(rows) > 5 else "")
        super().__init__(f"{len(rows):,} rows of the source are broken ({shown}): {reason} Nothing was mapped.")
