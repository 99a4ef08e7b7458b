"""People › Feeds: the named origins of files, how they stand, and what can be set on each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.feeds import change_feed, release_feed, set_paused
from orgsync.server.directory.models import Feed
from orgsync.server.directory.queries_feeds import claim_counts, feed_of, shared_claims
from orgsync.server.orgs.access import Permission, may
from orgsync.server.setup import ensure_feed
from orgsync.server.tokens.queries import TokenFilter, page_of_tokens
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.queries import JobFilter, held_jobs, page_of_jobs
from orgsync.server.uploads.queries_home import feed_freshness
from orgsync.server.web.forms.feeds import FeedForm, FeedListForm, FeedSettingsForm
from orgsync.server.web.screens import AdminRequest, screen

JOBS_SHOWN: Final = 10
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed with its last job and the number of people whom it claims."""

    feed: Feed
    last: UploadJob | None
    is_late: bool
    people: int

    @property
    def last_at(self) -> datetime:
        return self.last.created_at if self.last else _NEVER


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.SEE_FEEDS)
def index(request: AdminRequest) -> HttpResponse:
    """List the feeds; a POST makes one."""
    form = FeedForm(_posted(request), request.organization)
    if form.is_bound and form.is_valid():
        feed = ensure_feed(request.organization, form.cleaned_data["name"], Mode(form.cleaned_data["mode"]))
        messages.success(request, _("The feed %s is there.") % feed.name, extra_tags="good")
        return redirect("web:feed", feed=feed.pk)
    filters = FeedListForm(request.GET)
    listed = _listed(request)
    values = {"form": form, "filters": filters, "feeds": _chosen(listed, filters), "has_any": bool(listed)}
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
    if posted is not None:
        form = FeedSettingsForm(posted, request.organization, found)
        if told := CHANGES.get(posted.get("do", ""), _save)(found, form):
            messages.success(request, told, extra_tags="good")
            return redirect("web:feed", feed=feed)
    return render(request, "web/feeds/detail.html", {"section": "feeds", "form": form, **_standing(request, found)})


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
    return [ListedFeed(entry.feed, entry.last, entry.is_late, people.get(entry.feed.pk, 0)) for entry in fresh]


def _chosen(listed: list[ListedFeed], filters: FeedListForm) -> list[ListedFeed]:
    filters.full_clean()
    given = filters.cleaned_data
    text = (given.get("q") or "").strip().casefold()
    is_meant = STATES[given.get("state") or ""]
    found = [entry for entry in listed if text in entry.feed.name.casefold() and is_meant(entry)]
    return sorted(found, key=ORDERS[given.get("sort") or "name"])


STATES: Final[dict[str, Callable[[ListedFeed], bool]]] = {
    "": lambda _entry: True,
    "late": lambda entry: entry.is_late,
    "paused": lambda entry: entry.feed.is_paused,
    "on_hold": lambda entry: entry.feed.holds_next,
}
ORDERS: Final[dict[str, Callable[[ListedFeed], Any]]] = {
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
    change_feed(feed, name=given["name"], mode=Mode(given["mode"]), rows=RowPolicy(given["rows"]), guards=form.guards())
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
