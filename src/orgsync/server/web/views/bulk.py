"""People › Learners › bulk actions: what is to become of many; the plan is shown before anything is."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.meant import count_people, hand_people, people_frames, plan_hand_over
from orgsync.server.directory.queries import Order, find_page
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission, may
from orgsync.server.uploads.edits import EditRefused, plan_same
from orgsync.server.web.forms.bulk import HAND, LIFT, BulkForm, meant_by
from orgsync.server.web.forms.learners import LearnersForm
from orgsync.server.web.screens import AdminRequest, screen

NAMES_SHOWN: Final = 8


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.EDIT_PEOPLE)
def index(request: AdminRequest) -> HttpResponse:
    """Ask what is to become of the people whom the address means; a POST plans it as a job that waits for a word."""
    listed = LearnersForm(request.GET, request.organization, request.people)
    meant = meant_by(request.GET, listed) if listed.is_valid() else None
    count = 0 if meant is None else count_people(request.organization.pk, meant)
    if meant is None or not count:
        messages.error(request, _("Choose somebody first: tick people, or filter."), extra_tags="bad")
        return redirect(_list_of(request))
    form = BulkForm(request.POST if request.method == "POST" else None, request.organization, listed.offered)
    if not may(request.admin, Permission.MANAGE_FEEDS):
        form.fields["do"].choices = [one for one in form.fields["do"].choices if one[0] != HAND]  # type: ignore[attr-defined]
    if form.is_bound and form.is_valid():
        answer = (_hand if form.cleaned_data["do"] == HAND else _plan)(request, form, meant)
        if answer is not None:
            return answer
    return _show(request, form, meant, count, listed)


def _plan(request: AdminRequest, form: BulkForm, meant: Criteria) -> HttpResponse | None:
    people = people_frames(request.organization.pk, meant, with_overrides=form.cleaned_data["do"] == LIFT)
    account, now = request.admin.account, timezone.now()
    try:
        job = plan_same(request.organization, form.edit(), people, account, note=form.title(), now=now)
    except EditRefused as refused:
        form.add_error(None, str(refused))
        return None
    return redirect("web:job", job=job.public_id)


def _hand(request: AdminRequest, form: BulkForm, meant: Criteria) -> HttpResponse | None:
    """Claims are no part of a plan: what changes is counted and shown first, and done by a second word."""
    if not form.cleaned_data["is_sure"]:
        return None
    feed = form.feed_to()
    try:
        done = hand_people(feed, meant, is_alone=form.cleaned_data["is_alone"], now=timezone.now())
    except DirectoryBusy as busy:
        form.add_error(None, str(busy))
        return None
    told = _("%(feed)s claims %(gained)s more people; %(lost)s claims of other feeds ended.")
    values = {"feed": feed.name, "gained": f"{done.gained:,}", "lost": f"{done.lost:,}"}
    messages.success(request, told % values, extra_tags="good")
    return redirect("web:feed", feed=feed.pk)


def _show(request: AdminRequest, form: BulkForm, meant: Criteria, count: int, listed: LearnersForm) -> HttpResponse:
    values: dict[str, Any] = {
        "form": form,
        "count": count,
        "first": find_page(request.organization.pk, meant, Order(), size=NAMES_SHOWN).people,
        "chips": listed.chips if meant.ids is None else [],
        "group_names": listed.offered.groups,
        "back": _list_of(request),
    }
    if form.is_bound and form.is_valid() and form.cleaned_data["do"] == HAND:
        feed, is_alone = form.feed_to(), form.cleaned_data["is_alone"]
        values |= {"hand_over": plan_hand_over(feed, meant, is_alone=is_alone), "feed": feed}
    return render(request, "web/learners/bulk.html", {"section": "learners", **values})


def _list_of(request: AdminRequest) -> str:
    """Return the list with the filter that the address has."""
    query = request.GET.copy()
    for name in ("id", "whom"):
        query.pop(name, None)
    return f"{reverse('web:learners')}?{query.urlencode()}"
