"""Upload: a file by hand is stored, and started only by a person's word."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orgsync.core.checking import check_file
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.core.template import TemplateKind
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.adding import UPLOADS_BY_HAND
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from tests.server.web.uploads_by_hand import UPLOAD, path_of, send, start, stored, text_of
from tests.upload_world import PEOPLE, make_feed, make_media, make_sender

CSRF = "c" * 32


def test_first_upload_makes_the_feed_for_uploads_by_hand(alice: Client, acme: Organization) -> None:
    """
    The file is stored as it came, nothing is started, and its preview comes next.
    """
    answer = send(alice)

    media = Media.objects.get(organization=acme)
    assert answer["Location"] == path_of(media)
    assert (media.feed.name, media.feed.mode) == (UPLOADS_BY_HAND, Mode.CHANGES)
    assert (media.kind, media.file_name, media.size, media.token) == (MediaKind.SOURCE, "people.csv", len(PEOPLE), None)
    assert not UploadJob.objects.exists()


def test_second_upload_uses_the_same_feed(alice: Client) -> None:
    """
    Once it is there the feed stands in the list, chosen.
    """
    send(alice)
    feed = Feed.objects.get()

    send(alice, feed=str(feed.pk))

    assert Feed.objects.count() == 1
    assert f'<option value="{feed.pk}" selected>{UPLOADS_BY_HAND}</option>' in text_of(alice.get(UPLOAD))


def test_plan_and_apply_starts_one_job(alice: Client, acme: Organization) -> None:
    """
    The job is asked for by the person; a second click leads to the same one.
    """
    media = make_media(make_feed(acme))

    first, second = start(alice, media, "apply"), start(alice, media, "apply")

    job = UploadJob.objects.get()
    assert first["Location"] == second["Location"] == f"/admin/people/sync-history/{job.public_id}/"
    assert (job.source, job.status, job.is_dry_run, job.is_automatic) == (media, JobStatus.QUEUED, False, False)
    assert job.requested_by is not None
    assert job.requested_by.email == "alice@example.com"


def test_dry_run_does_not_stand_in_the_way_of_the_real_one(alice: Client, acme: Organization) -> None:
    """
    First look, then apply: two jobs of one file, both named on its page.
    """
    media = make_media(make_feed(acme))

    start(alice, media, "dry_run")
    start(alice, media, "apply")

    jobs = UploadJob.objects.order_by("id")
    page = text_of(alice.get(path_of(media)))
    assert [job.is_dry_run for job in jobs] == [True, False]
    assert all(f"sync-history/{job.public_id}/" in page for job in jobs)


def test_narrower_terms_hold_for_the_job(alice: Client, acme: Organization) -> None:
    """
    A full feed takes a file as mere changes, all or nothing, when that is asked for.
    """
    feed = make_feed(acme, mode=Mode.FULL)
    send(alice, feed=str(feed.pk), mode="changes", rows="all_or_nothing")

    start(alice, Media.objects.get(), "apply")

    job = UploadJob.objects.get()
    assert (job.mode, job.rows) == (Mode.CHANGES, RowPolicy.ALL_OR_NOTHING)


@pytest.mark.parametrize("given", [{"mode": "full"}, {"rows": "good_rows"}], ids=["mode", "rows"])
def test_wider_terms_are_refused(alice: Client, acme: Organization, media_folder: Path, given: dict[str, str]) -> None:
    """
    Nobody makes a full file of a feed of changes; the file is not kept.
    """
    feed = make_feed(acme, mode=Mode.CHANGES, rows=RowPolicy.ALL_OR_NOTHING)

    page = text_of(send(alice, feed=str(feed.pk), **given))

    assert "choose a narrower one" in page
    assert not Media.objects.exists()
    assert not stored(media_folder)


def test_file_for_a_dry_run_is_never_applied(alice: Client) -> None:
    """
    Its page offers no other button, and a forged word for it is refused.
    """
    page = text_of(alice.get(send(alice, is_dry_run="on")["Location"]))

    answer = start(alice, Media.objects.get(), "apply")

    assert 'value="apply"' not in page
    assert answer["Location"] == path_of(Media.objects.get())
    assert not UploadJob.objects.exists()


def test_word_that_is_none_starts_nothing(alice: Client, acme: Organization) -> None:
    """
    A form without a button leads back to the file.
    """
    media = make_media(make_feed(acme))

    assert start(alice, media, "fly")["Location"] == path_of(media)
    assert not UploadJob.objects.exists()


def test_form_without_file_says_so(alice: Client) -> None:
    """
    An empty choice and an empty file are two different mistakes.
    """
    missing = text_of(alice.post(UPLOAD, {"feed": "by_hand"}))

    assert "This field is required." in missing
    assert "The submitted file is empty." in text_of(send(alice, b""))


def test_too_large_file_leaves_nothing_behind(alice: Client, settings: Any, media_folder: Path) -> None:
    """
    The page says what the limit is.
    """
    settings.MAX_UPLOAD_BYTES = 20

    page = text_of(send(alice), 413)

    assert "larger than the limit of 20 bytes" in page
    assert not stored(media_folder)
    assert not Media.objects.exists()


def as_in_life(client: Client) -> Client:
    """Return the client with the check against forged forms on, and with the cookie that everybody gets."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    strict.cookies["csrftoken"] = CSRF
    return strict


def test_form_of_ours_passes_the_check(alice: Client) -> None:
    """
    With the token that our page puts into its form the file is taken.
    """
    assert send(as_in_life(alice), csrfmiddlewaretoken=CSRF).status_code == 302
    assert Media.objects.count() == 1


def test_forged_form_stores_nothing(alice: Client, media_folder: Path) -> None:
    """
    A form of another site has no token of ours: refused, and the file that came with it is gone.
    """
    assert send(as_in_life(alice)).status_code == 403
    assert not stored(media_folder)


def test_body_of_a_stranger_is_not_even_read(client: Client, bob: Client, media_folder: Path) -> None:
    """
    Who is not signed in, or may not upload, does not get one byte into storage, not for a moment.
    """
    stranger, reader = send(as_in_life(client)), send(as_in_life(bob))

    assert (stranger.status_code, reader.status_code) == (302, 403)
    assert stranger["Location"].startswith("/accounts/login/")
    assert list(media_folder.parent.rglob("media/*")) == []


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("address", ["/accounts/login/", "/setup/", "/admin/help/", "/nothing/here/"])
def test_file_sent_to_another_page_is_not_stored(client: Client, media_folder: Path, address: str) -> None:
    """
    Only the upload's own page takes files, so that nobody can fill our disk through a form that wants none.
    """
    client.post(address, {"login": "x", "file": SimpleUploadedFile("people.csv", b"a" * 100_000)})

    assert list(media_folder.parent.rglob("media/*")) == []


def test_files_that_wait_are_listed(alice: Client, acme: Organization) -> None:
    """
    What was uploaded and not started can be found again, a script's file of manual mode too.
    """
    waits, started = make_media(make_feed(acme)), make_media(make_feed(acme))
    start(alice, started, "apply")
    make_media(make_feed(acme), kind=MediaKind.RESULT)

    page = text_of(alice.get(UPLOAD))

    assert [media.pk for media in alice.get(UPLOAD).context["waiting"]] == [waits.pk]
    assert path_of(waits) in page


def test_another_organizations_file_is_not_there(alice: Client, charlie: Client, acme: Organization) -> None:
    """
    Charlie neither sees nor starts a file of Acme, nor uploads into its feeds.
    """
    media = make_media(make_feed(acme))

    refused = send(charlie, feed=str(media.feed_id))

    assert charlie.get(path_of(media)).status_code == 404
    assert start(charlie, media, "apply").status_code == 404
    assert "not one of the available choices" in text_of(refused)
    assert media.public_id not in text_of(charlie.get(UPLOAD))
    assert (Media.objects.count(), UploadJob.objects.count()) == (1, 0)


def test_who_may_only_look_uploads_nothing(bob: Client, acme: Organization) -> None:
    """
    Bob gets no form, no preview and no start.
    """
    media = make_media(make_feed(acme))

    answers = [
        bob.get(UPLOAD),
        bob.get(path_of(media)),
        start(bob, media, "apply"),
        bob.get(f"{UPLOAD}template/users/"),
    ]

    assert {answer.status_code for answer in answers} == {403}


def test_media_of_a_token_keeps_its_token(alice: Client, acme: Organization) -> None:
    """
    A script's file that a person starts is still that script's: its scopes count.
    """
    sender = make_sender(acme)
    media = make_media(sender.feed)
    Media.objects.filter(pk=media.pk).update(token=sender.token)

    start(alice, media, "apply")

    assert UploadJob.objects.get().token == sender.token


@pytest.mark.parametrize("kind", list(TemplateKind))
def test_template_can_be_downloaded_and_read(alice: Client, kind: TemplateKind) -> None:
    """
    Every template is a CSV file with headers and one row, and no row of it is in error.
    """
    answer = alice.get(f"{UPLOAD}template/{kind.value}/")

    header, example = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert answer["Content-Disposition"].startswith('attachment; filename="')
    assert len(header) == len(example)
    assert check_file(answer.content).error_count == 0


def test_unknown_template_is_not_there(alice: Client) -> None:
    """
    Only templates of the catalogue exist.
    """
    assert alice.get(f"{UPLOAD}template/everything/").status_code == 404
