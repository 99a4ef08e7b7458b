"""What tests of edits by people share: two people of a feed, and edits made one a minute."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from orgsync.core.edits import Edit
from orgsync.server.directory.models import Learner, Override
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import MONDAY, World

NIGHTLY = """
    primary_email_address,unique_user_id,department_name,groups,license_english_status
    ana@example.com,E1,Sales,"Cooks,Bakers",active
    bo@example.com,E2,Sales,Cooks,
"""
LICENSE = "license_english_status"

_minutes = count(1)


@pytest.fixture
def people(world: World) -> dict[str, Learner]:
    world.send(NIGHTLY)
    found = Learner.objects.filter(organization_id=world.id)
    return {learner.primary_email_address.split("@")[0]: learner for learner in found}


def edit(world: World, *edits: Edit, **options: Any) -> UploadJob:
    """Make an edit by the owner, each a minute after the one before."""
    at = later()
    return edit_people(world.organization, edits, world.owner, clock=lambda: at, **options)


def later() -> datetime:
    return MONDAY + timedelta(minutes=next(_minutes))


def of(learner: Learner, **said: Any) -> Edit:
    return Edit(learner.id, learner.primary_email_address, **said)


def ana(world: World) -> dict[str, Any]:
    return world.state["learners"][0]


def overrides(world: World) -> list[str]:
    return sorted(Override.objects.filter(organization_id=world.id).values_list("target", flat=True))
