"""The check that every command makes before it plans or sends."""

from pathlib import Path

from orgsync.client.config import TargetConfig
from orgsync.client.errors import RefusedHere
from orgsync.client.report import group_line
from orgsync.client.screen import Screen
from orgsync.core.checking import CheckedFile, check_file
from orgsync.core.model import Mode


def check_for_sending(file: Path, target: TargetConfig, screen: Screen) -> CheckedFile:
    """Check the file and tell what was found. Raise RefusedHere when no server would take it.

    A full file without rows is refused too: it would say that everybody has left.
    """
    checked = check_file(file, date_formats=target.date_formats)
    tell_findings(checked, screen)
    refuse_hopeless(checked, is_full=target.mode is Mode.FULL)
    if target.is_linkedin and checked.layout.is_deletion_file:
        raise RefusedHere("LinkedIn takes the deletion of people in its own panel only, not by org sync.")
    return checked


def tell_findings(checked: CheckedFile, screen: Screen) -> None:
    """Write the findings, grouped, and the counts."""
    from orgsync.client import findings  # noqa: PLC0415

    for group in findings.found_groups(checked):
        screen.tell(group_line(group))
    screen.say(findings.count_line(checked))


def refuse_hopeless(checked: CheckedFile, *, is_full: bool) -> None:
    from orgsync.core.issues import NO_ROWS_FULL  # noqa: PLC0415

    if checked.is_refused:
        raise RefusedHere("The server would refuse this file.")
    if is_full and not checked.row_count:
        raise RefusedHere(NO_ROWS_FULL.wording)
