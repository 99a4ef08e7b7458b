"""How long sessions and failed sign-ins are kept. Both belong to accounts: global by design."""

from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from orgsync.server.orgs import factors

KEPT_FOR: Final = timedelta(days=90)


def forget_sign_ins(now: datetime) -> int:
    """Delete sessions that have ended, and what is older than 90 days of sign-ins and tries; return how many rows."""
    before = now - KEPT_FOR
    gone = [
        Session.objects.filter(expire_date__lt=now),
        UserSession.objects.filter(last_seen_at__lt=before),
        AccessAttempt.objects.filter(attempt_time__lt=before),
        AccessFailureLog.objects.filter(attempt_time__lt=before),
        AccessLog.objects.filter(attempt_time__lt=before),
    ]
    ended: int = sum(rows.delete()[0] for rows in gone)
    return ended + factors.forget_tries(now)
