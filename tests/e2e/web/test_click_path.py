"""The documented click path in a real browser: to a copied token, a file sent with it, and what becomes of it."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from orgsync.server.demo.server import DemoServer
from orgsync.server.embedded import embedded_database
from tests.e2e.web.browser import close, sign_in, visitor

PATIENCE = 60_000.0
"""Milliseconds; only for what the worker does."""
PEOPLE = (
    "primary_email_address,unique_user_id,preferred_first_name,preferred_last_name,work_title",
    "zelda@example.com,Z1,Zelda,Zimmermann,Astronomer",
    "zeno@example.com,Z2,Zeno,Zapata,Astronomer",
)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file of two people whom the sample company does not know."""
    file = tmp_path / "AccountCenterImport.csv"
    file.write_text("\n".join(PEOPLE) + "\n", encoding="utf-8")
    return file


def curl(center: DemoServer, *arguments: str) -> str:
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "--cacert", str(center.authority), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def upload(center: DemoServer, token: str, file: Path) -> str:
    """Send a file with the documented command in automatic mode; return its URN."""
    head = ("-H", "Content-Type: multipart/form-data", "-H", f"Authorization: Bearer {token}")
    address = f"{center.url}/media/upload?media_type=enterprise_csv_upload&auto_notify=true"
    urn: str = json.loads(curl(center, *head, "--form", f"file=@{file};type=text/csv", "-X", "POST", address))[
        "location"
    ]
    return urn


def job_of(center: DemoServer, token: str, urn: str) -> str:
    """Return the id of the job of a file; asking again gives the job that is there."""
    found: str = center.call("/v2/enterpriseUploadJobs?action=processFile", token, {"mediaUrn": urn})["value"]
    return found


def generate_token(page: Page, name: str) -> str:
    """Follow the document from the admin screen to a new token with a feed of its own; return the token."""
    page.get_by_text("Me", exact=True).click()
    page.get_by_role("link", name="Authenticate", exact=True).click()
    page.get_by_role("link", name="Automatic user management").click()
    page.get_by_text("Create OAuth Access Tokens").first.click()
    button = page.get_by_role("button", name="Generate token")
    form = page.locator("form").filter(has=button)
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Feed", exact=True).select_option(label="A new feed")
    form.get_by_label("Name of the new feed").fill(f"Feed of {name}")
    button.click()
    return page.get_by_label("Access Token", exact=True).inner_text().strip()


@contextmanager
def apply_waits(center: DemoServer) -> Iterator[None]:
    """Hold the organization's write lock, so that a job stays at work while one looks at it."""
    with embedded_database(center.data_dir) as url, psycopg.connect(url) as connection:
        connection.execute("SELECT FROM orgs_organization FOR NO KEY UPDATE")
        yield


def test_token_by_the_documented_clicks(browser: Browser, center: DemoServer, people: Path) -> None:
    """
    Sign in, Go to Admin, Me, Authenticate, the panel, Generate token, Copy to clipboard: the copy works with curl.
    """
    page = visitor(browser, center.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=center.url)
    sign_in(page)
    page.get_by_role("link", name="Go to Admin").click()

    token = generate_token(page, "HR export")
    page.get_by_role("button", name="Copy to clipboard").click()
    expect(page.get_by_text(re.compile("copied", re.IGNORECASE)).first).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("link", name="Automatic user management").click()
    later = page.content()
    close(page)

    assert copied == token
    assert token not in later
    assert "HR export" in later
    assert upload(center, token, people).startswith("urn:li:media:")


def test_job_is_watched_live_and_its_people_are_found(owner: Page, center: DemoServer, people: Path) -> None:
    """
    The open page follows the job to its end by itself; then People › Learners finds who was in the file.
    """
    owner.goto("/admin/")
    token = generate_token(owner, "Live")
    with apply_waits(center):
        job = job_of(center, token, upload(center, token, people))
        owner.goto(f"/admin/people/sync-history/{job}/")
        expect(owner.get_by_role("main").get_by_role("progressbar")).to_be_visible()
    expect(owner.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)

    owner.get_by_role("link", name="Learners", exact=True).click()
    owner.get_by_role("searchbox").first.fill("zimmer")
    owner.get_by_role("searchbox").first.press("Enter")

    expect(owner.get_by_role("main").get_by_text("zelda@example.com").first).to_be_visible()
    expect(owner.get_by_text("zeno@example.com")).to_have_count(0)


def test_held_job_is_approved_in_the_browser(owner: Page, center: DemoServer) -> None:
    """
    Home leads to the held file, its plan and the decision; approved, it is applied, and Home is quiet again.
    """
    owner.goto("/admin/")
    owner.get_by_role("link", name="Look at it").click()
    address = owner.url
    owner.get_by_role("link", name="Look at the plan").first.click()
    expect(owner.get_by_role("main")).to_contain_text("example.com")
    owner.goto(address)
    looked_at = owner.get_by_role("checkbox")
    if looked_at.count():
        looked_at.first.check()
    owner.get_by_role("button", name="Approve").click()
    expect(owner.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)

    owner.goto("/admin/")

    expect(owner.get_by_text("waits for a decision")).to_have_count(0)
    expect(owner.get_by_text("nothing is held")).to_be_visible()
