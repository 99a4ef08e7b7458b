"""Pages that are there only once somebody has done something: who walks all pages does it first."""

import re
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.e2e.web.places import Place, first_link

WORK: Final = 60_000.0
"""Milliseconds; only for what the worker does."""
LIST: Final = "/admin/people/learners/"
HISTORY: Final = "/admin/people/sync-history/"
TWINS: Final = ("tilda.twin@example.com", "tilda@example.com")
GONE: Final = "gone.away@example.com"


def made_places(page: Page) -> list[Place]:
    """Make what these pages show, once for a server, and return where they are."""
    for address, first, last in ((TWINS[0], "Tilda", "Twin"), (TWINS[1], "Tilda", "Twin"), (GONE, "Gil", "Gone")):
        _add(page, address, first, last)
    pair = r"/admin/people/duplicates/\d+/\d+/"
    return [
        Place("duplicate", first_link(page, "/admin/people/duplicates/?anew=1", pair)),
        Place("erasure-request", _request(page)),
        Place("erasure-receipt", _receipt(page)),
        Place("undo-look", _undo_look(page)),
    ]


def _add(page: Page, address: str, first: str, last: str) -> None:
    page.goto(f"{LIST}add/")
    page.get_by_label("E-mail address", exact=True).fill(address)
    page.get_by_label("Preferred first name", exact=True).fill(first)
    page.get_by_label("Preferred last name", exact=True).fill(last)
    page.get_by_label("Start date", exact=True).fill("2024-02-01")
    page.get_by_role("main").get_by_role("button", name="Add", exact=True).click()
    # Their page; or that of the job, where the machine is so slow that a worker has taken it over.
    page.get_by_role("heading", level=1).filter(has_text=re.compile(f"{last}|Done")).wait_for(timeout=WORK)


def _request(page: Page) -> str:
    """Ask for the erasure of one of the twins, and leave it to be decided."""
    file = f"primary_email_address,unique_id\n{TWINS[1]},\nnobody@example.com,\n".encode()
    page.goto("/admin/authenticate/deletion/")
    page.locator("main input[type=file]").set_input_files({"name": "gone.csv", "mimeType": "text/csv", "buffer": file})
    page.get_by_role("button", name="Send and look at it").click()
    page.get_by_role("heading", name="Decision").wait_for()
    return urlsplit(page.url).path


def _receipt(page: Page) -> str:
    learner = first_link(page, f"{LIST}?q={GONE}", rf"{LIST}\d+/")
    page.goto(f"{learner}erase/")
    page.get_by_label("Type the e-mail address").fill(GONE)
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_role("link", name=re.compile("^Receipt ")).click(timeout=WORK)
    page.get_by_role("heading", name="What was removed").wait_for()
    return urlsplit(page.url).path


def _undo_look(page: Page) -> str:
    """Ask what an undo of the last file would do."""
    page.goto(f"{HISTORY}?status=DONE")
    files = page.get_by_role("main").locator("tbody tr").filter(has_text="Nightly HR")
    files.get_by_role("link").first.click()
    page.get_by_text("Undo this job", exact=True).click()
    page.get_by_role("button", name="See what an undo would do").click()
    page.get_by_role("button", name="Undo it now").wait_for(timeout=WORK)
    return urlsplit(page.url).path
