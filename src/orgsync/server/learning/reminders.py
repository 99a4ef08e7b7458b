"""Mails that remind people of what they have to complete: once for each reminder, by day in their organization."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from orgsync.server.notify import outbox
from orgsync.server.notify.texts import contact_lines
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import zone_named

REMINDER: Final = "assignment_reminder"
FIRST_HOUR: Final = 8
LAST_HOUR: Final = 18
"""Of the day in the organization's zone: between these reminders go out."""
MOST: Final = 2_000
"""Mails that one run writes for an organization, those first that are due first; the next run writes the rest."""

_ORGANIZATIONS: Final = """
    SELECT DISTINCT organization_id FROM learning_assignment
     WHERE begun_at IS NOT NULL AND ended_at IS NULL AND reminder_days <> '[]'::jsonb
"""
# Of the reminders whose day has come only the last one is sent: who was reminded late is not reminded twice. What
# would have been before the assignment reached the person never is: they have just been told.
_TAKE: Final = """
    WITH due AS (
        SELECT link.learner_id, link.assignment_id, link.due_on, reminder.days
          FROM learning_learnerassignment AS link
          JOIN learning_assignment AS assignment
            ON assignment.organization_id = link.organization_id AND assignment.id = link.assignment_id
          JOIN LATERAL (SELECT min(day::int) AS days FROM jsonb_array_elements_text(assignment.reminder_days) AS day
                         WHERE link.due_on - day::int <= %(today)s
                           AND link.due_on - day::int > (link.since AT TIME ZONE %(zone)s)::date) AS reminder
            ON reminder.days < coalesce(link.reminded_days, 32767)
         WHERE link.organization_id = %(organization)s AND link.state = 'open' AND link.due_on >= %(today)s
           AND assignment.ended_at IS NULL
         ORDER BY link.due_on, link.learner_id, link.assignment_id
         LIMIT %(most)s
           FOR UPDATE OF link SKIP LOCKED
    ),
    told AS (
        UPDATE learning_learnerassignment AS link SET reminded_days = due.days
          FROM due
         WHERE link.organization_id = %(organization)s AND link.learner_id = due.learner_id
           AND link.assignment_id = due.assignment_id
     RETURNING link.learner_id, link.assignment_id, link.due_on
    )
    SELECT learner.primary_email_address, coalesce(learner.preferred_first_name, ''), content.title, told.due_on,
           assignment.note
      FROM told
      JOIN directory_learner AS learner
        ON learner.organization_id = %(organization)s AND learner.id = told.learner_id AND learner.is_active
      JOIN learning_assignment AS assignment
        ON assignment.organization_id = %(organization)s AND assignment.id = told.assignment_id
      JOIN learning_content AS content
        ON content.organization_id = %(organization)s AND content.id = assignment.content_id
     ORDER BY told.due_on, content.title_key
"""
_BODY: Final = """\
Hello{name},

this is still open, and soon due:

{lines}

  {base}/learn/to-do/

"""


@dataclass(frozen=True, slots=True)
class _Reminded:
    email: str
    first_name: str
    title: str
    due_on: date
    note: str


def send_reminders(now: datetime) -> int:
    """Put the reminders of the day into the outbox, one mail a person; return how many. Safe to run at any time."""
    with connection.cursor() as cursor:
        cursor.execute(_ORGANIZATIONS)
        found = [organization_id for (organization_id,) in cursor.fetchall()]
    return sum(_send(organization, now) for organization in Organization.objects.filter(id__in=found).order_by("id"))


def _send(organization: Organization, now: datetime) -> int:
    zone = zone_named(organization.time_zone)
    local = now.astimezone(zone)
    if not FIRST_HOUR <= local.hour < LAST_HOUR:
        return 0
    values: dict[str, Any] = {"organization": organization.pk, "today": local.date(), "zone": str(zone), "most": MOST}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            reminded = [_Reminded(*row) for row in cursor.fetchall()]
        return outbox.add_letters(
            organization,
            job_id=None,
            kind=REMINDER,
            letters=_letters(organization, reminded),
            subject=f"[{organization.name}] Soon due",
            now=now,
        )


def _letters(organization: Organization, reminded: list[_Reminded]) -> dict[str, str]:
    """Return a mail for each person, with everything that they are reminded of today."""
    theirs: dict[str, list[_Reminded]] = defaultdict(list)
    for one in reminded:
        theirs[one.email].append(one)
    ending = contact_lines(contacts_of(organization)) if theirs else ""
    return {email: _body(several) + ending for email, several in theirs.items()}


def _body(several: list[_Reminded]) -> str:
    lines = "\n".join(_worded(one) for one in several)
    name = f" {several[0].first_name}" if several[0].first_name else ""
    return _BODY.format(name=name, lines=lines, base=settings.BASE_URL)


def _worded(one: _Reminded) -> str:
    told = f"  {one.title}: due on {one.due_on.isoformat()}"
    return f"{told}\n    {one.note}" if one.note else told
