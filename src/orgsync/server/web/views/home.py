"""Home: what needs a decision first, then how everything stands."""

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orgsync.core.model import JobStatus
from orgsync.server.directory.criteria import Criteria
from orgsync.server.directory.models import Group
from orgsync.server.directory.queries import Order, find_page
from orgsync.server.directory.queries_home import people_counts
from orgsync.server.orgs.access import Permission, grants_of, may_for_all
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.rights import RIGHTS
from orgsync.server.reports.home import learning_of
from orgsync.server.uploads import queries_home
from orgsync.server.uploads.queries_home import DayOfChanges
from orgsync.server.web.charts import BarRow, bar_row
from orgsync.server.web.screens import AdminRequest, screen

HELD_SHOWN: Final = 3
DAYS: Final = 14


@require_safe
@screen()
def home(request: AdminRequest) -> HttpResponse:
    """Show held jobs, people, licenses, how fresh each feed is, and the last fortnight's changes."""
    if not may_for_all(request.admin, Permission.SEE_JOBS):
        return render(request, "web/home/own.html", {"section": "home"} | _own(request))
    values = {"section": "home"} | _standing(request.organization)
    if may_for_all(request.admin, Permission.SEE_REPORTS):
        values["learning"] = learning_of(request.organization, timezone.now())
    return render(request, "web/home/home.html", values)


def _own(request: AdminRequest) -> dict[str, Any]:
    """Return what an admin sees who is limited: how many their people are, and what they may do."""
    mine = find_page(request.organization.pk, Criteria(is_active=True, within=request.people), Order(), size=1)
    rights = [(RIGHTS[right], groups) for right, groups in grants_of(request.admin).items()]
    limits = {group for _kind, groups in rights for group in groups or ()}
    named = Group.objects.filter(organization=request.organization, id__in=limits)
    names = dict(named.values_list("id", "name"))
    told = [
        (kind, None if groups is None else sorted(names[one] for one in groups if one in names))
        for kind, groups in rights
    ]
    return {"people_count": mine.count, "is_more": mine.is_more, "rights": told}


def _standing(organization: Organization) -> dict[str, Any]:
    now = timezone.now()
    unfinished = queries_home.count_unfinished(organization)
    feeds = queries_home.feed_freshness(organization, now)
    days = queries_home.changes_by_day(organization, DAYS, now, timezone.get_current_timezone())
    people = people_counts(organization)
    newest = max((feed.last.created_at for feed in feeds if feed.last), default=None)
    return {
        "held": queries_home.held_jobs(organization, HELD_SHOWN),
        "held_count": unfinished[JobStatus.HELD],
        "working_count": unfinished[JobStatus.QUEUED] + unfinished[JobStatus.PROCESSING],
        "people": people,
        "granted": sum(pool.granted for pool in people.pools),
        "waiting": sum(pool.waiting for pool in people.pools),
        "feeds": feeds,
        "late_count": sum(feed.is_late for feed in feeds),
        "newest": newest,
        "age": timesince(newest, now, depth=1) if newest else "",
        "steps": queries_home.set_up_steps(organization),
        "days": days,
        "chart": _chart(days),
    }


def _chart(days: Sequence[DayOfChanges]) -> list[BarRow]:
    return [
        bar_row("joiners", _("Joiners"), [(day.day, day.joiners) for day in days]),
        bar_row("movers", _("Movers"), [(day.day, day.movers) for day in days]),
        bar_row("leavers", _("Leavers"), [(day.day, day.leavers) for day in days]),
    ]
