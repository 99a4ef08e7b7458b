"""Invitations as people meet them: the link's page, the learner's page, the pool's holders, the settings."""

import pytest
from django.test import Client

from orgsync.server.audit.models import AuditEntry
from orgsync.server.directory.models import LearnerInvitation, Pool
from orgsync.server.notify.models import OutboxMail
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.pipeline_world import World, make_world

STAFF = """
    primary_email_address,unique_user_id,preferred_first_name,license_english_status
    ana@example.com,E1,Ana,active
    bo@example.com,E2,Bo,active
"""


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    world.send(STAFF)
    return world


@pytest.fixture
def owner(world: World) -> Client:
    client = Client()
    client.force_login(world.owner, backend=BACKEND)
    return client


def newest_link(world: World) -> str:
    body = OutboxMail.objects.filter(**world.mine, kind="learner_invitation").latest("id").body
    return "/activate/?key=" + body.split("/activate/?key=")[1].split()[0]


def test_invited_by_hand_and_activated_by_the_link(world: World, owner: Client) -> None:
    """Off by default; then one, then all; the link needs no sign-in and does nothing by being looked at."""
    pool = Pool.objects.get(**world.mine)
    people = dict(world.state["pools"][pool.key]["holders"])
    assert len(people) == 2
    page = f"/admin/licenses/{pool.pk}/"
    assert "Invite all" not in owner.get(page).content.decode()
    refused = owner.post(f"{page}invite/", {"whom": "all"}, follow=True).content.decode()
    assert "Invitations are switched off" in refused

    given = {"invites_learners": "on", "most_invitations": "50", "invitation_text": "Welcome.", "reply_to": ""}
    owner.post("/admin/settings/mail/", given)
    assert "Invite by mail" in owner.get("/admin/people/learners/1/").content.decode()
    told = owner.post("/admin/people/learners/1/invite/", follow=True).content.decode()
    assert "1 invitation is on its way." in told
    assert "Invite again" in told
    assert "1 mail" in told
    told = owner.post(f"{page}invite/", {"who": ["2", "99", "x"]}, follow=True).content.decode()
    assert "1 invitation is on its way." in told
    assert "<strong>2</strong> invited, <strong>0</strong> activated" in told
    assert "sent a mail today" in owner.post(f"{page}invite/", {"whom": "all"}, follow=True).content.decode()

    link, stranger = newest_link(world), Client()
    looked = stranger.get(link)
    assert "Activate my license" in looked.content.decode()
    assert "bo@example.com" not in looked.content.decode()
    assert "no-store" in looked["Cache-Control"]
    assert LearnerInvitation.objects.filter(**world.mine, activated_at=None).count() == 2
    assert "Your license is activated" in stranger.post(link, follow=True).content.decode()
    assert "There is nothing left to do" in stranger.get(link).content.decode()
    assert stranger.get("/activate/?key=wrong").status_code == 404
    assert "activated" in owner.get("/admin/people/learners/2/").content.decode()
    assert "Invite again" not in owner.get("/admin/people/learners/2/").content.decode()
    listed = owner.get("/admin/licenses/").content.decode()
    assert 'data-label="Activated">1<' in listed

    LearnerInvitation.objects.filter(**world.mine, learner_id=1).update(expires_at="2026-01-01T00:00:00Z")
    owner.post("/admin/people/learners/1/invite/")
    first = newest_link(world)
    LearnerInvitation.objects.filter(**world.mine, learner_id=1).update(expires_at="2026-01-01T00:00:00Z")
    expired = stranger.get(first)
    assert (expired.status_code, "ask for a new invitation" in expired.content.decode()) == (410, True)
    stranger.post(first)
    assert LearnerInvitation.objects.get(**world.mine, learner_id=1).activated_at is None
    assert "invitation expired" in owner.get("/admin/people/learners/1/").content.decode()
    entries = AuditEntry.objects.filter(**world.mine, action="learners_invited").order_by("number")
    assert [entry.ids["people"] for entry in entries] == [1, 1, 1]
