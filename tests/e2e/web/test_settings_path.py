"""Settings in a real browser: a guard that is set holds the next file, and a test mail says what became of it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orgsync.server.demo.server import DemoServer

pytestmark = pytest.mark.xdist_group("account-center")
PATIENCE = 60_000.0
"""Milliseconds; only for what the worker does."""


def set_joiners(page: Page, number: str, percent: str) -> None:
    page.goto("/admin/settings/")
    page.get_by_role("main").get_by_role("link", name="Guards").click()
    page.get_by_label("Joiners: more than", exact=True).fill(number)
    page.get_by_label("Joiners: and more than, in percent").fill(percent)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The next job of every feed goes by it.")).to_be_visible()


def upload(page: Page, folder: Path, name: str, became: str) -> None:
    file = folder / f"{name}.csv"
    file.write_text(f"primary_email_address,unique_user_id\n{name}@example.com,{name}\n", encoding="utf-8")
    page.goto("/admin/people/upload/")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Upload and look at it").click()
    page.get_by_role("button", name="Plan and apply").click()
    expect(page.get_by_text(re.compile(f"^({became})$")).first).to_be_visible(timeout=PATIENCE)


def test_guard_that_was_set_holds_the_next_file(owner: Page, center: DemoServer, tmp_path: Path) -> None:
    """
    One joiner is too many now. In a feed's first file everybody joins, so it has had one before.
    """
    upload(owner, tmp_path, "new-1", "Done|Held")
    set_joiners(owner, "0", "0")

    upload(owner, tmp_path, "new-2", "Held")

    expect(owner.get_by_role("main")).to_contain_text("would join")
    owner.get_by_role("button", name="Reject").click()
    set_joiners(owner, "", "")


def test_test_mail_tells_its_outcome(owner: Page) -> None:
    """
    The page asks by itself until the worker has handed the mail over.
    """
    owner.goto("/admin/settings/mail/")
    owner.get_by_role("button", name="Send a test mail").click()

    expect(owner.get_by_role("main").get_by_text("handed over")).to_be_visible(timeout=PATIENCE)
