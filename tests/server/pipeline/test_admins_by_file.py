"""Permission columns: once an owner has approved them they invite, change and end sub-admins."""

from orgsync.core.model import JobStatus
from orgsync.server.admins.inviting import accept_new
from orgsync.server.directory.models import Group
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Admin, Invitation, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import MONDAY, World

ASKED = """
    primary_email_address,unique_user_id,groups,permission_curate_content,group_permission_view_reports
    ana@example.com,E1,Sales,yes,group:Sales
    bo@example.com,E2,Sales,,
"""
LESS = """
    primary_email_address,unique_user_id,permission_curate_content,group_permission_view_reports
    ana@example.com,E1,no,yes
"""
NOTHING = """
    primary_email_address,unique_user_id,permission_curate_content,group_permission_view_reports
    ana@example.com,E1,no,no
"""


def approved(world: World, text: str) -> UploadJob:
    """Send a file, let the owner approve it, and return the job as it ends."""
    job = world.send(text)
    assert job.status == JobStatus.HELD
    assert not Invitation.objects.filter(**world.mine, created_at__gt=job.created_at).exists()
    return world.run(world.approve(job))


def test_permission_column_invites_changes_and_ends_an_admin(world: World) -> None:
    """
    Nothing before the owner's word; an invitation in the same transaction as the permissions; then rights follow.
    """
    AccessToken.objects.filter(id=world.token.pk).update(scopes=["sync", "permissions:write"])
    world.token.refresh_from_db()

    approved(world, ASKED)
    invitation = Invitation.objects.get(**world.mine)
    sales = Group.objects.get(**world.mine, name="Sales")

    assert (invitation.email, invitation.role, invitation.is_by_file) == ("ana@example.com", Role.SUB_ADMIN, True)
    assert invitation.grants == {"curate_content": None, "view_reports": [sales.pk]}
    assert OutboxMail.objects.filter(**world.mine, kind="invitation").count() == 1
    account = accept_new(invitation, "correct horse battery staple", now=MONDAY)
    admin = Admin.objects.get(**world.mine, account=account)
    assert (admin.role, admin.grants, admin.learner_id) == (Role.SUB_ADMIN, invitation.grants, invitation.learner_id)

    approved(world, LESS)
    assert Admin.objects.get(id=admin.pk).grants == {"view_reports": None}
    approved(world, NOTHING)
    assert not Admin.objects.filter(id=admin.pk).exists()
    account.delete()


def test_permission_taken_back_before_the_link_was_used_ends_the_invitation(world: World) -> None:
    """
    An invitation lives no longer than what it is for.
    """
    AccessToken.objects.filter(id=world.token.pk).update(scopes=["sync", "permissions:write"])
    world.token.refresh_from_db()
    approved(world, ASKED)

    approved(world, NOTHING)

    assert Invitation.objects.get(**world.mine).ended_at is not None
