"""Small things that templates of all screens use."""

from functools import cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_outline

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> str:
    """Draw an icon of the heroicons set; decoration only, the words stand beside it."""
    attributes: dict[str, Any] = {"class": "icon", "aria-hidden": "true"}
    return heroicon_outline(name, **attributes)


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: object) -> str:
    """Return this page's query with some parameters changed; an empty value takes its parameter away."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in {None, ""}:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


STATUS_LOOKS = {
    "DONE": ("good", "check-circle"),
    "HELD": ("warn", "hand-raised"),
    "FAILED": ("bad", "x-circle"),
    "CANCELLED": ("", "no-symbol"),
    "PROCESSING": ("accent", "arrow-path"),
    "QUEUED": ("accent", "clock"),
    "CREATED": ("", "clock"),
}


@register.simple_tag
def job_badge(status: str) -> SafeString:
    """Draw a job's status: word, colour and icon, so that none of them is needed alone."""
    look, drawn = STATUS_LOOKS.get(status, ("", "question-mark-circle"))
    return format_html('<span class="badge {}">{} {}</span>', look, icon(drawn), status.capitalize())


HELP_PARTS = {
    "upload": "columns",
    "learners": "columns",
    "groups": "columns",
    "licenses": "columns",
    "jobs": "messages",
    "duplicates": "messages",
    "outbox": "messages",
    "feeds": "guards",
    "settings": "settings",
    "settings/guards": "guards",
    "settings/webhooks": "events",
}
"""Section of the Account Center, or page of settings → the part of Help that explains it; others have the first one."""


@register.simple_tag
def help_part(section: str, slug: str) -> str:
    """Return the part of Help that belongs to a page."""
    return HELP_PARTS.get(f"{section}/{slug}", HELP_PARTS.get(section, "flow"))
