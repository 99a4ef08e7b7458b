"""Settings: pages show what holds and change it; mail can be tried; the look is the organization's."""

import zlib
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from orgsync.core.model import JobStatus
from orgsync.server.audit.models import AuditEntry
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.recipients import Told, admin_addresses
from orgsync.server.notify.tasks import send_mail
from orgsync.server.orgs.blackouts import blackouts_of
from orgsync.server.orgs.catalogue import Section, settings_in
from orgsync.server.orgs.models import Admin, Organization, Role
from orgsync.server.orgs.pictures import UnusablePicture, check_picture
from orgsync.server.web.branding import CONTRAST, WHITE, palette_of
from tests.job_world import make_admin, make_job, make_token

SETTINGS = "/admin/settings/"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z" fill="url(#g)"/></svg>'


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png(width: int = 1) -> bytes:
    head = width.to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("section", Section)
def test_every_setting_has_help_beside_it(alice: Client, section: Section) -> None:
    """
    Label, help and field of each setting of the catalogue stand on its page, which can be linked.
    """
    page = text_of(alice, f"{SETTINGS}{section.value}/")

    for setting in settings_in(section):
        assert f'id="{setting.name}"' in page
        assert setting.label in page
        assert setting.help in page


def test_settings_are_saved_and_wrong_ones_are_not(alice: Client, acme: Organization) -> None:
    """
    Two values are changed at once; a wrong one is explained at its field and nothing is stored.
    """
    good = {"needs_second_person": "on", "approval_days": "3", "undo_days": "30"}
    saved = alice.post(f"{SETTINGS}approvals/", good)
    refused = alice.post(f"{SETTINGS}files/", {"date_formats": "%d.%m.%Y\nyesterday", "leaves_by_status": "on"})
    acme.refresh_from_db()

    assert saved["Location"] == f"{SETTINGS}approvals/"
    assert (acme.needs_second_person, acme.approval_days) == (True, 3)
    assert b"yesterday is no date format" in refused.content
    assert acme.waits_for_start_date
    assert b"Set here: A held file needs two people" in alice.get(SETTINGS).content


def test_guards_show_what_they_did_and_are_set(alice: Client, acme: Organization) -> None:
    """
    The default stands in grey, what was held beside it; an empty field is the default again.
    """
    make_job(
        make_token(acme),
        JobStatus.HELD,
        held_at=timezone.now(),
        hold_reasons=[{"code": "leavers", "message": "…"}, {"code": "admin_change", "message": "…"}],
    )
    alice.post(f"{SETTINGS}guards/", {"leavers-number": "3", "leavers-percent": "", "joiners-cap": "50"})
    acme.refresh_from_db()
    page = text_of(alice, f"{SETTINGS}guards/")

    assert acme.guards == {"leavers": {"number": 3}, "joiners": {"cap": 50}}
    assert 'placeholder="5"' in page
    assert page.count('<td class="number">1</td>') == 2


def test_blackout_days_are_added_and_taken_back(alice: Client, acme: Organization) -> None:
    """
    A span needs an order and a reason.
    """
    days = {"first": "2026-12-20", "last": "2027-01-02", "why": "Year end"}
    backwards = alice.post(f"{SETTINGS}blackouts/", days | {"last": "2026-12-01"})
    alice.post(f"{SETTINGS}blackouts/", days)
    acme.refresh_from_db()
    there = [(span.first, span.why) for span in blackouts_of(acme)]
    alice.post(f"{SETTINGS}blackouts/remove/", {"first": "2026-12-20"})
    again = alice.post(f"{SETTINGS}blackouts/remove/", {"first": "nonsense"}, follow=True)
    acme.refresh_from_db()

    assert b"is before the first" in backwards.content
    assert there == [(date(2026, 12, 20), "Year end")]
    assert blackouts_of(acme) == []
    assert again.status_code == 200


def test_test_mail_goes_the_real_way(alice: Client, acme: Organization) -> None:
    """
    It lies in the outbox, is sent by the task that sends all mail, and the page says what came of it.
    """
    acme.support_contact, acme.reply_to = "help@example.com", "hr@example.com"
    acme.save(update_fields=["support_contact", "reply_to"])

    alice.post(f"{SETTINGS}mail/test/")
    mail = OutboxMail.objects.get(organization=acme, kind="test")
    waiting = text_of(alice, f"{SETTINGS}mail/outcome/")
    send_mail(mail.pk)
    sent = text_of(alice, f"{SETTINGS}mail/outcome/")

    assert mail.recipient == "alice@example.com"
    assert mail.body.endswith("\nSupport: help@example.com\n")
    assert "hx-get" in waiting
    assert "handed over" in sent
    assert "hx-get" not in sent


def test_somebody_is_always_told(alice: Client, acme: Organization) -> None:
    """
    Each admin has switches; the last one of what somebody has to know stays on, and a leaver's does not count.
    """
    make_admin(acme, "dora@example.com", Role.ADMIN)
    first, second = Admin.objects.filter(organization=acme).order_by("id")
    wanted = {f"{first.pk}-told_of_held": "on", f"{first.pk}-told_of_failed": "on", f"{first.pk}-told_of_late": "on"}

    nobody = alice.post(f"{SETTINGS}told/", {f"{second.pk}-told_digest": "on"})
    alice.post(f"{SETTINGS}told/", wanted | {f"{second.pk}-told_digest": "on"})
    before = admin_addresses(acme.pk, Told.HELD)
    first.account.is_active = False
    first.account.save(update_fields=["is_active"])

    assert b"Somebody has to be told when a file is held and when a file failed" in nobody.content
    assert before == ["alice@example.com"]
    assert admin_addresses(acme.pk, Told.HELD) == admin_addresses(acme.pk, Told.DIGEST) == ["dora@example.com"]


def test_logo_and_colour_are_shown_and_recorded(alice: Client, bob: Client, acme: Organization) -> None:
    """
    The picture is served to everybody of the organization, and may do nothing; the stylesheet wears the colour.
    """
    alice.post(f"{SETTINGS}branding/", {"do": "logo", "logo": SimpleUploadedFile("logo.svg", SVG)})
    alice.post(f"{SETTINGS}branding/", {"do": "accent", "accent": "#FFD400"})
    acme.refresh_from_db()
    page, logo = text_of(bob, "/admin/"), bob.get(f"/admin/logo/{acme.logo_version}/")

    assert acme.accent == "#ffd400"
    assert f"/admin/logo/{acme.logo_version}/" in page
    assert logo.content == SVG
    assert "sandbox" in logo["Content-Security-Policy"]
    assert "--accent: light-dark(#" in text_of(bob, "/admin/branding.css?v=ffd400")
    assert AuditEntry.objects.filter(organization_id=acme.pk, action="branding_changed").count() == 2

    alice.post(f"{SETTINGS}branding/", {"do": "no-logo"})
    assert bob.get(f"/admin/logo/{acme.logo_version or 'gone'}/").status_code == 404


@pytest.mark.parametrize("accent", ["#ffff00", "#ffffff", "#000000", "#0b6e6e", "#ff00aa", "#777777"])
def test_any_colour_can_be_read(accent: str) -> None:
    """
    Links on white, buttons' words on the colour, in light and dark.
    """
    palette = palette_of(accent)

    assert palette.accent[0].contrast(WHITE) >= CONTRAST - 0.05
    for place in (0, 1):
        assert palette.accent[place].contrast(palette.on_accent[place]) >= 4.5
        assert palette.strong[place].contrast(palette.soft[place]) >= 4.5


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='https://example.com/x.png'/></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><use href='https://example.com/x.svg#a'/></svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><rect fill='url(https://example.com/x)'/></svg>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&a;</text></svg>",
        b"<?xml-stylesheet href='https://example.com/x.css'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        png()[:-5],
        png().replace(b"IDAT", b"IDAX"),
        png(width=5_000),
        b"<svg>" + b" " * 100_001,
    ],
)
def test_what_is_no_mere_picture_is_refused(content: bytes) -> None:
    """
    Code, foreign addresses, entities, damaged and huge pictures.
    """
    with pytest.raises(UnusablePicture):
        check_picture(content)


def test_pictures_are_taken() -> None:
    """
    A whole PNG and an SVG of shapes.
    """
    assert (check_picture(png()), check_picture(SVG)) == ("image/png", "image/svg+xml")


def test_dates_and_numbers_are_the_organizations(alice: Client, acme: Organization) -> None:
    """
    German numbers, and times in the organization's zone where the browser names none.
    """
    Organization.objects.filter(id=acme.pk).update(language="de", time_zone="Asia/Tokyo", audit_days=2555)

    page = text_of(alice, f"{SETTINGS}retention/")

    assert "Times are in Asia/Tokyo." in page
