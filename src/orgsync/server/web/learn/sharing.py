"""Sharing content with colleagues, and whom one follows."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Learner
from orgsync.server.learning.telling.following import follow, followed_by, unfollow
from orgsync.server.learning.telling.news import colleague_ids
from orgsync.server.learning.telling.sharing import (
    LONGEST_NOTE,
    ShareRefused,
    With,
    groups_to_share_with,
    share,
)
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.learn.content import content_or_404
from orgsync.server.web.learn.screens import LearnerRequest, learner_screen

MOST_FOUND: Final = 20


class ShareForm(PlainForm):
    """With whom, and what one says about it."""

    who = forms.TypedMultipleChoiceField(required=False, coerce=int)
    group = forms.IntegerField(required=False, min_value=1)
    note = forms.CharField(
        label=gettext_lazy("A word about it"),
        required=False,
        max_length=LONGEST_NOTE,
        help_text=gettext_lazy("They read it with your name. It goes into their mail too."),
        widget=forms.Textarea({"rows": 3}),
    )


class FindForm(PlainForm):
    """Colleagues by the beginning of a name."""

    q = forms.CharField(
        label=gettext_lazy("First or last name begins with"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@learner_screen
def share_page(request: LearnerRequest, content: int) -> HttpResponse:
    """Choose people or a group; a POST shares."""
    found = content_or_404(request, content)
    if not request.organization.tells_colleagues:
        raise Http404
    form = ShareForm(request.POST if request.method == "POST" else None)
    form.fields["who"].choices = [(number, number) for number in request.POST.getlist("who")]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        chosen = With(given["who"], None) if given["who"] else With((), given["group"])
        try:
            count = share(
                request.organization, request.learner, found.pk, chosen, note=given["note"], now=timezone.now()
            )
        except ShareRefused as refused:
            messages.error(request, str(refused), extra_tags="bad")
        else:
            words = _("Shared with one colleague.") if count == 1 else _("Shared with %d colleagues.") % count
            messages.success(request, words, extra_tags="good")
            return redirect("learn:content", content=found.pk)
    text = request.GET.get("q", "")
    values: dict[str, Any] = {
        "section": "catalogue",
        "content": found,
        "form": form,
        "find": FindForm({"q": text}),
        "text": text,
        "people": find_colleagues(request, text),
        "groups": groups_to_share_with(request.organization.pk, request.learner.id),
    }
    return render(request, "learn/share.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@learner_screen
def colleagues(request: LearnerRequest) -> HttpResponse:
    """Show whom one hears of; a POST follows somebody, or no longer."""
    mine = request.organization.pk, request.learner.id
    if request.method == "POST":
        who = request.POST.get("who", "")
        if not who.isascii() or not who.isdigit() or len(who) > 18:
            raise Http404
        if request.POST.get("do") == "unfollow":
            unfollow(*mine, int(who))
        elif not follow(*mine, int(who), now=timezone.now()):
            raise Http404
        return redirect(request.get_full_path())
    text = request.GET.get("q", "")
    followed = followed_by(*mine)
    ids = {one.id for one in followed}
    near = [one for one in _people(request, colleague_ids(*mine)) if one.id not in ids]
    values = {
        "section": "colleagues",
        "find": FindForm({"q": text}),
        "text": text,
        "people": find_colleagues(request, text) if text else [],
        "followed": followed,
        "followed_ids": ids,
        "near": near[:MOST_FOUND],
    }
    return render(request, "learn/colleagues.html", values)


def find_colleagues(request: LearnerRequest, text: str) -> Sequence[Learner]:
    """Return active colleagues by the beginning of a name; without one, those whom the learner hears of anyway."""
    if not text.strip():
        return _people(request, colleague_ids(request.organization.pk, request.learner.id))[:MOST_FOUND]
    words = [fold_key(word) for word in text.split()[:3]]
    found = Learner.objects.filter(organization_id=request.organization.pk, is_active=True)
    for word in words:
        found = found.filter(Q(first_name_key__startswith=word) | Q(last_name_key__startswith=word))
    return list(found.exclude(id=request.learner.id).order_by("last_name_key", "first_name_key", "id")[:MOST_FOUND])


def _people(request: LearnerRequest, ids: Sequence[int]) -> list[Learner]:
    found = Learner.objects.filter(organization_id=request.organization.pk, id__in=ids, is_active=True)
    return list(found.order_by("last_name_key", "first_name_key", "id"))
