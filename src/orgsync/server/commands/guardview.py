"""Limits of guards as a terminal shows them."""

from dataclasses import dataclass

from orgsync.core.guards import GUARDS, Guard, Limit, limits_of
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization


@dataclass(frozen=True, slots=True)
class GuardLine:
    """One guard, the limits that hold, and who has set them."""

    code: str
    limits: str
    set_by: str


def guard_lines(organization: Organization, feed: Feed | None) -> list[GuardLine]:
    """Return every guard with the limits that hold for the feed, or for feeds without limits of their own."""
    own = feed.guards if feed else {}
    limits = limits_of(organization.guards, own)
    return [
        GuardLine(guard.code, worded(guard, limits[guard.code]), _set_by(guard.code, organization, own))
        for guard in GUARDS
    ]


def worded(guard: Guard, limit: Limit) -> str:
    """Say when a guard holds a job."""
    if not guard.has_limit:
        return "always"
    cap = "" if limit.cap is None else f", or more than {limit.cap:,}"
    return f"more than {limit.number:,} and more than {limit.percent:g} %{cap}"


def _set_by(code: str, organization: Organization, own: dict[str, object]) -> str:
    names = [name for name, guards in (("feed", own), ("organization", organization.guards)) if code in guards]
    return " over ".join(names) or "default"
