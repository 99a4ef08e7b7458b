"""One course, path or collection: what it is, and what the learner does with it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from orgsync.server.learning import doing
from orgsync.server.learning.licensed import pool_missing
from orgsync.server.learning.mine import Item, items_of, parts_of
from orgsync.server.learning.models import Content, ContentKind, Progress
from orgsync.server.learning.visible import visible_content
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.learn.screens import LearnerRequest, learner_screen

STEPS = (25, 50, 75)
"""Percent that somebody can say to have done."""
FEWEST_LIKES = 3
"""Fewer likes are not counted aloud: with two one could guess whose they are."""


class ProgressForm(PlainForm):
    """How far the learner is."""

    percent = forms.IntegerField(min_value=1, max_value=100)


@require_safe
@learner_screen
def detail(request: LearnerRequest, content: int) -> HttpResponse:
    """Show it, with its parts and where the learner stands."""
    found = content_or_404(request, content)
    parts = parts_of(request.organization, request.learner.id, found, now=timezone.now())
    likes = Progress.objects.filter(organization_id=request.organization.pk, content_id=found.pk)
    count = likes.filter(liked_at__isnull=False).count()
    values = {
        "section": "catalogue",
        "item": _item(request, found),
        "parts": parts,
        "done_parts": sum(part.is_done for part in parts),
        "next_part": next((part for part in parts if not part.is_done), None),
        "likes": count if count >= FEWEST_LIKES else 0,
        "opens": bool(doing.address_to_open(found)),
        "pool_missing": pool_missing(found, request.learner.id),
        "steps": STEPS,
        "may_report": request.organization.learners_report_progress and found.kind != ContentKind.COLLECTION,
    }
    return render(request, "learn/content.html", values)


# By GET: a form's way to another site is closed by our policy. What it notes is that somebody opened it.
@require_safe
@learner_screen
def start(request: LearnerRequest, content: int) -> HttpResponse:
    """Lead to the provider, and note that the learner went there."""
    found = content_or_404(request, content)
    address = doing.address_to_open(found)
    if not address:
        raise Http404
    if pool_missing(found, request.learner.id):
        return redirect("learn:content", content=found.pk)
    if request.method == "GET":
        doing.view(request.organization, request.learner, found, now=timezone.now())
    return HttpResponseRedirect(address)


@require_POST
@learner_screen
def progress(request: LearnerRequest, content: int) -> HttpResponse:
    """Note how far the learner says to be."""
    found = content_or_404(request, content)
    if not request.organization.learners_report_progress or pool_missing(found, request.learner.id):
        raise PermissionDenied
    form = ProgressForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say how far you are: from 1 to 100 percent."), extra_tags="bad")
        return redirect("learn:content", content=found.pk)
    percent = form.cleaned_data["percent"]
    doing.report_progress(request.organization, request.learner, found, percent, now=timezone.now())
    words = _("Completed. Well done!") if percent == 100 else _("Noted: you are at %d percent.") % percent
    messages.success(request, words, extra_tags="good")
    return redirect("learn:content", content=found.pk)


@require_POST
@learner_screen
def like(request: LearnerRequest, content: int) -> HttpResponse:
    """Like it, or like it no longer."""
    found = content_or_404(request, content)
    likes = request.POST.get("likes") == "yes"
    doing.like(request.organization, request.learner, found, likes=likes, now=timezone.now())
    if getattr(request, "htmx", False):
        return render(request, "learn/_like.html", {"item": _item(request, found)})
    return redirect("learn:content", content=found.pk)


def content_or_404(request: LearnerRequest, content_id: int) -> Content:
    """Return content that the learner sees; any other is not found."""
    found = visible_content(request.organization.pk, request.learner.id).filter(id=content_id).first()
    if found is None:
        raise Http404
    return found


def _item(request: LearnerRequest, content: Content) -> Item:
    (item,) = items_of(request.organization, request.learner.id, [content], now=timezone.now())
    return item
