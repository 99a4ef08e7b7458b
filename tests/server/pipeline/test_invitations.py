"""Invitations of learners: whom jobs invite, what the mail says, and when a link ends."""

from datetime import timedelta

from django.db import transaction

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.invitations import activate, count_invited, find_invitation, to_invite
from orgsync.server.directory.models import Learner, LearnerInvitation, Pool
from orgsync.server.directory.queries_licenses import links_of
from orgsync.server.notify.invitations import invite_again
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.inverse import plan_inverse
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import start_undo
from tests.server.pipeline.pipeline_world import MONDAY, World, kinds

FIRST = """
    primary_email_address,unique_user_id,preferred_first_name,preferred_last_name,license_english_status
    ana@example.com,E1,Ana,Silva,active
    bo@example.com,E2,Bo,Berg,
"""
SECOND = FIRST.replace("Berg,", "Berg,active") + "    cy@example.com,E3,,Case,active\n"


def switch_on(world: World, **more: object) -> Organization:
    Organization.objects.filter(id=world.id).update(invites_learners=True, **more)
    return Organization.objects.get(id=world.id)


def letters(world: World) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(**world.mine, kind="learner_invitation").order_by("id"))


def key_of(mail: OutboxMail) -> str:
    return mail.body.split("/activate/?key=")[1].split()[0]


def names(world: World) -> dict[str, int]:
    return dict(Learner.objects.filter(**world.mine).values_list("unique_user_id", "id"))


def test_a_first_license_invites_once(world: World) -> None:
    """Silent on the first load; then by plan and mail, with a first name and a link; never again by a job."""
    switch_on(world, invitation_text="Learn at {home}.")
    first = world.send(FIRST)
    assert (first.status, letters(world)) == (JobStatus.DONE, [])

    second = world.send(SECOND)
    ids, mails = names(world), letters(world)

    assert kinds(second) == ["created", "license_granted", "license_granted", "invited", "invited"]
    assert [mail.recipient for mail in mails] == ["bo@example.com", "cy@example.com"]
    assert mails[0].body.startswith("Hello Bo,\n\nLearn at {home}.\n\n")
    assert mails[1].body.startswith("Hello,\n")
    assert not any(word in mail.body for mail in mails for word in ("Berg", "example.com", "E2"))
    assert {mail.job_id for mail in mails} == {second.pk}
    stored = LearnerInvitation.objects.get(**world.mine, learner_id=ids["E2"])
    assert stored.expires_at == MONDAY + timedelta(days=30)
    assert (second.updated_count, second.created_count, second.warning_count) == (2, 1, 0)

    world.send(SECOND.replace("bo@", "bo.berg@"))
    world.send(SECOND.replace("Berg,active", "Berg,inactive").replace("bo@", "bo.berg@"))
    again = world.send(SECOND.replace("bo@", "bo.berg@"))
    assert kinds(again) == ["license_granted"]
    assert len(letters(world)) == 2


def test_links_work_once_until_the_person_leaves(world: World) -> None:
    """An activated one is known, an expired or replaced one does nothing, and who leaves has none."""
    organization = switch_on(world)
    world.send(FIRST)
    world.send(SECOND)
    ids, (bo, cy) = names(world), [key_of(mail) for mail in letters(world)]
    pool = Pool.objects.get(**world.mine)
    opened = find_invitation(bo)
    assert opened is not None
    assert opened.learner_id == ids["E2"]
    assert find_invitation("") is None
    assert find_invitation(bo[:-1]) is None

    assert not activate(opened, now=MONDAY + timedelta(days=30))
    assert activate(opened, now=MONDAY)
    assert not activate(opened, now=MONDAY)
    counts = count_invited(organization)[pool.pk]
    assert (counts.invited, counts.activated) == (1, 1)

    tuesday = MONDAY + timedelta(days=2)
    holders = links_of(pool, "active", tuesday)
    assert to_invite(holders, organization, now=MONDAY) == [ids["E1"]]
    assert to_invite(holders, organization, now=tuesday) == [ids["E1"], ids["E3"]]
    assert invite_again(organization, [*ids.values()], now=tuesday) == 2
    assert find_invitation(cy) is None
    assert LearnerInvitation.objects.get(**world.mine, learner_id=ids["E3"]).sent_count == 2
    newest = key_of(letters(world)[-1])
    assert find_invitation(newest) is not None

    world.set_feed(mode=Mode.CHANGES)
    left = "unique_user_id,worker_status\nE3,inactive\n"
    assert world.send(left).status == JobStatus.DONE
    world.send(left.replace("inactive", "active"))
    assert find_invitation(newest) is None


def test_an_undo_unsends_nothing(world: World) -> None:
    """It invites nobody itself, says that the mails were sent, and lets no later job invite the same person."""
    switch_on(world, most_invitations=1)
    world.send(FIRST)
    job = world.send(SECOND)
    assert [(mail.recipient, mail.job_id) for mail in letters(world)] == [("bo@example.com", job.pk)]
    assert [message["code"] for message in job.messages] == ["not_invited"]
    OutboxMail.objects.filter(**world.mine).update(sent_at=MONDAY)
    key = key_of(letters(world)[0])

    undo = start_undo(job, by=world.owner, now=MONDAY)
    with transaction.atomic():
        job = UploadJob.objects.select_related("undoes").get(**world.mine, id=undo.pk)
        _file, plan, _directory = plan_inverse(job, now=MONDAY)
    assert any("mails were sent cannot be undone" in text for text in plan.issues["message"])
    assert world.run(undo).status == JobStatus.DONE

    assert len(letters(world)) == 1
    assert find_invitation(key) is None, "there is no license any more"
