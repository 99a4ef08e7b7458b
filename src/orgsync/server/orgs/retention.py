"""How many days an organization keeps what."""

from collections.abc import Mapping
from typing import Final

from orgsync.server.orgs.models import Organization

RETENTION: Final[Mapping[str, str]] = {
    "source_days": "source files",
    "result_days": "results files and plans",
    "mail_text_days": "texts of mails",
    "timeline_days": "the timeline of somebody who has left",
    "anonymize_after_days": "the names of somebody who has left",
    "purge_after_days": "what is left of somebody who was anonymized",
}
"""Setting → what it is about. The last two may be without an end."""
WITHOUT_END: Final = ("anonymize_after_days", "purge_after_days")


def set_retention(organization: Organization, days: Mapping[str, int | None]) -> dict[str, int | None]:
    """Change the settings named, None for without an end; return all that hold then. Raises KeyError for others."""
    for name, number in days.items():
        if name not in RETENTION or (number is None and name not in WITHOUT_END):
            raise KeyError(name)
    mine = Organization.objects.filter(id=organization.pk)
    if days:
        mine.update(**days)
    found: dict[str, int | None] = mine.values(*RETENTION).get()
    return found
