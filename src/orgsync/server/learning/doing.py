"""What a learner does on a course's page, as activity."""

import uuid
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.db import connection, transaction

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Content, ContentKind, Progress, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Organization

_NAMESPACE: Final = uuid.UUID("7d0c8d4e-5f0b-4f0e-9c53-0d4f3f1f6a3e")
# Paths with the part of which no other part is left to complete.
_DONE_PATHS: Final = """
    SELECT whole.id FROM learning_contentpart AS mine
      JOIN learning_content AS whole
        ON whole.organization_id = %(organization)s AND whole.id = mine.whole_id AND whole.kind = 'path'
     WHERE mine.organization_id = %(organization)s AND mine.part_id = %(part)s
       AND NOT EXISTS (
           SELECT FROM learning_contentpart AS part
             JOIN learning_content AS content
               ON content.organization_id = %(organization)s AND content.id = part.part_id
              AND content.archived_at IS NULL
             LEFT JOIN learning_progress AS progress
               ON progress.organization_id = %(organization)s AND progress.learner_id = %(learner)s
              AND progress.content_id = part.part_id
            WHERE part.organization_id = %(organization)s AND part.whole_id = whole.id
              AND progress.completed_at IS NULL)
"""


def address_to_open(content: Content) -> str:
    """Return where content is learned; empty where that is nowhere a browser may be sent to."""
    parts = urlsplit(content.url)
    return content.url if parts.scheme in {"http", "https"} and parts.netloc else ""


def view(organization: Organization, learner: Learner, content: Content, *, now: datetime) -> None:
    """Note that the learner opened it; opened again within the minute is opened once."""
    name = f"{organization.pk}/{learner.id}/{content.pk}/{now:%Y%m%d%H%M}"
    deed = Deed(learner.id, content.pk, Verb.VIEWED, now, uuid.uuid5(_NAMESPACE, name))
    record(organization, [deed], source=Source.PAGE, now=now)


def like(organization: Organization, learner: Learner, content: Content, *, likes: bool, now: datetime) -> None:
    """Like content, or like it no longer; what is so already is not noted again."""
    mine = {"organization_id": organization.pk, "learner_id": learner.id, "content_id": content.pk}
    if Progress.objects.filter(**mine, liked_at__isnull=False).exists() == likes:
        return
    _do(organization, learner, content, Verb.LIKED if likes else Verb.UNLIKED, now=now)


def report_progress(
    organization: Organization, learner: Learner, content: Content, percent: int, *, now: datetime
) -> None:
    """Note how far the learner says to be; 100 completes, and with it every path of which nothing else is left."""
    if content.kind == ContentKind.COLLECTION:
        return
    if percent < 100:
        _do(organization, learner, content, Verb.PROGRESSED, percent=percent, now=now)
        return
    with transaction.atomic():
        _do(organization, learner, content, Verb.COMPLETED, percent=100, now=now)
        for path in _paths_done_by(organization.pk, learner.id, content.pk):
            _do(organization, learner, path, Verb.COMPLETED, percent=100, now=now)


def _do(
    organization: Organization,
    learner: Learner,
    content: Content,
    verb: Verb,
    *,
    percent: int | None = None,
    now: datetime,
) -> None:
    deed = Deed(learner.id, content.pk, verb, now, uuid.uuid4(), percent=percent)
    record(organization, [deed], source=Source.PAGE, now=now)


def _paths_done_by(organization_id: int, learner_id: int, part_id: int) -> list[Content]:
    with connection.cursor() as cursor:
        cursor.execute(_DONE_PATHS, {"organization": organization_id, "learner": learner_id, "part": part_id})
        ids = [whole_id for (whole_id,) in cursor.fetchall()]
    done = Progress.objects.filter(organization_id=organization_id, learner_id=learner_id, completed_at__isnull=False)
    wholes = Content.objects.filter(organization_id=organization_id, id__in=ids, archived_at=None)
    return list(wholes.exclude(id__in=done.values("content_id")))
