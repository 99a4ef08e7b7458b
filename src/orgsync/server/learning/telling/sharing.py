"""Showing content to colleagues: chosen people, or the people of a group that one is in."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from orgsync.core.errors import OrgSyncError
from orgsync.server import queue
from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.learning.models import Content, Share, SharedWith, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.learning.tasks import mail_shares
from orgsync.server.learning.visible import SEES, visible_by_id
from orgsync.server.orgs.models import Organization

LONGEST_NOTE: Final = 500
MOST_PEOPLE: Final = 500
"""Of a larger group nobody is shown anything: that is an admin's to assign or to recommend."""
MOST_A_DAY: Final = 20
"""Shares by one person within a day."""
_SHOW: Final = """
    INSERT INTO learning_sharedwith (organization_id, learner_id, share_id, by_id, at, mail_state)
    SELECT %(organization)s, colleague.id, %(share)s, %(by)s, %(now)s, 'waiting'
      FROM directory_learner AS colleague
      JOIN learning_content AS content
        ON content.organization_id = %(organization)s AND content.id = %(content)s
     WHERE colleague.organization_id = %(organization)s AND colleague.is_active AND colleague.id <> %(by)s
       AND (colleague.id = ANY (%(people)s)
            OR EXISTS (SELECT FROM directory_membership AS member
                        WHERE member.organization_id = %(organization)s AND member.group_id = %(group)s
                          AND member.learner_id = colleague.id))
       AND {sees}
     ORDER BY colleague.id
""".replace("{sees}", SEES.format(reader="colleague.id"))


class ShareRefused(OrgSyncError):
    """Nothing was shared."""


@dataclass(frozen=True, slots=True)
class With:
    """With whom something is shared: ids of chosen people, or of a group."""

    people: Collection[int] = field(default=())
    group_id: int | None = None


def share(
    organization: Organization, learner: Learner, content_id: int, chosen: With, *, note: str = "", now: datetime
) -> int:
    """
    Show content to colleagues and have them told; return to how many.

    Who does not see the content, has left, or is the sharer, is passed over in silence. Raises ShareRefused.
    """
    if not organization.tells_colleagues:
        raise ShareRefused("Your organization has switched sharing off.")
    if content_id not in visible_by_id(organization.pk, learner.id, [content_id]):
        raise ShareRefused("There is no such content.")
    _check_is_no_crowd(organization, learner, chosen)
    mine = Share.objects.filter(organization_id=organization.pk, learner_id=learner.id)
    if mine.filter(at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise ShareRefused(f"You have shared {MOST_A_DAY} times within a day: go on tomorrow.")
    made = uuid.uuid4()
    values: dict[str, Any] = {
        "organization": organization.pk,
        "share": made,
        "by": learner.id,
        "now": now,
        "content": content_id,
        "people": list(chosen.people),
        "group": chosen.group_id,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SHOW, values)
        count = int(cursor.rowcount)
        if not count:
            raise ShareRefused("Nobody of them can see it.")
        Share.objects.create(
            organization_id=organization.pk,
            id=made,
            learner_id=learner.id,
            content_id=content_id,
            group_id=chosen.group_id,
            note=note.strip()[:LONGEST_NOTE],
            at=now,
        )
        record(organization, [Deed(learner.id, content_id, Verb.SHARED, now, made)], source=Source.PAGE, now=now)
        queue.defer(mail_shares, organization_id=organization.pk)
    return count


def groups_to_share_with(organization_id: int, learner_id: int) -> list[Group]:
    """Return the groups of the person that are small enough, by name."""
    mine = Membership.objects.filter(organization_id=organization_id, learner_id=learner_id).values("group_id")
    # Whether there is one person more than there may be: the people of a large group are not counted.
    theirs = Membership.objects.filter(organization_id=organization_id, group_id=OuterRef("id"))
    is_crowd = Exists(theirs[MOST_PEOPLE : MOST_PEOPLE + 1])
    groups = Group.objects.filter(~is_crowd, organization_id=organization_id, id__in=mine)
    return list(groups.order_by("name_key"))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a colleague has shared with somebody."""

    content: Content
    by_name: str
    note: str
    at: datetime


def shown_to(organization_id: int, learner_id: int, *, since: datetime, most: int) -> list[Shown]:
    """Return what was shared with the person lately, the newest first; nothing that they do not see (any more)."""
    mine = {"organization_id": organization_id}
    rows = SharedWith.objects.filter(**mine, learner_id=learner_id, at__gt=since).order_by("-at")[:most]
    shares = {one.id: one for one in Share.objects.filter(**mine, id__in=[row.share_id for row in rows])}
    contents = visible_by_id(organization_id, learner_id, (one.content_id for one in shares.values()))
    people = {one.id: one for one in Learner.objects.filter(**mine, id__in=[row.by_id for row in rows])}
    told = [(shares.get(row.share_id), people.get(row.by_id)) for row in rows]
    return [
        Shown(contents[one.content_id], name_of(by), one.note, one.at)
        for one, by in told
        if one is not None and by is not None and one.content_id in contents
    ]


def name_of(learner: Learner) -> str:
    """Return what colleagues call somebody: never their address."""
    names = filter(None, (learner.preferred_first_name, learner.preferred_last_name))
    return " ".join(names) or "A colleague"


def _check_is_no_crowd(organization: Organization, learner: Learner, chosen: With) -> None:
    if chosen.group_id is not None:
        allowed = {group.pk for group in groups_to_share_with(organization.pk, learner.id)}
        if chosen.group_id not in allowed:
            raise ShareRefused("Choose one of your own groups.")
    elif not chosen.people:
        raise ShareRefused("Choose somebody.")
    elif len(chosen.people) > MOST_PEOPLE:
        raise ShareRefused(f"Choose at most {MOST_PEOPLE} people.")
