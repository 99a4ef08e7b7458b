"""How content and assignments are worded on pages."""

from django import template
from django.utils.translation import gettext, ngettext

from orgsync.core.assigning import DueKind
from orgsync.server.learning.models import Assignment
from orgsync.server.web.forms.contents import KIND_WORDS

register = template.Library()


@register.filter
def content_kind(kind: str) -> str:
    return str(KIND_WORDS.get(kind, kind))


@register.filter
def taking(seconds: int | None) -> str:
    """Return how long a content takes: 25 min, 2 h 10 min; nothing where nobody said."""
    if seconds is None:
        return ""
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    if not minutes:
        return gettext("%(hours)d h") % {"hours": hours}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


@register.filter
def due_words(assignment: Assignment) -> str:
    """Say by when an assignment is due."""
    days = assignment.due_days or 0
    match DueKind(assignment.due):
        case DueKind.ON_DATE:
            return gettext("on %(day)s") % {"day": assignment.due_on}
        case DueKind.AFTER_START:
            told = ngettext("%(days)d day after their start date", "%(days)d days after their start date", days)
        case DueKind.AFTER_REACHING:
            told = ngettext("%(days)d day after it reaches them", "%(days)d days after it reaches them", days)
        case DueKind.NEVER:
            return gettext("no due day")
    return told % {"days": days}
