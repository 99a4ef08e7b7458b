"""Content, assignments, and how people stand with them, in words."""

import uuid
from datetime import timedelta

from orgsync.core.assigning import Audience, AudienceKind, Due, DueKind
from orgsync.server.directory.models import Group
from orgsync.server.learning.models import (
    Assignment,
    Content,
    ContentKind,
    ContentPart,
    LearnerAssignment,
    Source,
    Verb,
)
from orgsync.server.learning.recording import Deed, record
from orgsync.server.uploads.assigning import Terms, assign
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import World
from tests.server.undoing.undo_world import Story

EVERYBODY = Audience(AudienceKind.EVERYBODY)
IN_TEN_DAYS = Terms(Due(DueKind.AFTER_REACHING, days=10), reminder_days=(3, 1))


def make_content(world: World, title: str, *parts: Content, kind: ContentKind = ContentKind.COURSE) -> Content:
    content = Content.objects.create(
        organization=world.organization,
        key=title,
        title=title,
        title_key=title.lower(),
        kind=kind,
        created_at=world.organization.created_at,
    )
    ContentPart.objects.bulk_create(
        ContentPart(organization_id=world.id, whole_id=content.pk, position=place, part_id=part.pk)
        for place, part in enumerate(parts, 1)
    )
    return content


def to_group(world: World, name: str) -> Audience:
    return Audience(AudienceKind.GROUP, group_id=Group.objects.get(**world.mine, name=name).pk)


def run_assign(story: Story, content: Content, *audiences: Audience, terms: Terms = IN_TEN_DAYS) -> UploadJob:
    world = story.world
    return story.run(
        assign(world.organization, content, audiences or [EVERYBODY], terms, by=world.owner, now=story.now)
    )


def complete(story: Story, email: str, content: Content) -> uuid.UUID:
    deed = Deed(story.person(email).id, content.pk, Verb.COMPLETED, story.now, uuid.uuid4())
    record(story.world.organization, [deed], source=Source.PAGE, now=story.now + timedelta(minutes=1))
    return deed.id


def standing(story: Story) -> dict[str, str]:
    """Who stands how, by the part of the address before @, with the days left until it is due."""
    found = story.world.state.get("assignments", {})
    return {who.split("@")[0]: words.split()[0] for people in found.values() for who, words in people.items()}


def due_of(story: Story, email: str) -> str:
    links = LearnerAssignment.objects.filter(**story.world.mine, learner_id=story.person(email).id)
    return ",".join(str(link.due_on) for link in links.order_by("assignment_id"))


def the_assignment(world: World) -> Assignment:
    return Assignment.objects.filter(**world.mine).order_by("-id")[0]
