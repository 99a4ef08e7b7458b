"""Mails of shares and digests: through the outbox, each once, within quiet hours and the day's limit of each person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db.models import F

from orgsync.server.directory.models import Learner, LicenseAssignment, LicenseState
from orgsync.server.learning.models import LearnerChoices
from orgsync.server.learning.telling.choices import MailKind, Unsubscribing, unsubscribe_token
from orgsync.server.notify import outbox, texts
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Organization

_FOOT: Final = """
Choose what you hear of, and when:
{base}/learn/settings/

Stop these mails with one click, without signing in:
{stop}
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is told."""

    learner: Learner
    text: str


def choices_for(organization_id: int, learner_ids: Iterable[int]) -> dict[int, LearnerChoices]:
    """Return everybody's choices, locked until the transaction ends, made where they were not there yet."""
    wanted = sorted(set(learner_ids))
    LearnerChoices.objects.bulk_create(
        [LearnerChoices(organization_id=organization_id, learner_id=one) for one in wanted], ignore_conflicts=True
    )
    mine = LearnerChoices.objects.select_for_update().filter(organization_id=organization_id, learner_id__in=wanted)
    return {one.learner_id: one for one in mine.order_by("learner_id")}


def people_to_write_to(organization: Organization, learner_ids: Iterable[int]) -> dict[int, Learner]:
    """Return those of the people who may sign in: nobody else is written to."""
    if not organization.learners_sign_in:
        return {}
    mine = {"organization_id": organization.pk}
    found = Learner.objects.filter(**mine, id__in=list(learner_ids), is_active=True)
    if organization.learners_need_license:
        held = LicenseAssignment.objects.filter(**mine, state=LicenseState.ACTIVE)
        found = found.filter(id__in=held.values("learner_id"))
    return {one.id: one for one in found}


def has_enough(organization: Organization, choices: LearnerChoices, today: date) -> bool:
    """Tell whether the person has got as many mails today as they are to get."""
    return choices.mailed_on == today and choices.mails >= organization.most_learner_mails


def send(
    organization: Organization,
    letters: Sequence[Letter],
    *,
    what: tuple[MailKind, str, str],
    today: date,
    now: datetime,
) -> int:
    """Write the letters into the outbox, in the caller's transaction; return how many. `what`: kind, name, subject."""
    kind, name, subject = what
    stops = {one.learner.id: _stop_address(organization, one.learner, kind) for one in letters}
    contacts = texts.contact_lines(contacts_of(organization))
    bodies = {
        one.learner.primary_email_address: one.text
        + _FOOT.format(base=settings.BASE_URL, stop=stops[one.learner.id])
        + contacts
        for one in letters
    }
    unsubscribes: Mapping[str, str] = {one.learner.primary_email_address: stops[one.learner.id] for one in letters}
    written = outbox.add_letters(
        organization, job_id=None, kind=name, letters=bodies, subject=subject, unsubscribes=unsubscribes, now=now
    )
    mine = LearnerChoices.objects.filter(organization_id=organization.pk, learner_id__in=list(stops))
    mine.filter(mailed_on=today).update(mails=F("mails") + 1)
    mine.exclude(mailed_on=today).update(mailed_on=today, mails=1)
    return written


def hello(learner: Learner) -> str:
    """Return how a mail begins."""
    name = learner.preferred_first_name
    return f"Hello {name},\n\n" if name else "Hello,\n\n"


def content_address(content_id: int) -> str:
    return f"{settings.BASE_URL}/learn/content/{content_id}/"


def _stop_address(organization: Organization, learner: Learner, kind: MailKind) -> str:
    token = unsubscribe_token(Unsubscribing(organization.pk, learner.id, kind))
    return f"{settings.BASE_URL}/learn/unsubscribe/?t={token}"
