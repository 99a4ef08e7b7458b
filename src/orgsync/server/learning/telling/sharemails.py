"""Mails that tell of a share, at once, or when quiet hours end."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Content, Hearing, LearnerChoices, Share, SharedWith
from orgsync.server.learning.telling.choices import MailKind, is_quiet
from orgsync.server.learning.telling.mailing import (
    Letter,
    choices_for,
    content_address,
    has_enough,
    hello,
    people_to_write_to,
    send,
)
from orgsync.server.learning.telling.sharing import name_of
from orgsync.server.notify.secretmail import LEARNER_SHARE
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import day_of, zone_named

BATCH: Final = 500
TOO_OLD: Final = timedelta(days=3)
"""After which a share that quiet hours held back is left to the person's home."""
_WAITING, _SENT, _LEFT = "waiting", "sent", "left"


@dataclass(frozen=True, slots=True)
class _Round:
    """What is known while some shares are mailed."""

    organization: Organization
    now: datetime
    choices: dict[int, LearnerChoices]
    people: dict[int, Learner]

    def fate_of(self, row: SharedWith) -> str:
        """Say whether a person is written to now, later, or not at all."""
        choices = self.choices[row.learner_id]
        local = self.now.astimezone(zone_named(self.organization.time_zone))
        if row.learner_id not in self.people or choices.shares != Hearing.MAIL or row.at < self.now - TOO_OLD:
            return _LEFT
        if is_quiet(choices, local.hour):
            return _WAITING
        return _LEFT if has_enough(self.organization, choices, local.date()) else _SENT


def mail_waiting(organization: Organization, *, now: datetime) -> int:
    """Write the mails of all shares that wait, as many as may be sent now; return how many mails."""
    sent, after = 0, None
    while True:
        with transaction.atomic():
            waiting = SharedWith.objects.select_for_update(skip_locked=True).filter(
                organization_id=organization.pk, mail_state=_WAITING
            )
            if after is not None:
                waiting = waiting.filter(learner_id__gt=after)
            rows = list(waiting.order_by("learner_id", "at")[:BATCH])
            sent += _mail(organization, rows, now)
        if len(rows) < BATCH:
            return sent
        after = rows[-1].learner_id


def _mail(organization: Organization, rows: Sequence[SharedWith], now: datetime) -> int:
    if not rows:
        return 0
    readers = {row.learner_id for row in rows}
    around = _Round(organization, now, choices_for(organization.pk, readers), people_to_write_to(organization, readers))
    by_fate: dict[str, list[SharedWith]] = defaultdict(list)
    for row in rows:
        by_fate[around.fate_of(row)].append(row)
    for fate in (_SENT, _LEFT):
        SharedWith.objects.filter(pk__in=[row.pk for row in by_fate[fate]]).update(mail_state=fate)
    letters = _letters(organization, by_fate[_SENT], around.people)
    if not letters:
        return 0
    subject = f"[{organization.name}] A colleague has shared something with you"
    what = (MailKind.SHARES, LEARNER_SHARE, subject)
    return send(organization, letters, what=what, today=day_of(now, organization), now=now)


def _letters(organization: Organization, rows: Sequence[SharedWith], people: dict[int, Learner]) -> list[Letter]:
    """Return one letter to each person, with all that waits for them."""
    mine = {"organization_id": organization.pk}
    shares = {one.id: one for one in Share.objects.filter(**mine, id__in={row.share_id for row in rows})}
    contents = Content.objects.filter(**mine).in_bulk({one.content_id for one in shares.values()})
    sharers = {one.id: one for one in Learner.objects.filter(**mine, id__in={row.by_id for row in rows})}
    told: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        share = shares.get(row.share_id)
        if share is not None and row.by_id in sharers and share.content_id in contents:
            told[row.learner_id].append(_worded(share, contents[share.content_id], sharers[row.by_id]))
    return [Letter(people[who], hello(people[who]) + "\n".join(parts)) for who, parts in told.items()]


def _worded(share: Share, content: Content, sharer: Learner) -> str:
    # A note is a colleague's own words: on lines of its own, so that it cannot pass for ours.
    note = "".join(f"  > {line}\n" for line in share.note.splitlines())
    return f"{name_of(sharer)} shared this with you:\n\n  {content.title}\n  {content_address(content.pk)}\n{note}"
