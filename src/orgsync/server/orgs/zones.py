"""The time zone of an organization."""

from datetime import UTC, date, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from orgsync.server.orgs.models import Organization


@cache
def zone_names() -> tuple[str, ...]:
    """Return the zones that can be chosen: places, and UTC; neither abbreviations nor aliases of the system."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def is_zone(name: object) -> bool:
    """Tell whether there is a zone of this name."""
    return name in zone_names()


def zone_named(name: str) -> tzinfo:
    """Return the zone; UTC for one that this machine's zone database does not know (any more)."""
    try:
        return ZoneInfo(name)
    # A folder of the zone database (Europe) is an OSError.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def day_of(moment: datetime, organization: Organization) -> date:
    """Return the day that it is in the organization's zone: what dates in files and settings are compared with."""
    return moment.astimezone(zone_named(organization.time_zone)).date()


def local_time(moment: datetime, organization: Organization) -> str:
    """Write a moment for a mail, in the organization's zone and with its name."""
    return f"{moment.astimezone(zone_named(organization.time_zone)):%Y-%m-%d %H:%M %Z}"
