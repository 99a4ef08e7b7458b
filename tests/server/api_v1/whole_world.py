"""An organization that has one of everything that /api/v1 knows, and what a call of each operation looks like."""

from typing import Any

from orgsync.server.api_v1.description import operations_of
from orgsync.server.api_v1.urls import api_document
from orgsync.server.directory.models import Erasure, Group, Learner, Pool
from orgsync.server.learning.models import Assignment, Content
from orgsync.server.uploads.models import ErasureRequest
from tests.server.api_v1.settings_world import BODIES_OF_SETTINGS, fill_settings
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, TWO, World

BODIES: dict[str, dict[str, Any]] = {
    "make_content_item": {"title": "Knives"},
    "make_assignment": {"content": 1, "everybody": True},
    "make_feed": {"name": "Second feed"},
    "order_feed": {"rank": 1},
    "add_learner": {"primary_email_address": "new@example.com"},
    "change_learner": {"values": {"work_title": "Boss"}},
    "change_learners": {"people": [1], "is_protected": True},
    "make_empty_group": {"name": "Another"},
    "rename": {"name": "Renamed"},
    "change_members": {"joins": [1]},
    "make_rule_group": {"name": "Cooks", "rule": {"attribute": "work_title", "is": "Cook"}},
    "change_rule": {"rule": {"attribute": "work_title", "is": "Cook"}},
    "change_feed_settings": {"rows": "good_rows"},
    "change_pool_settings": {"seats": 9},
    "change_content_item": {"title": "B"},
    "try_rule": {"rule": {"attribute": "work_title", "is": "Cook"}},
    "make_pool": {"header": "license_french_status", "name": "French"},
    "change_holders": {"grants": [1]},
    "merge": {"kept": 1, "gone": 2},
    "dismiss": {"one": 1, "other": 2},
    **BODIES_OF_SETTINGS,
}
"""Of the operations that need a body: one that is good but for the ids in it."""


def fill(world: World) -> dict[str, int]:
    """Give the organization one of everything; return the ids that stand in addresses, by parameter."""
    world.send(FIVE)
    held = world.send(TWO)
    assert held.status == "HELD"
    mine = world.mine
    learner = Learner.objects.filter(**mine).order_by("id")[0]
    content = Content.objects.create(**mine, key="a", title="A", title_key="a", created_at=MONDAY)
    assignment = Assignment.objects.create(
        **mine, content_id=content.pk, audience="everybody", begun_at=MONDAY, made_at=MONDAY
    )
    group = Group.objects.create(**mine, name="Crew", name_key="crew", created_at=MONDAY)
    request = ErasureRequest.objects.create(**mine, learner_ids=[learner.id], row_count=1, created_at=MONDAY)
    erasure = Erasure.objects.create(**mine, learner_id=10**9, at=MONDAY, counts={})
    return {
        "job_id": held.public_id,
        "feed_id": world.feed.pk,
        "learner_id": learner.id,
        "content_id": content.pk,
        "assignment_id": assignment.pk,
        "group_id": group.pk,
        "pool_id": Pool.objects.get(**mine).pk,
        "request_id": request.pk,
        "erasure_id": erasure.pk,
        **fill_settings(world, content.pk),
    }


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, address below /api/v1 and description of every operation."""
    return [(method, path.removeprefix("/api/v1/"), about) for method, path, about in operations_of(api_document())]
