"""People › Feeds: the named origins of files, how they stand, and what can be set on each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.claims import HIGHEST_RANK, HandOverRefused, hand_over, move_feed
from orgsync.server.directory.feeds import change_feed, release_feed, set_patience, set_paused
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import claim_counts, feed_of, known_rows, shared_claims, unclaimed_count
from orgsync.server.directory.revision import DirectoryBusy
from orgsync.server.orgs.access import Permission, may
from orgsync.server.setup import ensure_feed
from orgsync.server.tokens.queries import TokenFilter, page_of_tokens
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.queries import JobFilter, feeds_of, held_jobs, page_of_jobs
from orgsync.server.uploads.queries_home import feed_freshness
from orgsync.server.web.forms.feeds import FeedForm, FeedListForm, FeedSettingsForm, HandForm
from orgsync.server.web.screens import AdminRequest, screen

JOBS_SHOWN: Final = 10
FEEDS_SHOWN: Final = 50
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed with its last job and the number of people whom it claims."""

    feed: Feed
    last: UploadJob | None
    is_late: bool
    people: int
    place: int | None
    """In the order of feeds, from 1; None for what stands behind all others, such as edits by hand."""

    @property
    def last_at(self) -> datetime:
        return self.last.created_at if self.last else _NEVER


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_FEEDS)
def index(request: AdminRequest) -> HttpResponse:
    """List the feeds; a POST makes one."""
    posted = _posted(request)
    if posted is not None and posted.get("do") in MOVES:
        return _move(request, posted)
    form = FeedForm(posted, request.organization)
    if form.is_bound and form.is_valid():
        feed = ensure_feed(request.organization, form.cleaned_data["name"], Mode(form.cleaned_data["mode"]))
        messages.success(request, _("The feed %s is there.") % feed.name, extra_tags="good")
        return redirect("web:feed", feed=feed.pk)
    filters = FeedListForm(request.GET)
    listed = _listed(request)
    pages = Paginator(_chosen(listed, filters), FEEDS_SHOWN)
    page = pages.get_page(filters.cleaned_data.get("page"))
    values = {"form": form, "filters": filters, "page": page, "feeds": page.object_list, "has_any": bool(listed)}
    values["is_by_rank"] = filters.cleaned_data.get("sort", "") in {"", "rank"}
    return render(request, "web/feeds/index.html", {"section": "feeds", **values})


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_FEEDS)
def detail(request: AdminRequest, feed: int) -> HttpResponse:
    """Show one feed; a POST changes its settings, pauses or resumes it, or takes a hold back."""
    found = feed_of(request.organization, feed)
    if found is None:
        raise Http404
    form = FeedSettingsForm(None, request.organization, found)
    posted = _posted(request)
    if posted is not None and posted.get("do") == "hand":
        return _hand(request, found, posted)
    if posted is not None:
        form = FeedSettingsForm(posted, request.organization, found)
        if told := CHANGES.get(posted.get("do", ""), _save)(found, form):
            messages.success(request, told, extra_tags="good")
            return redirect("web:feed", feed=feed)
    return render(request, "web/feeds/detail.html", {"section": "feeds", "form": form, **_standing(request, found)})


def _move(request: AdminRequest, posted: Any) -> HttpResponse:
    """Let a feed change places with its neighbour in the order, and show the list in that order."""
    number = str(posted.get("feed", ""))
    found = feed_of(request.organization, int(number)) if number.isdecimal() and len(number) < 19 else None
    if found is None:
        raise Http404
    try:
        move_feed(found, is_up=MOVES[posted["do"]], now=timezone.now())
    except DirectoryBusy as busy:
        messages.error(request, str(busy), extra_tags="bad")
    return redirect(f"{reverse('web:feeds')}?sort=rank")


def _hand(request: AdminRequest, feed: Feed, posted: Any) -> HttpResponse:
    """Let a feed claim the people of another one, or those whom no feed claims."""
    form = _hand_form(request, feed, posted)
    if not form.is_valid():
        messages.error(request, _("Choose whose people are meant. Nothing was changed."), extra_tags="bad")
        return redirect("web:feed", feed=feed.pk)
    source = form.feeds.get(form.cleaned_data["source"])
    try:
        count = hand_over(request.organization, to=feed, source=source, now=timezone.now())
    except (HandOverRefused, DirectoryBusy) as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        told = ngettext("%(count)s person was handed over.", "%(count)s people were handed over.", count)
        messages.success(request, told % {"count": f"{count:,}"}, extra_tags="good")
    return redirect("web:feed", feed=feed.pk)


def _hand_form(request: AdminRequest, feed: Feed, data: Any = None) -> HandForm:
    others, counts = list(feeds_of(request.organization)), claim_counts(request.organization)
    return HandForm(data, feed, others, counts, unclaimed_count(request.organization))


def _posted(request: AdminRequest) -> Any:
    """Return the form that was sent, None for a mere look; who may only look may not send one."""
    if request.method != "POST":
        return None
    if not may(request.admin, Permission.MANAGE_FEEDS):
        raise PermissionDenied
    return request.POST


def _listed(request: AdminRequest) -> list[ListedFeed]:
    people = claim_counts(request.organization)
    fresh = feed_freshness(request.organization, timezone.now())
    ranked = sorted((entry.feed.rank, entry.feed.pk) for entry in fresh if entry.feed.rank < HIGHEST_RANK)
    places = {number: place for place, (_rank, number) in enumerate(ranked, 1)}
    return [
        ListedFeed(entry.feed, entry.last, entry.is_late, people.get(entry.feed.pk, 0), places.get(entry.feed.pk))
        for entry in fresh
    ]


def _chosen(listed: list[ListedFeed], filters: FeedListForm) -> list[ListedFeed]:
    filters.full_clean()
    given = filters.cleaned_data
    text = (given.get("q") or "").strip().casefold()
    is_meant = STATES[given.get("state") or ""]
    found = [entry for entry in listed if text in entry.feed.name.casefold() and is_meant(entry)]
    return sorted(found, key=ORDERS[given.get("sort") or "rank"])


STATES: Final[dict[str, Callable[[ListedFeed], bool]]] = {
    "": lambda _entry: True,
    "late": lambda entry: entry.is_late,
    "paused": lambda entry: entry.feed.is_paused,
    "on_hold": lambda entry: entry.feed.holds_next,
}
MOVES: Final = {"up": True, "down": False}
ORDERS: Final[dict[str, Callable[[ListedFeed], Any]]] = {
    "rank": lambda entry: (entry.feed.rank, entry.feed.pk),
    "name": lambda entry: entry.feed.name.casefold(),
    "last": lambda entry: (-entry.last_at.timestamp() if entry.last else 0, entry.feed.name.casefold()),
    "people": lambda entry: (-entry.people, entry.feed.name.casefold()),
}


def _standing(request: AdminRequest, feed: Feed) -> dict[str, Any]:
    organization, chosen = request.organization, JobFilter(feed_id=feed.pk)
    values: dict[str, Any] = {
        "feed": feed,
        "people": claim_counts(organization).get(feed.pk, 0),
        "shared": shared_claims(feed, organization),
        "may_manage": may(request.admin, Permission.MANAGE_FEEDS),
        "known_rows": known_rows(feed, organization),
        "fill": sorted(feed.last_fill.items()),
        "hand_form": _hand_form(request, feed) if may(request.admin, Permission.MANAGE_FEEDS) else None,
    }
    if may(request.admin, Permission.SEE_JOBS):
        values["jobs"] = page_of_jobs(organization, chosen).jobs[:JOBS_SHOWN]
        values["held"] = held_jobs(organization, chosen)
    if may(request.admin, Permission.MANAGE_TOKENS):
        values["tokens"] = page_of_tokens(organization, TokenFilter(feed_id=feed.pk), now=timezone.now()).tokens
    return values


def _save(feed: Feed, form: FeedSettingsForm) -> str:
    if not form.is_valid():
        return ""
    given = form.cleaned_data
    with transaction.atomic():
        mode, rows = Mode(given["mode"]), RowPolicy(given["rows"])
        change_feed(feed, name=given["name"], mode=mode, rows=rows, guards=form.guards())
        set_patience(feed, missing_files=given["missing_files"], late_after_hours=given["late_after_hours"])
    return _("Saved. The next job of this feed goes by it.")


def _pause(feed: Feed, form: FeedSettingsForm) -> str:  # noqa: ARG001  a change's signature
    set_paused(feed, is_paused=True)
    return _("Paused. What comes in now is planned and held until somebody approves it.")


def _resume(feed: Feed, form: FeedSettingsForm) -> str:  # noqa: ARG001  a change's signature
    set_paused(feed, is_paused=False)
    return _("The feed goes on. Jobs that are held still wait for a decision.")


def _release(feed: Feed, form: FeedSettingsForm) -> str:  # noqa: ARG001  a change's signature
    release_feed(feed)
    return _("Released. The next file is applied by itself again, unless a guard holds it.")


CHANGES: Final[dict[str, Callable[[Feed, FeedSettingsForm], str]]] = {
    "save": _save,
    "pause": _pause,
    "resume": _resume,
    "release": _release,
}
