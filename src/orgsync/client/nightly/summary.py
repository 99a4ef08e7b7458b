"""One page on a run, for a person: what came, what went, what to do."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

from orgsync.client.exits import MEANINGS, ExitCode
from orgsync.client.nightly.log import without_addresses

_PAGE: Final = 60


def summary_lines(
    *,
    target: str,
    run: str,
    started: float,
    ended: float,
    code: int,
    steps: Mapping[str, float],
    said: Sequence[str],
    warnings: Sequence[str],
) -> list[str]:
    """Return the page; addresses that a server's message quotes are masked."""
    meaning = MEANINGS.get(ExitCode(code), "")
    head = [
        f"orgsync run {run} to {target}",
        f"Began {_moment(started)}, took {ended - started:,.0f} s; ended with {code}: {meaning}",
        "Steps: " + (", ".join(f"{name} {seconds:,.1f} s" for name, seconds in steps.items()) or "none"),
    ]
    body = [without_addresses(line) for line in (*warnings, *said)]
    more = [f"… and {len(body) - _PAGE} lines more"] if len(body) > _PAGE else []
    return [*head, "", *body[:_PAGE], *more]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def expiry_warning(expires: date | None, *, today: date, days: int) -> str | None:
    """Return what to say of a token that expires soon; None when there is nothing to say."""
    if expires is None or (expires - today).days > days:
        return None
    left = (expires - today).days
    when = f"expires in {left} days" if left > 0 else "expires today" if left == 0 else f"expired {-left} days ago"
    return f"The access token {when} ({expires.isoformat()}). Make a new one, then: orgsync token set"
