"""The admins are told once when a feed that used to send files has been silent for too long."""

from datetime import datetime, timedelta

from orgsync.server.notify.models import OutboxMail
from orgsync.server.uploads.lateness import tell_late
from orgsync.server.uploads.models import Media
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, World

HOUR = timedelta(hours=1)


def late_mails(world: World) -> list[str]:
    mails = OutboxMail.objects.filter(organization=world.organization, kind="late").order_by("id")
    return list(mails.values_list("recipient", flat=True))


def sent_at(world: World, at: datetime) -> None:
    newest = Media.objects.filter(**world.mine, kind="source").order_by("-id")[:1]
    Media.objects.filter(id__in=list(newest.values_list("id", flat=True))).update(created_at=at)


def test_admins_are_told_once_when_a_feed_falls_silent(world: World) -> None:
    """
    Again only when a file has come and the feed has fallen silent anew.
    """
    world.send(FIVE)
    sent_at(world, MONDAY)
    tell_late(MONDAY + 26 * HOUR)
    assert late_mails(world) == []

    tell_late(MONDAY + 27 * HOUR)
    tell_late(MONDAY + 28 * HOUR)
    assert late_mails(world) == [world.owner.email]
    world.send(FIVE)
    sent_at(world, MONDAY + 30 * HOUR)
    tell_late(MONDAY + 57 * HOUR)

    assert late_mails(world) == [world.owner.email] * 2


def test_mail_names_feed_and_last_file_and_no_person(world: World) -> None:
    """
    Enough to know where to look.
    """
    world.send(FIVE)
    sent_at(world, MONDAY)

    tell_late(MONDAY + 27 * HOUR)

    mail = OutboxMail.objects.get(organization=world.organization, kind="late")
    assert mail.subject == "[Acme] No file for 26 hours (Nightly HR)"
    assert "2026-03-02 04:30 UTC" in mail.body


def test_feed_without_files_by_token_is_never_late(world: World) -> None:
    """
    Who uploads by hand comes when they come; a feed may also be told to be patient for ever.
    """
    world.send(FIVE)
    sent_at(world, MONDAY)
    Media.objects.filter(**world.mine).update(token=None)
    tell_late(MONDAY + 99 * HOUR)
    Media.objects.filter(**world.mine).update(token=world.token)
    world.set_feed(late_after_hours=0)
    tell_late(MONDAY + 99 * HOUR)

    assert late_mails(world) == []
