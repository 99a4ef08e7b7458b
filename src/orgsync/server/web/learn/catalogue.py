"""The catalogue: what the learner may see, found by title, kind and skill."""

from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from orgsync.core.normalize import fold_key
from orgsync.server.learning.mine import items_of
from orgsync.server.learning.models import Content, ContentKind
from orgsync.server.learning.visible import visible_content
from orgsync.server.web.forms.groups import PlaceForm
from orgsync.server.web.learn.screens import LearnerRequest, learner_screen

PAGE: Final = 24
KINDS: Final = [
    ("", _("Everything")),
    (ContentKind.COURSE.value, _("Courses")),
    (ContentKind.PATH.value, _("Learning paths")),
    (ContentKind.COLLECTION.value, _("Collections")),
]


class CatalogueForm(PlaceForm):
    """Search, kind, skill and place; a value that does not exist does not narrow."""

    q = forms.CharField(
        label=_("Title or provider"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=KINDS)
    skill = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def narrow(self, found: QuerySet[Content]) -> QuerySet[Content]:
        """Return those that are meant."""
        self.full_clean()
        given = self.cleaned_data
        if text := (given.get("q") or "").strip():
            found = found.filter(Q(title_key__contains=fold_key(text)) | Q(provider__icontains=text))
        if kind := given.get("kind"):
            found = found.filter(kind=kind)
        if skill := given.get("skill"):
            found = found.filter(skills__contains=[skill])
        return found


@require_safe
@learner_screen
def index(request: LearnerRequest) -> HttpResponse:
    """List content by title, a page at a time."""
    form = CatalogueForm(request.GET)
    found = form.narrow(visible_content(request.organization.pk, request.learner.id))
    contents, page = _page(found, **form.place())
    items = items_of(request.organization, request.learner.id, contents, now=timezone.now())
    given = form.cleaned_data
    narrows = any(given.get(name) for name in ("q", "kind", "skill"))
    values = {"section": "catalogue", "form": form, "items": items, "page": page, "is_narrowed": narrows}
    return render(request, "learn/catalogue.html", values)


def _page(
    found: QuerySet[Content], *, after: int | None = None, before: int | None = None
) -> tuple[list[Content], dict[str, Any]]:
    """Return a page behind or ahead of content, with where its neighbours begin."""
    is_back = before is not None
    at = found.filter(id=before or after or 0).first()
    if at is not None:
        here = Q(title_key=at.title_key)
        behind = Q(title_key__lt=at.title_key) | (here & Q(id__lt=at.pk))
        ahead = Q(title_key__gt=at.title_key) | (here & Q(id__gt=at.pk))
        found = found.filter(behind if is_back else ahead)
    is_back = is_back and at is not None
    order = ("-title_key", "-id") if is_back else ("title_key", "id")
    some = list(found.order_by(*order)[: PAGE + 1])
    shown = some[:PAGE][::-1] if is_back else some[:PAGE]
    has_more = len(some) > PAGE
    has_next, has_previous = (True, has_more) if is_back else (has_more, at is not None)
    return shown, {
        "after": shown[-1].pk if shown and has_next else None,
        "before": shown[0].pk if shown and has_previous else None,
    }
