"""What applying a mapping has to say about rows of the source."""

from dataclasses import dataclass

from orgsync.core.model import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows in which one rule could not do what it says."""

    severity: Severity
    column: str
    """The column that the rule fills; empty for the whole row."""
    rule: str
    """The key of the rule that could not be followed, such as `lookup` or `date`."""
    message: str
    """Fit for a log: it holds no cell of the source."""
    first_row: int
    """As a spreadsheet shows the source: the header is 1."""
    count: int
    examples: tuple[str, ...] = ()
    """Some of the cells that are meant, distinct; they may be personal data and belong on a screen only."""
