"""A real browser on a running Account Center: how it is started and signs in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from orgsync.server.demo.story import EMAIL, PASSWORD

CHROMIUM: Final = Path(os.environ.get("ORGSYNC_CHROMIUM", "/usr/bin/chromium"))
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE: Final = {"width": 1280, "height": 800}
NARROW: Final = {"width": 390, "height": 844}
PATIENCE: Final = 15_000.0
"""Milliseconds that a page may take to do what one clicked for."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; nothing is downloaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser: Browser, url: str, *, scheme: str = "light", narrow: bool = False, script: bool = True) -> Page:
    """Open a page of a visitor who has not signed in; its certificate is the server's own."""
    context = browser.new_context(
        base_url=url,
        ignore_https_errors=True,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]  # a dictionary of these two keys
        java_script_enabled=script,
        timezone_id="Europe/Lisbon",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def sign_in(page: Page, email: str = EMAIL, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    # A pattern such as "**/" fits the page of the form, too, and would not wait at all.
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def signed_in(browser: Browser, url: str, **looks: bool | str) -> Page:
    page = visitor(browser, url, **looks)  # type: ignore[arg-type]  # the same keywords
    sign_in(page)
    return page


def close(page: Page) -> None:
    context: BrowserContext = page.context
    context.close()
