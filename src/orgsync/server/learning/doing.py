"""What a learner does on a course's page, as activity."""

import uuid
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Content, ContentKind, Progress, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Organization

_NAMESPACE: Final = uuid.UUID("7d0c8d4e-5f0b-4f0e-9c53-0d4f3f1f6a3e")


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
    """Note how far the learner says to be; 100 completes. A collection only gathers: its parts complete it."""
    if content.kind == ContentKind.COLLECTION:
        return
    verb = Verb.PROGRESSED if percent < 100 else Verb.COMPLETED
    _do(organization, learner, content, verb, percent=min(percent, 100), now=now)


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
