"""The mail that says that a feed has sent no file for too long."""

from datetime import datetime

from django.conf import settings

from orgsync.server.directory.models import Feed
from orgsync.server.notify import outbox
from orgsync.server.notify.recipients import Told, admin_addresses
from orgsync.server.notify.texts import contact_lines
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.zones import local_time


def feed_is_late(feed: Feed, *, last: datetime, now: datetime) -> int:
    """Put the mails to the admins into the outbox; return how many. Doing it once is for the caller to see to."""
    organization = feed.organization
    return outbox.add(
        organization,
        job_id=None,
        kind="late",
        recipients=admin_addresses(organization.pk, Told.LATE),
        subject=f"[{organization.name}] No file for {feed.late_after_hours} hours ({feed.name})",
        body=_body(feed, last),
        now=now,
    )


def _body(feed: Feed, last: datetime) -> str:
    hours, organization = feed.late_after_hours, feed.organization.name
    foot = contact_lines(contacts_of(feed.organization))
    return f"""\
The feed “{feed.name}” of {organization} has sent no file for more than {hours} hours.
The last one came on {local_time(last, feed.organization)}.

Nothing changes in the directory meanwhile. Look at the system that sends the file: whether its job runs, and
whether its access token has expired.

The feeds in the Account Center (sign-in needed):
{settings.BASE_URL}/admin/people/feeds/

There will be no further mail about it until a file has come and the feed is late again.
{foot}"""
