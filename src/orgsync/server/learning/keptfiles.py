"""Files of content and of activity that are kept for a while: looked at first, then applied."""

from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import transaction

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.learning.activityfile import ActivityFile, record_activity_file
from orgsync.server.learning.contentfile import ContentFile, apply_contents
from orgsync.server.learning.models import ActivityImport, ContentImport
from orgsync.server.orgs.models import Account, Organization

KeptFile = TypeVar("KeptFile", ActivityImport, ContentImport)
LASTS: Final[dict[type[ActivityImport] | type[ContentImport], timedelta]] = {
    ContentImport: timedelta(days=7),
    ActivityImport: timedelta(days=1),
}
"""For how long a file is kept at most; one of activity names people."""


def keep_file(
    kind: type[KeptFile], organization: Organization, file_name: str, source: bytes, *, now: datetime, **about: Any
) -> KeptFile:
    """Keep a file, with what is said about it; those of the organization that have lasted go."""
    kind.objects.filter(organization=organization, made_at__lt=now - LASTS[kind]).delete()
    return kind.objects.create(
        organization=organization, file_name=file_name[:200], source=source, made_at=now, **about
    )


def kept_file(kind: type[KeptFile], organization: Organization, number: int) -> KeptFile | None:
    """Return a file that is kept; another organization's is None."""
    return kind.objects.filter(organization=organization, id=number).first()


def apply_content_file(
    organization: Organization, kept: ContentImport, file: ContentFile, *, by: Account, now: datetime
) -> int:
    """Write the rows that can be used; return how many."""
    count = apply_contents(organization, file, by=by, now=now)
    ContentImport.objects.filter(organization=organization, id=kept.pk).update(applied_at=now)
    return count


def apply_activity_file(organization: Organization, kept: ActivityImport, file: ActivityFile, *, now: datetime) -> int:
    """Record the rows that can be used; return how many. The file is gone then: it names people."""
    with transaction.atomic():
        count = record_activity_file(organization, file, now=now)
        ActivityImport.objects.filter(organization=organization, id=kept.pk).delete()
        record(organization.pk, Action.ACTIVITY_IMPORTED, {"deeds": count}, at=now)
    return count
