"""The digest: what colleagues liked and completed since the last one, in one mail, each thing once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Digest, Hearing, LearnerChoices, Verb
from orgsync.server.learning.telling.choices import MailKind, is_quiet
from orgsync.server.learning.telling.mailing import (
    Letter,
    content_address,
    has_enough,
    hello,
    people_to_write_to,
    send,
)
from orgsync.server.learning.telling.news import News, Reader, news_for, verbs_heard
from orgsync.server.notify.secretmail import LEARNER_DIGEST
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import zone_named

HOUR: Final = 8
"""Of the day in the organization's zone, from which on digests go out."""
BATCH: Final = 500
SETTLED: Final = timedelta(minutes=5)
"""What was stored within the last minutes is for the next digest: a slow transaction may still bring its like."""
_VERBS: Final = {Verb.LIKED.value: "liked", Verb.COMPLETED.value: "completed"}


def send_digests(organization: Organization, *, now: datetime) -> int:
    """Write this day's digests, in batches of a transaction each; return how many mails. No news, no mail."""
    local = now.astimezone(zone_named(organization.time_zone))
    if local.hour < HOUR or not organization.tells_colleagues or not organization.learners_sign_in:
        return 0
    sent, after = 0, 0
    while True:
        with transaction.atomic():
            due = list(_due(organization.pk, local.date()).filter(learner_id__gt=after).order_by("learner_id")[:BATCH])
            sent += _send([one for one in due if not is_quiet(one, local.hour)], organization, local.date(), now)
        if len(due) < BATCH:
            return sent
        after = due[-1].learner_id


def _due(organization_id: int, today: date) -> QuerySet[LearnerChoices]:
    monday = today - timedelta(days=today.weekday())
    wanting = LearnerChoices.objects.select_for_update(skip_locked=True).filter(
        organization_id=organization_id, wants_digest=True
    )
    return wanting.filter(
        Q(digest=Digest.DAILY, digested_on__lt=today) | Q(digest=Digest.WEEKLY, digested_on__lt=monday)
    )


def _send(due: Sequence[LearnerChoices], organization: Organization, today: date, now: datetime) -> int:
    until = now - SETTLED
    readers = [_reader(one, until) for one in due]
    news = news_for(organization, readers, until=until)
    LearnerChoices.objects.filter(
        organization_id=organization.pk, learner_id__in=[one.learner_id for one in due]
    ).update(digested_on=today, digested_until=until)
    people = people_to_write_to(organization, news)
    room = {one.learner_id for one in due if not has_enough(organization, one, today)}
    letters = [_letter(people[who], told, organization) for who, told in news.items() if who in people and who in room]
    if not letters:
        return 0
    what = (MailKind.DIGEST, LEARNER_DIGEST, f"[{organization.name}] What your colleagues learn")
    return send(organization, letters, what=what, today=today, now=now)


def _reader(choices: LearnerChoices, until: datetime) -> Reader:
    return Reader(choices.learner_id, verbs_heard(choices, [Hearing.MAIL]), choices.digested_until or until)


def _letter(learner: Learner, news: Sequence[News], organization: Organization) -> Letter:
    lines = "\n".join(
        f"  {one.name} {_VERBS[one.verb]} {one.title}\n  {content_address(one.content_id)}\n" for one in news
    )
    return Letter(learner, f"{hello(learner)}your colleagues at {organization.name}:\n\n{lines}")
