"""What the pages of learners draw."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Content, ContentKind, Verb
from orgsync.server.learning.telling.news import News
from orgsync.server.learning.telling.sharing import name_of
from orgsync.server.web.templatetags.screen import icon

register = template.Library()


@register.simple_tag
def content_line(content: Content) -> str:
    """Say in one line what kind of thing it is, from whom, how long and how hard."""
    kinds = {
        ContentKind.COURSE.value: "",
        ContentKind.PATH.value: _("Learning path"),
        ContentKind.COLLECTION.value: _("Collection"),
    }
    parts = (kinds[content.kind], content.provider, _length(content.seconds), content.level, content.language)
    return " · ".join(part for part in parts if part)


@register.simple_tag
def news_icon(verb: str) -> str:
    return icon("hand-thumb-up" if verb == Verb.LIKED else "check-circle")


@register.simple_tag
def news_line(one: News) -> SafeString:
    """Say who did what, with a link to it."""
    words = _("{} likes {}") if one.verb == Verb.LIKED else _("{} has completed {}")
    link = format_html('<a href="{}">{}</a>', reverse("learn:content", args=[one.content_id]), one.title)
    return format_html(words, one.name, link)


@register.filter
def colleague_name(learner: Learner) -> str:
    return name_of(learner)


@register.filter
def colleague_place(learner: Learner) -> str:
    """Say what a colleague does, where: enough to tell two of the same name apart."""
    return ", ".join(part for part in (learner.work_title, learner.department_name) if part)


def _length(seconds: int | None) -> str:
    if not seconds:
        return ""
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
