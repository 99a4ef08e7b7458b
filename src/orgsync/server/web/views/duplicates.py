"""People › Duplicates: pairs of records that may be of one person, compared, merged, or told apart."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from orgsync.core.planning.mergerows import WHAT
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.directory.duplicatelist import duplicates_csv, page_of_pairs
from orgsync.server.directory.duplicates import (
    Likeness,
    Pair,
    alike,
    mark_different,
)
from orgsync.server.directory.models import Learner
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission
from orgsync.server.uploads.edits import EditRefused
from orgsync.server.uploads.merging import merge_people
from orgsync.server.web.downloads import csv_attachment
from orgsync.server.web.forms.plain import PlainForm
from orgsync.server.web.outcomes import follow
from orgsync.server.web.pairpage import Compared, compared
from orgsync.server.web.screens import AdminRequest, screen

LIKENESS_WORDS: Final = {
    Likeness.NAME_AND_START: gettext_lazy("the same name and start date"),
    Likeness.USER_ID: gettext_lazy("the same ID in two spellings"),
    Likeness.LOCAL_PART: gettext_lazy("the same name and address before the @"),
    Likeness.FORMER_ADDRESS: gettext_lazy("the address that the other had before"),
}
_ONE, _OTHER = "one", "other"


class PairsForm(PlainForm):
    """Which pairs: in what they are alike, and behind which one the page begins."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Alike in"),
        required=False,
        choices=[("", gettext_lazy("Anything")), *((kind.value, text) for kind, text in LIKENESS_WORDS.items())],
    )
    after = forms.RegexField(r"^\d{1,18}-\d{1,18}$", required=False, widget=forms.HiddenInput)

    @property
    def chosen(self) -> Likeness | None:
        self.full_clean()
        kind = self.cleaned_data.get("kind")
        return Likeness(kind) if kind else None

    @property
    def place(self) -> tuple[int, int]:
        first, _dash, second = (self.cleaned_data.get("after") or "0-0").partition("-")
        return int(first), int(second)


@require_safe
@screen(Permission.MERGE_PEOPLE)
def index(request: AdminRequest) -> HttpResponse:
    """List the pairs that nobody has settled yet."""
    form = PairsForm(request.GET)
    kind = form.chosen
    anew = "anew" in request.GET
    page = page_of_pairs(request.organization, now=timezone.now(), after=form.place, kind=kind, looks_anew=anew)
    values = {
        "form": form,
        "at": page.at,
        "pairs": [(pair, words_of(pair)) for pair in page.pairs],
        "after": f"{page.after[0]}-{page.after[1]}" if page.after else "",
        "is_first": form.place == (0, 0),
        "is_narrowed": kind is not None,
    }
    return render(request, "web/duplicates/index.html", {"section": "duplicates", **values})


def words_of(pair: Pair) -> list[Any]:
    """Return in what a pair is alike, in words."""
    return [LIKENESS_WORDS[likeness] for likeness in pair.likenesses]


@require_safe
@screen(Permission.MERGE_PEOPLE)
def download(request: AdminRequest) -> HttpResponseBase:
    """Send the pairs as a CSV file."""
    record_look(request.organization.pk, Action.LEARNERS_EXPORTED)
    lines = duplicates_csv(request.organization, PairsForm(request.GET).chosen, now=timezone.now())
    return csv_attachment(lines, "duplicates")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.MERGE_PEOPLE)
def pair(request: AdminRequest, one: int, other: int) -> HttpResponse:
    """Compare two records; a POST plans their merge, or says that they are of two people."""
    people = Learner.objects.filter(organization_id=request.organization.pk, id__in=(one, other)).order_by("id")
    if len(people) != 2:
        raise Http404
    first, second = people
    lines = compared(first, second)
    if request.method == "POST":
        return _decide(request, first, second, lines)
    likenesses = [LIKENESS_WORDS[likeness] for likeness in alike(first, second)]
    values = {"one": first, "other": second, "lines": lines, "likenesses": likenesses}
    return render(request, "web/duplicates/pair.html", {"section": "duplicates", **values})


def _decide(request: AdminRequest, one: Learner, other: Learner, lines: list[Compared]) -> HttpResponse:
    if request.POST.get("do") == "different":
        mark_different(request.organization, one, other, by=request.admin.account, now=timezone.now())
        messages.success(request, _("They are not shown as duplicates any more."), extra_tags="good")
        return redirect("web:duplicates")
    stays = _OTHER if request.POST.get("stays") == _OTHER else _ONE
    kept, gone = (other, one) if stays == _OTHER else (one, other)
    take = [line.name for line in lines if line.is_choice and request.POST.get(f"from-{line.name}", stays) != stays]
    take += [what for what in WHAT if what in request.POST]
    back = reverse("web:duplicate", kwargs={"one": one.id, "other": other.id})
    try:
        job = merge_people(request.organization, kept, gone, request.admin.account, take=take, asks_first=True)
    except (EditRefused, DirectoryBusy) as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect(back)
    return follow(request, job, back=back)
