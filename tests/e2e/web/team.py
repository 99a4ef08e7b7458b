"""Further admins of a running Account Center: invited by the owner, come in by the link of their mail."""

import re
import time
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default as default_policy
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from orgsync.server.demo.server import DemoServer
from tests.e2e.web.browser import visitor

PASSWORD: Final = "for-a-walk-only-0815"
PATIENCE: Final = 60.0
"""Seconds; only for the worker that hands the mail over."""


def invite(owner: Page, email: str, role: str, rights: Sequence[str] = (), group: str = "") -> None:
    """Invite somebody on the page of admins: the beginning of a role's words, and for a sub-admin what it may do."""
    owner.goto("/admin/settings/admins/")
    owner.get_by_text("Invite somebody", exact=True).click()
    form = owner.locator("form").filter(has=owner.get_by_role("button", name="Send the invitation"))
    form.get_by_label("E-mail address").fill(email)
    form.get_by_role("radio", name=re.compile(f"^{role}:")).check()
    for right in rights:
        form.get_by_role("checkbox", name=re.compile(f"^{right}")).check()
    if group:
        form.get_by_label("Limit to groups").select_option(label=group)
    form.get_by_role("button", name="Send the invitation").click()
    expect(owner.get_by_text(f"An invitation is on its way to {email}")).to_be_visible()


def invitation_path(center: DemoServer, email: str) -> str:
    """Return the path of the link in the newest invitation to an address, once its mail is handed over."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for file in sorted((center.data_dir / "mail").glob("*.eml"), reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=default_policy)
            link = re.search(r"/invitation/\?key=\S+", mail.get_content())
            if mail["To"] == email and link:
                return link[0]
        time.sleep(0.1)
    pytest.fail(f"no invitation to {email} came in {PATIENCE:.0f} seconds")


def come_in(browser: Browser, center: DemoServer, email: str) -> Page:
    """Open the link of an invitation in a browser of its own, set a password and accept."""
    page = visitor(browser, center.url)
    page.goto(invitation_path(center, email))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accept the invitation").click()
    page.wait_for_url("**/admin/")
    return page
