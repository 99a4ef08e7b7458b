"""The learner's home, and what is assigned to them."""

from datetime import timedelta
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgsync.server.learning.mine import assigned_to, to_continue
from orgsync.server.learning.models import Hearing, LearnerChoices
from orgsync.server.learning.recommending.choosing import recommend
from orgsync.server.learning.telling.choices import choices_of
from orgsync.server.learning.telling.news import KEPT, News, Reader, news_for, verbs_heard
from orgsync.server.learning.telling.sharing import Shown, shown_to
from orgsync.server.web.learn.screens import LearnerRequest, learner_screen

MOST_ASSIGNED: Final = 5
MOST_BEGUN: Final = 4
MOST_NEWS: Final = 8
MOST_SHOWN: Final = 4
_SHOWN_FOR: Final = timedelta(days=30)


@require_safe
@learner_screen
def home(request: LearnerRequest) -> HttpResponse:
    """Show what is due, what was begun, what is recommended and why, and what colleagues do."""
    organization, learner, now = request.organization, request.learner, timezone.now()
    assigned = assigned_to(organization, learner.id, now=now)
    chosen = choices_of(organization.pk, learner.id)
    values = {
        "section": "home",
        "assigned": assigned,
        "first": assigned.open[:MOST_ASSIGNED],
        "begun": to_continue(organization, learner.id, most=MOST_BEGUN, now=now),
        "recommended": recommend(organization, learner),
        "shown": _shown(request, chosen),
        "news": _news(request, chosen),
    }
    return render(request, "learn/home.html", values)


@require_safe
@learner_screen
def mine(request: LearnerRequest) -> HttpResponse:
    """List what is assigned: open, or completed."""
    assigned = assigned_to(request.organization, request.learner.id, now=timezone.now())
    shows_done = request.GET.get("show") == "done"
    items = assigned.done if shows_done else assigned.open
    values = {"section": "mine", "assigned": assigned, "items": items, "shows_done": shows_done}
    return render(request, "learn/mine.html", values)


def _shown(request: LearnerRequest, chosen: LearnerChoices) -> list[Shown]:
    if chosen.shares == Hearing.NONE or not request.organization.tells_colleagues:
        return []
    since = timezone.now() - _SHOWN_FOR
    return shown_to(request.organization.pk, request.learner.id, since=since, most=MOST_SHOWN)


def _news(request: LearnerRequest, chosen: LearnerChoices) -> list[News]:
    now = timezone.now()
    verbs = verbs_heard(chosen, [Hearing.MAIL, Hearing.FEED])
    reader = Reader(request.learner.id, verbs, now - KEPT)
    found = news_for(request.organization, [reader], until=now, most=MOST_NEWS)
    return found.get(request.learner.id, [])
