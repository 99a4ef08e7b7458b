"""Keep a report, share it, and let it go out by mail."""

from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from orgsync.core.errors import OrgSyncError
from orgsync.server.notify import outbox
from orgsync.server.notify.texts import contact_lines
from orgsync.server.orgs.access import Permission, admin_of, people_for
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.orgs.zones import zone_named
from orgsync.server.reports.answers import Report, answer
from orgsync.server.reports.models import Rhythm, SavedReport
from orgsync.server.reports.questions import Question, from_json, to_json
from orgsync.server.reports.series import Series, series_of

HOUR: Final = 7
"""Of the day in the organization's zone, from which on mails go out."""
MOST: Final = 100
"""Reports that one account keeps in one organization."""
_LINES: Final = 30
_TIMES: Final = 6
"""Weeks or months that a line of a mail tells of."""


class SavingRefused(OrgSyncError):
    """A report cannot be kept as asked."""


def visible_reports(organization: Organization, account: Account) -> QuerySet[SavedReport]:
    """Return the account's own reports and those that others share, by name."""
    found = SavedReport.objects.filter(Q(owner=account) | Q(is_shared=True), organization=organization)
    return found.select_related("owner").order_by("name", "id")


def save_report(
    organization: Organization,
    owner: Account,
    name: str,
    asked: Question,
    *,
    is_shared: bool,
    rhythm: Rhythm,
    now: datetime,
) -> SavedReport:
    """Keep a report, in place of the owner's one of that name. Raises SavingRefused."""
    name = " ".join(name.split())[:100]
    if not name:
        raise SavingRefused("Give the report a name.")
    mine = SavedReport.objects.filter(organization=organization, owner=owner)
    if mine.exclude(name=name).count() >= MOST:
        raise SavingRefused(f"You keep {MOST} reports already; remove one of them.")
    values = {"question": to_json(asked), "is_shared": is_shared, "rhythm": rhythm.value}
    made, _ = SavedReport.objects.update_or_create(
        organization=organization, owner=owner, name=name, defaults=values, create_defaults=values | {"created_at": now}
    )
    return made


def remove_report(organization: Organization, owner: Account, report_id: int) -> bool:
    """Forget one of the owner's reports; return False when they have none of that id."""
    gone, _ = SavedReport.objects.filter(organization=organization, owner=owner, id=report_id).delete()
    return bool(gone)


def send_due(now: datetime) -> int:
    """Put the reports whose day has come into the outbox, each once a day; return how many mails."""
    waiting = SavedReport.objects.exclude(rhythm=Rhythm.NEVER).select_related("organization", "owner").order_by("id")
    return sum(_send(saved, now) for saved in waiting)


def is_due(rhythm: str, today: date, sent_on: date | None) -> bool:
    """Return whether a report goes out today: a day that was missed is not made up for."""
    if sent_on is not None and sent_on >= today:
        return False
    days = {Rhythm.DAILY.value: True, Rhythm.WEEKLY.value: today.weekday() == 0, Rhythm.MONTHLY.value: today.day == 1}
    return days.get(rhythm, False)


def _send(saved: SavedReport, now: datetime) -> int:
    local = now.astimezone(zone_named(saved.organization.time_zone))
    if local.hour < HOUR or not is_due(saved.rhythm, local.date(), saved.sent_on):
        return 0
    with transaction.atomic():
        untold = SavedReport.objects.filter(Q(sent_on=None) | Q(sent_on__lt=local.date()), id=saved.pk)
        if not untold.update(sent_on=local.date()):
            return 0
        admin = admin_of(saved.organization_id, saved.owner)
        people = people_for(admin, Permission.SEE_REPORTS) if admin else None
        if people is None:
            return 0
        report = answer(saved.organization, from_json(saved.question), people, now=now)
        series = series_of(saved.organization, report, people, most=_LINES) if report.has_series else None
        return outbox.add(
            saved.organization,
            job_id=None,
            kind="report",
            recipients=[saved.owner.email],
            subject=f"[{saved.organization.name}] {saved.name}",
            body=_body(saved, report, series),
            now=now,
        )


def _body(saved: SavedReport, report: Report, series: Series | None) -> str:
    label, span = str(report.asked.measured.label), report.span
    lines = "\n".join(
        f"  {one.label or '(none)'}: {_number(one.value)} ({one.people:,} people){_course(series, place)}"
        for place, one in enumerate(report.slices[:_LINES])
    )
    rest = len(report.slices) - _LINES
    more = f"\n  … and {rest:,} more" if rest > 0 else ""
    return f"""\
{saved.name}: {label}, {span.first.isoformat()} to {span.last.isoformat()}

{lines}{more}

The report in the Account Center (sign-in needed):
{settings.BASE_URL}/admin/reports/?saved={saved.pk}

You get this because you asked for it there; change or remove it in the same place.
{contact_lines(contacts_of(saved.organization))}"""


def _course(series: Series | None, place: int) -> str:
    """Return the latest weeks or months of a line, each by its first day."""
    if series is None:
        return ""
    latest = list(zip(series.buckets, series.lines[place].values, strict=True))[-_TIMES:]
    return "\n    " + " · ".join(f"{bucket.first.isoformat()}: {_number(value)}" for bucket, value in latest)


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
