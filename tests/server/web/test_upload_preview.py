"""Upload: what the page of a file says before anything is started."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.checking import CheckedFile
from orgsync.core.model import Mode, RowPolicy
from orgsync.server.directory.models import Pool
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads import previews
from orgsync.server.uploads.draft import read_file
from orgsync.server.uploads.models import MediaKind, UploadJob
from tests.server.web.uploads_by_hand import WRONG, path_of, send, start, text_of
from tests.upload_world import make_feed, make_media


def test_preview_shows_rows_with_issues_in_place(alice: Client, acme: Organization) -> None:
    """
    Each finding stands in its cell, or below its row; all of them stand grouped above with what to do.
    """
    page = text_of(alice.get(send(alice, WRONG)["Location"]))

    cell = page.split('<td class="found">no address')[1].split("</td>")[0]
    below = page.split("carl@example.com")[1].split("</table>")[0]
    assert "primary_email_address is not an e-mail address." in cell
    assert "The row has 1 cells, the header has 3." in below
    assert 'shoe_size<span class="soft small">not used</span>' in page
    assert "Write name@example.com, at most 254 characters." in page
    assert "Anna" in page


def test_counts_are_those_of_the_whole_file(alice: Client, acme: Organization) -> None:
    """
    Twenty rows are shown, all are counted, and the rows with findings can be asked for.
    """
    rows = b"".join(b"p%d@example.com,P\n" % number for number in range(30))
    media = make_media(make_feed(acme), b"primary_email_address,preferred_first_name\n" + rows + b"late,Late\n")

    first = alice.get(path_of(media))
    found = text_of(alice.get(path_of(media) + "?show=findings"))

    preview = first.context["preview"]
    assert (preview.row_count, preview.error_count, len(preview.rows)) == (31, 1, 20)
    assert "Late" not in text_of(first)
    assert "Late" in found
    assert "p1@example.com" not in found


def test_file_is_checked_once_until_something_else_would_be_found(
    alice: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A second look is as good as the first; another pool, or other terms, make it anew.
    """
    looks = []

    def look(job: UploadJob) -> CheckedFile:
        looks.append(job)
        return read_file(job)

    monkeypatch.setattr(previews, "read_file", look)
    media = make_media(make_feed(acme), b"primary_email_address,license_klingon_status\nanna@example.com,active\n")

    pages = [alice.get(path_of(media) + query).context["preview"] for query in ("", "?show=findings", "")]
    Pool.objects.create(organization=acme, key="license_klingon_status", name="Klingon")
    anew = alice.get(path_of(media)).context["preview"]

    assert len(looks) == 2
    assert pages[0] == pages[2] != pages[1]
    assert anew.headers[1].is_used


def test_license_column_of_a_pool_is_used(alice: Client, acme: Organization) -> None:
    """
    The preview reads the file as the job will: with the organization's own pools.
    """
    Pool.objects.create(organization=acme, key="license_english_status", name="English")
    head = b"primary_email_address,license_english_status,license_klingon_status\n"
    media = make_media(make_feed(acme), head + b"anna@example.com,active,active\n")

    headers = alice.get(path_of(media)).context["preview"].headers

    assert [header.is_used for header in headers] == [True, True, False]


def test_cells_are_text(alice: Client, acme: Organization) -> None:
    """
    What stands in a file or its name is never markup of our page.
    """
    content = b"primary_email_address,<i>x\n<script>alert(1)</script>,1\n"

    page = alice.get(send(alice, content, name="<b>.csv")["Location"]).content.decode()

    assert "<script>alert" not in page
    assert "<i>x" not in page
    assert "<b>.csv" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "looks like"),
        (b"<html><body>Sign in</body></html>", "looks like"),
        (b"a,b\n1,2\n", "neither an e-mail column nor"),
        (b"primary_email_address,primary_email_address\na,b\n", "stands in columns"),
    ],
    ids=["excel", "html", "no key", "header twice"],
)
def test_file_that_cannot_be_used_is_refused_kindly(alice: Client, content: bytes, reason: str) -> None:
    """
    The page says what it is and what to do, and offers no button that would start it.
    """
    page = text_of(alice.get(send(alice, content)["Location"]))

    assert "This file cannot be used" in page
    assert reason in page
    assert 'name="start"' not in page


def test_damaged_file_is_refused(alice: Client, acme: Organization) -> None:
    """
    Bytes that are not those that were received are not shown as if they were.
    """
    media = make_media(make_feed(acme), sha256=b"0" * 32)

    assert "is damaged" in text_of(alice.get(path_of(media)))


@pytest.mark.parametrize(
    ("feed", "content", "reason"),
    [
        ({"mode": Mode.FULL}, b"primary_email_address\n", "would remove everybody"),
        ({}, b"primary_email_address,unique_id\na@example.com,1\n", "asks to erase people"),
        ({"rows": RowPolicy.ALL_OR_NOTHING}, WRONG, "whole or not at all"),
    ],
    ids=["empty full file", "deletion file", "all or nothing"],
)
def test_file_that_would_fail_has_no_start_button(
    alice: Client, acme: Organization, feed: dict[str, Any], content: bytes, reason: str
) -> None:
    """
    What a job would refuse whatever the directory holds is said before there is one.
    """
    page = text_of(alice.get(path_of(make_media(make_feed(acme, **feed), content))))

    assert "This file would fail." in page
    assert reason in page
    assert 'name="start"' not in page


@pytest.mark.parametrize(
    "hidden",
    [{"kind": MediaKind.RESULT}, {"kind": MediaKind.PLAN}, {"removed_at": timezone.now()}],
    ids=["results", "plan", "removed"],
)
def test_only_uploaded_files_have_a_preview(alice: Client, acme: Organization, hidden: dict[str, Any]) -> None:
    """
    A results file, a plan and what retention has removed are not found.
    """
    media = make_media(make_feed(acme), **hidden)

    assert alice.get(path_of(media)).status_code == 404
    assert start(alice, media, "apply").status_code == 404
