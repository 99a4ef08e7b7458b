"""What tests of rule groups share: a few people, and rules that are saved and judged."""

from datetime import timedelta

from orgsync.core.grouprules.where import parse_where
from orgsync.core.model import Mode
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.ruleedits import save_rule
from orgsync.server.uploads.undoing import start_undo
from tests.server.pipeline.pipeline_world import MONDAY, World

STAFF = """
    primary_email_address,unique_user_id,department_name,country_code,worker_status,manager_unique_user_id
    ana@example.com,E1,Sales,PT,active,
    bo@example.com,E2,sales,DE,active,E1
    cy@example.com,E3,Ops,DE,active,E2
    di@example.com,E4,Ops,PT,active,E1
"""


def set_rule(world: World, name: str, where: str) -> UploadJob:
    """Save a rule and process its job."""
    later = MONDAY + timedelta(days=UploadJob.objects.filter(**world.mine).count())
    return world.run(save_rule(world.organization, name, parse_where(where), by=world.owner, now=later), now=later)


def send_changes(world: World, text: str) -> UploadJob:
    return world.send(text, asked_mode=Mode.CHANGES)


def members(world: World, name: str) -> dict[str, str]:
    """Who is in the group, by the part of the address before @, and why."""
    found: dict[str, str] = world.state.get("groups", {}).get(name, {})
    return {email.split("@")[0]: why for email, why in found.items()}


def undo(world: World, job: UploadJob) -> UploadJob:
    # Each a little later: a span that ended at the same moment as another could not be told from it.
    later = MONDAY + timedelta(days=UploadJob.objects.filter(**world.mine).count())
    return world.run(start_undo(world.stored(job), by=world.owner, now=later), now=later)
