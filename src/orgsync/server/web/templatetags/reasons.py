"""What a reason to hold usually means, for whoever decides."""

from collections.abc import Mapping
from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

REASON_HELP: Final[dict[str, Promise | str]] = {
    "leavers": _("Usual after a reorganization; otherwise a sign that the export was cut short or filtered."),
    "licenses_revoked": _("Their seats become free at once, and open assignments close."),
    "rows_in_error": _("Rows in error change nothing. So many of them mean that the export itself has changed."),
    "missing_column": _(
        "A column that is missing leaves its values as they are. Ask whether the export was changed on purpose."
    ),
    "row_count_drop": _("A full file that is much shorter than the last one was often cut off on its way."),
    "unidentified_rows": _(
        "One of these rows may belong to somebody who would be deactivated. Mend the rows and send the file again."
    ),
    "admin_change": _(
        "Whoever changes an admin's address, id, status or permissions could take over the Account Center."
    ),
    "feed_paused": _("Files of a paused feed are planned and held. Release the feed, or approve this one file."),
    "after_undo": _("Approve only when the source has been corrected: the file would do again what was undone."),
    "removals_later": _(
        "Approve it when the people and things that would be taken away are really to go; otherwise reject it."
    ),
    "approval_expired": _("The job waited too long after it was approved. Look at the plan as it is now."),
    "approval_exceeded": _("The approval covered the plan that was shown then and nothing else; this is the new one."),
    "reactivations": _(
        "Many people who come back at once are often a file of another year, or a status column that was shifted."
    ),
    "emails_changed": _(
        "Usual when a domain changes its name; otherwise rows may have been sorted in one column alone."
    ),
    "managers_changed": _("Usual after a reorganization; otherwise the manager column may hold another company's ids."),
    "group_removals": _(
        "A list of groups that came empty or cut short takes people out of the groups it no longer names."
    ),
    "assignments_closed": _("People would lose open assignments: check the groups and values that the file changes."),
    "values_cleared": _("A value that is cleared is gone. Ask whether the source has emptied that column on purpose."),
    "values_changed": _("So many changes of one attribute often mean that columns were shifted or mixed up."),
    "joiners": _("Usual after a merger; otherwise the file may belong to another company, or its ids were renumbered."),
    "new_groups": _("Many new groups at once are often a column of free text that was taken for groups."),
    "new_attributes": _("Each becomes an attribute of everybody. A file with a broken header makes many."),
    "new_values": _("A list of a few values that suddenly has many more is often another column's."),
    "fill_rate_drop": _("A column that comes half empty is often an export that failed on its way."),
    "bulk_edit": _("Several people would be changed by hand. Your approval applies it."),
    "blackout": _("Files are held on these days whatever they hold."),
}


@register.filter
def reason_help(reason: Mapping[str, Any]) -> str:
    """Return a sentence on what the reason usually means; nothing for one that says it all."""
    return str(REASON_HELP.get(str(reason["code"]), ""))
