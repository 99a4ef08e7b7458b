"""Acme with a team, some content and what is done with it."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.learning.models import Audience, Content, Source, Verb
from orgsync.server.learning.recording import Deed, record
from orgsync.server.orgs.models import Organization
from tests.job_world import NOW
from tests.server.web.test_learners import add_learner

_keys = itertools.count(1)


def make_content(organization: Organization, title: str, **fields: Any) -> Content:
    defaults = {"key": f"urn:x:{next(_keys)}", "url": "https://learn.example.com/x", "created_at": NOW}
    return Content.objects.create(
        organization=organization, title=title, title_key=fold_key(title), **defaults | fields
    )


def make_group(organization: Organization, name: str, *members: Learner) -> Group:
    group = Group.objects.create(organization=organization, name=name, name_key=fold_key(name), created_at=NOW)
    for one in members:
        Membership.objects.create(
            organization_id=organization.pk, learner_id=one.id, group_id=group.pk, reasons=2, since=NOW
        )
    return group


def curate(content: Content, *groups: Group) -> None:
    for group in groups:
        Audience.objects.create(organization_id=content.organization_id, content_id=content.pk, group_id=group.pk)


def make_team(organization: Organization, **fields: Any) -> tuple[Learner, Learner, Learner]:
    """Return Ana and Bo, who report to Di, and Cy, who reports to nobody."""
    add_learner(organization, 9, "Di", "Boss")
    ana = add_learner(organization, 1, "Ana", "Silva", manager_id=9, department_name="Sales", **fields)
    bo = add_learner(organization, 2, "Bo", "Adams", manager_id=9, department_name="Sales", **fields)
    return ana, bo, add_learner(organization, 3, "Cy", "Young", department_name="Kitchen", **fields)


def do(
    organization: Organization, learner: Learner, verb: Verb, content: Content, at: datetime = NOW, **fields: Any
) -> None:
    """Let somebody do something, stored when it was done."""
    deed = Deed(learner.id, content.pk, verb, at, uuid.uuid4(), **fields)
    record(organization, [deed], source=Source.PAGE, now=at)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
