"""A small catalogue, assignments, and what people did with them: for demos and sandboxes."""

import random
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.server.directory.models import Learner
from orgsync.server.directory.queries import choices_of
from orgsync.server.learning.contentfile import apply_contents, read_contents
from orgsync.server.learning.models import Content, ContentPart, LearnerAssignment, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.orgs.zones import day_of
from orgsync.server.uploads.assigning import Terms, assign
from orgsync.server.uploads.models import UploadJob

CATALOGUE: Final = files("orgsync.server.demo") / "catalogue.csv"
_SEED: Final = 2026
_PATIENCE: Final = 180.0
_BATCH: Final = 2_000


class SampleRefused(OrgSyncError):
    """The sample cannot be made; what was made of it so far stays."""


def seed_learning(organization: Organization, by: Account, *, now: datetime) -> dict[str, int]:
    """
    Import the catalogue, assign some of it, wait until the worker has applied that, and let people learn.

    Safe to call again: content is found by its key, and what is assigned already is assigned again. Returns counts.
    Raises SampleRefused when there are no people, or no worker takes the jobs.
    """
    if not Learner.objects.filter(organization_id=organization.pk, is_active=True).exists():
        raise SampleRefused("There are no people yet: send a file first.")
    file = read_contents(organization, CATALOGUE.read_bytes(), may_curate=True)
    apply_contents(organization, file, by=by, now=now)
    contents = {one.key: one for one in Content.objects.filter(organization=organization, key__startswith="demo:")}
    jobs = [
        assign(organization, contents[key], [audience], terms, by=by, now=now, asks_first=False)
        for key, audience, terms in _assignments(organization, now)
    ]
    _wait_for(jobs)
    deeds = _deeds(organization, contents, now)
    for first in range(0, len(deeds), _BATCH):
        record(organization, deeds[first : first + _BATCH], source=Source.PAGE, now=now)
    return {"contents": len(contents), "assignments": len(jobs), "deeds": len(deeds)}


def _assignments(organization: Organization, now: datetime) -> list[tuple[str, Audience, Terms]]:
    """Return what is assigned to whom: one is overdue for whoever has not done it."""
    today = day_of(now, organization)
    departments = choices_of(organization.pk).departments
    found = [
        ("demo:first-weeks", Audience(AudienceKind.EVERYBODY), Terms(Due(DueKind.AFTER_START, days=30), (7, 1))),
        (
            "demo:passkeys",
            Audience(AudienceKind.EVERYBODY),
            Terms(Due(DueKind.ON_DATE, on=today - timedelta(days=5)), note="We switch passwords off this quarter."),
        ),
    ]
    paired = zip(("demo:sheets", "demo:feedback"), departments, (21, 45), strict=False)
    for key, department, days in paired:
        audience = Audience(AudienceKind.ATTRIBUTE, attribute="department_name", value=department)
        found.append((key, audience, Terms(Due(DueKind.AFTER_REACHING, days=days), (3,))))
    return found


def _wait_for(jobs: Sequence[UploadJob]) -> None:
    deadline = time.monotonic() + _PATIENCE
    ids = [job.pk for job in jobs]
    organization_id = jobs[0].organization_id
    while time.monotonic() < deadline:
        done = UploadJob.objects.filter(organization_id=organization_id, id__in=ids, status=JobStatus.DONE).count()
        if done == len(ids):
            return
        time.sleep(0.5)
    raise SampleRefused("No worker has applied the assignments: start the server, and try again.")


def _deeds(organization: Organization, contents: dict[str, Content], now: datetime) -> list[Deed]:
    """Return what people did in the last weeks; the same for the same people."""
    chance = random.Random(_SEED)  # nosec B311 # noqa: S311  no secret: the same sample each time
    mine: dict[str, Any] = {"organization_id": organization.pk}
    whole: dict[int, list[int]] = {}
    for whole_id, part_id in ContentPart.objects.filter(**mine).order_by("position").values_list("whole_id", "part_id"):
        whole.setdefault(whole_id, []).append(part_id)
    seconds = {one.pk: one.seconds or 600 for one in contents.values()}
    opened = LearnerAssignment.objects.filter(**mine, state="open").order_by("learner_id", "assignment_id")
    deeds: list[Deed] = []
    for learner_id, content_id in opened.values_list("learner_id", "content_id"):
        diligence = chance.random()
        for course in whole.get(content_id, [content_id]):
            deeds += _one_course(learner_id, course, seconds.get(course, 600), diligence, chance, now)
    return deeds


def _one_course(  # noqa: PLR0917  what one person does with one course
    learner_id: int, course: int, seconds: int, diligence: float, chance: random.Random, now: datetime
) -> list[Deed]:
    began = now - timedelta(days=chance.uniform(1, 40))

    def deed(verb: Verb, minutes: int, **more: Any) -> Deed:
        number = uuid.UUID(int=chance.getrandbits(128), version=4)
        return Deed(learner_id, course, verb, began + timedelta(minutes=minutes), number, **more)

    if chance.random() > diligence + 0.1:
        return []
    if chance.random() > diligence + 0.2:
        return [deed(Verb.PROGRESSED, 12, seconds=seconds // 3, percent=chance.randint(10, 80))]
    liked = [deed(Verb.LIKED, 61)] if chance.random() < 0.2 else []
    return [deed(Verb.VIEWED, 0), deed(Verb.COMPLETED, 60, seconds=seconds, percent=100), *liked]
