"""What the pages of groups and licenses draw."""

from typing import Any, Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orgsync.server.directory.models import Reason
from orgsync.server.directory.queries_groups import ListedGroup
from orgsync.server.web.templatetags.screen import icon, with_query
from orgsync.server.web.timelinewords import REASON_WORDS, reasons_of

register = template.Library()
_NAMED: Final = {reason.name.lower(): reason for reason in Reason if reason.name}


@register.filter
def reason_words(reason: str) -> Any:
    """Return a reason that is told by its name (`file`, `rule`) in words."""
    return REASON_WORDS[_NAMED[reason]]


@register.simple_tag
def filled_by(group: ListedGroup) -> SafeString:
    """Draw what fills a group."""
    if group.is_rule:
        return format_html('<span class="badge accent">{} {}</span>', icon("bolt"), _("by rule"))
    words = reasons_of(group.filled_by)
    if not words:
        return format_html('<span class="soft">{}</span>', _("nobody in it"))
    return format_html_join(" ", '<span class="badge">{}</span>', ((word,) for word in words))


@register.simple_tag(takes_context=True)
def sort_header(context: dict[str, Any], key: str, text: str, sort: str | None, look: str = "") -> SafeString:
    """Draw the head of a column by which a list is sorted: up, down, up again."""
    sort = sort or "name"
    state, drawn = {key: ("ascending", "chevron-up"), f"-{key}": ("descending", "chevron-down")}.get(
        sort, ("none", "chevron-up-down")
    )
    link = with_query(context, sort=f"-{key}" if sort == key else key, after="", before="")
    form = '<th scope="col" class="{}" aria-sort="{}"><a href="{}">{} {}</a></th>'
    return format_html(form, look, state, link, text, icon(drawn))
