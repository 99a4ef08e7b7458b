"""Make the exception for a file that cannot be used from an entry of the issue catalogue."""

from orgsync.core.errors import UnreadableFile
from orgsync.core.issues import IssueKind


def refusal(kind: IssueKind, *, where: str = "", hint: str | None = None, **facts: object) -> UnreadableFile:
    """Return (not raise) an UnreadableFile with the kind's code and wording.

    `where` goes in front of the wording, for kinds that are worded for a data row; `hint` replaces the kind's advice.
    """
    reason = f"{where} {kind.wording.format(**facts)}".strip()
    return UnreadableFile(kind.code, reason, kind.mend if hint is None else hint)
