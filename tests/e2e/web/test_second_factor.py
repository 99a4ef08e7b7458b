"""A second factor in a real browser: a passkey of a virtual authenticator, and the codes of an authenticator app."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from orgsync.server.demo.server import DemoServer
from tests.e2e.web.browser import close, sign_in, visitor
from tests.e2e.web.team import PASSWORD, come_in, invite

pytestmark = pytest.mark.xdist_group("account-center")
EMAIL = "careful@example.com"
FACTORS = "/accounts/2fa/"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def careful(owner: Page, browser: Browser, center: DemoServer) -> Iterator[Page]:
    """Give a page of an admin of her own, by the server's name, in a browser that has an authenticator."""
    invite(owner, EMAIL, "Read-only")
    close(come_in(browser, center, EMAIL))
    # Passkeys belong to a name: an IP address is none.
    page = visitor(browser, center.url.replace("127.0.0.1", "localhost"))
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield page
    close(page)


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now (RFC 6238)."""
    step = struct.pack(">Q", int(time.time()) // 30)
    found = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    place = found[-1] & 15
    return f"{(int.from_bytes(found[place : place + 4]) & 0x7FFFFFFF) % 10**6:06d}"


def open_confirmed(page: Page, path: str) -> None:
    """Open a page that asks for the password first."""
    page.goto(path)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"**{path}")


def leave_and_come_back(page: Page) -> None:
    """Sign out, and in again as far as the second factor."""
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign Out").click()
    sign_in(page, EMAIL, PASSWORD)
    page.wait_for_url("**/2fa/authenticate/")


def is_in(page: Page) -> bool:
    page.goto("/admin/")
    return page.url.endswith("/admin/")


def test_passkey_and_app_are_enrolled_and_asked_for(careful: Page) -> None:
    """
    Each is set up on its page and opens the door after the password; without it the password opens nothing.
    """
    said: list[str] = []
    careful.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    sign_in(careful, EMAIL, PASSWORD)
    open_confirmed(careful, f"{FACTORS}webauthn/add/")
    careful.get_by_label("Name").fill("Laptop")
    careful.get_by_role("main").get_by_role("button", name="Add").click()
    expect(careful.get_by_text("Security key added.")).to_be_visible()

    leave_and_come_back(careful)
    # Every page leads back to the question.
    assert not is_in(careful)
    careful.get_by_role("button", name="Use a security key").click()
    careful.wait_for_url(lambda url: "/accounts/" not in url)
    assert is_in(careful)

    open_confirmed(careful, f"{FACTORS}totp/activate/")
    secret = careful.get_by_label("Authenticator secret").input_value()
    careful.get_by_label("Authenticator code").fill(code_of(secret))
    careful.get_by_role("main").get_by_role("button", name="Activate").click()
    expect(careful.get_by_text("Authenticator app activated.")).to_be_visible()

    leave_and_come_back(careful)
    careful.get_by_label("Code").fill(code_of(secret))
    careful.get_by_role("button", name="Sign In").click()
    careful.wait_for_url(lambda url: "/accounts/" not in url)
    assert is_in(careful)
    assert said == []


def test_page_says_why_an_address_takes_no_passkey(browser: Browser, center: DemoServer, owner: Page) -> None:
    """
    Opened by an IP address, the page says at once what to do; with a name, what has gone wrong.
    """
    page = visitor(browser, center.url)
    invite(owner, "hasty@example.com", "Read-only")
    close(come_in(browser, center, "hasty@example.com"))
    sign_in(page, "hasty@example.com", PASSWORD)

    open_confirmed(page, f"{FACTORS}webauthn/add/")

    expect(page.get_by_role("alert")).to_contain_text("open this server by its name")
    close(page)
