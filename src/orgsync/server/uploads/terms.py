"""On what terms a file is processed: the strictest of what feed, upload and request ask for."""

from dataclasses import dataclass, replace

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.uploads.models import Media, UploadJob


class WiderThanAllowed(OrgSyncError):
    """A request asks for more than the feed or the upload allows; `parameter` names what."""

    def __init__(self, parameter: str, asked: str, allowed: str) -> None:
        self.parameter = parameter
        self.asked = asked
        self.allowed = allowed
        super().__init__(f"{parameter}={asked} is wider than {parameter}={allowed}, which this feed or upload allows.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for; None where it says nothing."""

    mode: Mode | None = None
    rows: RowPolicy | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    mode: Mode
    rows: RowPolicy
    is_dry_run: bool = False


def terms_of_feed(feed: Feed) -> Terms:
    return Terms(Mode(feed.mode), RowPolicy(feed.rows))


def terms_of_media(media: Media) -> Terms:
    """Return the strictest of the feed as it is now and what the upload asked for."""
    terms = terms_of_feed(media.feed)
    if media.asked_mode and terms.mode.is_wider_than(Mode(media.asked_mode)):
        terms = replace(terms, mode=Mode(media.asked_mode))
    if media.asked_rows == RowPolicy.ALL_OR_NOTHING:
        terms = replace(terms, rows=RowPolicy.ALL_OR_NOTHING)
    return replace(terms, is_dry_run=media.asked_dry_run)


def terms_of_job(job: UploadJob) -> Terms:
    return Terms(Mode(job.mode), RowPolicy(job.rows), job.is_dry_run)


def narrowed(terms: Terms, asked: Asked) -> Terms:
    """Return the terms as the request narrows them; raise WiderThanAllowed when it would widen them."""
    mode = asked.mode or terms.mode
    rows = asked.rows or terms.rows
    is_dry_run = terms.is_dry_run if asked.dry_run is None else asked.dry_run
    if mode.is_wider_than(terms.mode):
        raise WiderThanAllowed("mode", mode, terms.mode)
    if terms.rows is RowPolicy.ALL_OR_NOTHING and rows is RowPolicy.GOOD_ROWS:
        raise WiderThanAllowed("rows", rows, terms.rows)
    if terms.is_dry_run and not is_dry_run:
        raise WiderThanAllowed("dry_run", "false", "true")
    return Terms(mode, rows, is_dry_run)
