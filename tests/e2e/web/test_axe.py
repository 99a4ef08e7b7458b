"""Every page in light, dark and narrow: no violation of WCAG 2.2 AA that axe finds, no error, nothing too wide."""

import hashlib
import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from orgsync.server.demo.server import DemoServer
from tests.e2e.web.browser import NARROW, WIDE, close, signed_in, visitor

VENDOR = Path(__file__).with_name("vendor")
AXE = (VENDOR / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = "color-contrast"
RUN = """async (options) => {
  const found = await axe.run(document, { ...options, resultTypes: ["violations"] });
  const told = (rule, node) => `${rule.id}: ${node.target.join(" ")}: ${node.html}`;
  return found.violations.flatMap((rule) => rule.nodes.map((node) => told(rule, node)));
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
EVERYTHING: dict[str, Any] = {"runOnly": TAGS}
LOOKS = (
    ("light", WIDE, EVERYTHING),
    # Dark changes colours and nothing else, narrow everything but colours: of a page that is open already.
    ("dark", WIDE, {"runOnly": [COLOURS]}),
    ("light", NARROW, EVERYTHING | {"rules": {COLOURS: {"enabled": False}}}),
)


def faults(page: Page, path: str) -> list[str]:
    """Return what is wrong with a page: axe's findings, errors in the console, content wider than the screen."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(message.text)

    def note(error: Error) -> None:
        said.append(str(error))

    page.on("console", listen)
    page.on("pageerror", note)
    answer = page.goto(path)
    assert answer is not None
    if answer.status == 404:
        said.clear()  # the browser says of every 404 that it is one
    for panel in page.locator("main details").all():
        panel.evaluate("panel => { panel.open = true }")
    found = seen(page)
    page.remove_listener("console", listen)
    page.remove_listener("pageerror", note)
    return [f"{path} {fault}" for fault in (*said, *found)]


def seen(page: Page) -> list[str]:
    """Return what axe finds on the page as it is now in each of the looks, and where it is too wide for the screen."""
    page.evaluate(AXE)
    found: list[str] = []
    for scheme, size, options in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two words
        page.set_viewport_size(size)
        look = f"{scheme} {size['width']} px:"
        found += [f"{look} {fault}" for fault in page.evaluate(RUN, options)]
        if page.evaluate(OVERFLOW) > 0:
            found.append(f"{look} wider than the screen")
    return found


def test_pages_are_accessible(owner: Page, addresses: dict[str, str]) -> None:
    """
    All pages of the owner, with every panel open.
    """
    found = [fault for path in addresses.values() for fault in faults(owner, path)]

    assert not found, "\n".join(found)


def test_sign_in_is_accessible(browser: Browser, center: DemoServer) -> None:
    """
    The page before all others, empty and with an error.
    """
    page = visitor(browser, center.url)

    empty = faults(page, "/accounts/login/")
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    refused = seen(page)
    close(page)

    assert empty == refused == []


def test_menus_open_by_keyboard_and_close_by_escape(owner: Page) -> None:
    """
    The first Tab is the skip link; the menu opens with Enter, closes with Escape and gives the focus back.
    """
    owner.goto("/admin/")
    owner.keyboard.press("Tab")
    first = owner.evaluate("document.activeElement.textContent")
    me = owner.locator("header summary")
    me.focus()
    owner.keyboard.press("Enter")
    opened = owner.get_by_role("button", name="Sign out").is_visible()
    owner.keyboard.press("Tab")
    owner.keyboard.press("Escape")

    assert first == "Skip to content"
    assert opened
    assert not owner.get_by_role("button", name="Sign out").is_visible()
    assert me.evaluate("element => element === document.activeElement")


def test_menu_closes_when_one_looks_elsewhere(owner: Page) -> None:
    """
    A click beside the menu closes it, as does a Tab out of it.
    """
    owner.goto("/admin/")
    sign_out = owner.get_by_role("button", name="Sign out")
    owner.locator("header summary").click()
    opened = sign_out.is_visible()
    owner.get_by_role("heading", level=1).click()
    after_click = sign_out.is_visible()
    owner.locator("header summary").click()
    sign_out.focus()
    owner.keyboard.press("Tab")

    assert opened
    assert not after_click
    assert not sign_out.is_visible()


def test_narrow_screen_has_a_menu_without_javascript(browser: Browser, center: DemoServer) -> None:
    """
    On a phone the navigation is behind "Menu", which needs no script.
    """
    page = signed_in(browser, center.url, narrow=True, script=False)
    page.goto("/admin/")
    learners = page.get_by_role("link", name="Learners", exact=True)
    hidden = learners.count()
    page.get_by_text("Menu", exact=True).click()
    learners.click()
    heading = page.get_by_role("heading", level=1).text_content()
    close(page)

    assert hidden == 0
    assert heading == "Learners"


def test_theme_is_chosen_and_kept(owner: Page) -> None:
    """
    Dark stays dark on the next page, and the system's choice comes back when asked for.
    """
    owner.goto("/admin/")
    owner.locator("header summary").click()
    owner.get_by_role("button", name="Dark").click()
    owner.goto("/admin/help/")
    chosen = owner.evaluate("document.documentElement.dataset.theme")
    owner.locator("header summary").click()
    pressed = owner.get_by_role("button", name="Dark").get_attribute("aria-pressed")
    owner.get_by_role("button", name="System").click()
    owner.goto("/admin/")

    assert (chosen, pressed) == ("dark", "true")
    assert owner.evaluate("document.documentElement.dataset.theme ?? null") is None


def test_times_follow_the_browsers_zone(owner: Page) -> None:
    """
    The browser's zone reaches the server with the second page.
    """
    owner.goto("/admin/")

    assert "Europe/Lisbon" in (owner.get_by_role("contentinfo").text_content() or "")


def test_vendored_files_are_the_ones_listed() -> None:
    """
    What is not ours is listed with licence and SHA-256, and is nothing else.
    """
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))
    listed = {name: digest for entry in manifest.values() for name, digest in entry["sha256"].items()}

    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.iterdir()
        if file.name != "MANIFEST.json"
    }

    assert listed == there
    assert all(entry["license"] and entry["version"] for entry in manifest.values())
