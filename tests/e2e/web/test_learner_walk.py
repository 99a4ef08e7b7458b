"""In a real browser: somebody signs in by the mailed link, learns, likes and shares; a colleague sees it."""

import re
import time
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from orgsync.server.demo.server import DemoServer, environment, run
from orgsync.server.demo.story import ORGSYNC, learner_of
from tests.e2e.web.browser import close, visitor
from tests.e2e.web.test_axe import faults

pytestmark = pytest.mark.xdist_group("account-center")
PATIENCE = 60.0
"""Seconds for the worker to write and send the mail."""
PAGES = ("", "to-do/", "to-do/?show=done", "catalogue/", "colleagues/?q=a", "settings/", "stored/")


def mailed_link(server: DemoServer, email: str, seen: set[Path]) -> str:
    """Wait for the next mail to the address; return the path of its link."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for file in set((server.data_dir / "mail").glob("*.eml")) - seen:
            message = message_from_bytes(file.read_bytes(), policy=default_policy)
            found = re.search(r"/learn/enter/\?key=\S+", message.get_content())
            if message["To"] == email and found:
                return found[0]
        time.sleep(0.2)
    pytest.fail("no mail came")


def sign_in(page: Page, server: DemoServer, email: str) -> None:
    seen = set((server.data_dir / "mail").glob("*.eml"))
    page.goto("/learn/")
    page.get_by_label("Your work e-mail address").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(mailed_link(server, email, seen))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")


def address_of(owner: Page, number: str | None) -> str:
    """Look the address of a learner up, as an admin does."""
    owner.goto(f"/admin/people/learners/{number}/")
    found = re.search(r"[\w.+-]+@[\w.-]+", owner.get_by_role("main").text_content() or "")
    assert found is not None
    return found[0]


def test_a_learner_signs_in_learns_likes_and_shares(browser: Browser, center: DemoServer, owner: Page) -> None:
    """
    By the link in the mail; a completed, liked and shared course is on a colleague's home, on a phone, without errors.
    """
    title = "Sharpening knives"
    owner.goto("/admin/content/new/")
    owner.get_by_label("Title", exact=True).fill(title)
    owner.get_by_label("Address", exact=True).fill("https://learn.example.com/knives")
    owner.get_by_role("main").get_by_role("button", name="Save").click()
    email = learner_of(center)
    page = visitor(browser, center.url)
    sign_in(page, center, email)
    page.get_by_role("link", name="Catalogue").first.click()
    page.get_by_role("link", name=title).click()
    page.get_by_role("button", name="Like", exact=True).click()
    expect(page.get_by_role("button", name="You like it")).to_be_visible()
    page.get_by_role("button", name="I have completed it").click()
    expect(page.get_by_text("Completed. Well done!")).to_be_visible()
    page.get_by_role("link", name="Share").click()
    box = page.locator("fieldset .check input").first
    number = box.get_attribute("value")
    box.check()
    page.get_by_label("A word about it").fill("Worth an hour")
    page.get_by_role("main").get_by_role("button", name="Share").click()
    expect(page.get_by_text("Shared with one colleague.")).to_be_visible()
    page.goto("/learn/stored/")
    expect(page.get_by_role("main").get_by_text(email).first).to_be_visible()
    close(page)

    colleague = visitor(browser, center.url, narrow=True)
    link = run("link", [*ORGSYNC, "admin", "learner-link", address_of(owner, number)], environment(center.data_dir))
    colleague.goto("/learn/" + link.strip().partition("/learn/")[2])
    colleague.get_by_role("button", name="Sign in").click()
    expect(colleague.get_by_role("main")).to_contain_text("Worth an hour")
    expect(colleague.get_by_role("main")).to_contain_text(title)
    found = [fault for path in PAGES for fault in faults(colleague, f"/learn/{path}")]
    colleague.emulate_media(color_scheme="dark")
    colleague.goto("/learn/catalogue/")
    path = colleague.get_by_role("link", name=title).get_attribute("href") or ""
    found += [fault for one in ("/learn/", path, f"{path}share/") for fault in faults(colleague, one)]
    close(colleague)

    assert not found, "\n".join(found)
