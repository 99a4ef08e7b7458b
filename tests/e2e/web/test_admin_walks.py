"""Several admins in real browsers: a held job that needs two of them, and one who sees the people of a group only."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from orgsync.server.demo.server import DemoServer
from tests.e2e.web.browser import close, visitor
from tests.e2e.web.team import come_in, invitation_path, invite
from tests.e2e.web.test_axe import faults

pytestmark = pytest.mark.xdist_group("account-center")
PATIENCE = 60_000.0
"""Milliseconds; only for what the worker does."""
LIST = "/admin/people/learners/"
JOBS = "/admin/people/sync-history/"
GROUP = "Research"


def ask_for_two(page: Page, *, wanted: bool) -> None:
    page.goto("/admin/settings/approvals/")
    page.get_by_label("A held file needs two people").set_checked(wanted)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved").first).to_be_visible()


@pytest.fixture
def two_needed(owner: Page) -> Iterator[None]:
    """The organization asks for two people; as before afterwards, because others use the same server."""
    ask_for_two(owner, wanted=True)
    yield
    ask_for_two(owner, wanted=False)


def plan_title(page: Page, title: str) -> str:
    """Plan a work title for everybody of a department; return the path of the held job."""
    page.goto(f"{LIST}?department={GROUP}")
    page.get_by_role("button", name=re.compile("^Change all")).click()
    page.get_by_label("What to do").select_option(label="Set an attribute")
    page.get_by_label("Attribute", exact=True).select_option(label="Work title")
    page.get_by_label("Value").fill(title)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("Held", exact=True).first).to_be_visible(timeout=PATIENCE)
    return page.url


def approve(page: Page) -> None:
    page.get_by_label("I have looked at the plan").check()
    page.get_by_role("button", name="Approve and apply").click()


@pytest.mark.usefixtures("two_needed")
def test_second_person_applies_what_the_first_has_approved(owner: Page, browser: Browser, center: DemoServer) -> None:
    """
    After the first word it still waits and offers that person no second one; somebody else's word applies it.
    """
    invite(owner, "second@example.com", "Admin")
    job = plan_title(owner, "Cartographer")
    other_tab = owner.context.new_page()
    other_tab.goto(job)
    approve(owner)
    expect(owner.get_by_text("It is applied when somebody else approves it too.")).to_be_visible()
    expect(owner.get_by_role("button", name="Approve and apply")).to_have_count(0)
    approve(other_tab)
    expect(other_tab.get_by_text("You have approved this; now it needs somebody else.")).to_be_visible()
    expect(other_tab.get_by_text("Held", exact=True).first).to_be_visible()
    owner.goto(f"{LIST}?attribute=work_title&value=Cartographer")
    expect(owner.get_by_text("Nobody fits")).to_be_visible()

    stranger = visitor(browser, center.url)
    found = faults(stranger, invitation_path(center, "second@example.com"))
    close(stranger)
    assert not found, "\n".join(found)
    second = come_in(browser, center, "second@example.com")
    second.get_by_role("link", name="Look at it").first.click()
    second.goto(job)
    expect(second.get_by_text("owner@example.com has approved the plan.")).to_be_visible()
    approve(second)
    expect(second.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)
    second.goto(f"{LIST}?attribute=work_title&value=Cartographer")
    expect(second.get_by_role("main").locator("tbody tr").first).to_be_visible()
    close(second)


def test_who_is_limited_to_a_group_sees_nobody_else(owner: Page, browser: Browser, center: DemoServer) -> None:
    """
    List, search, page by id, download, jobs and plan: the people of the group, and of others nothing.
    """
    invite(owner, "limited@example.com", "Sub-admin", ["Manage users and licenses", "View reports"], GROUP)
    owner.goto(f"{LIST}?group={GROUP}")
    inside = people_on(owner)
    shown = owner.get_by_role("main").get_by_role("status").inner_text()
    owner.goto(f"{LIST}?department=Sales")
    strangers = {address: path for address, path in people_on(owner).items() if address not in inside}
    job = plan_title(owner, "Secret title")
    page = come_in(browser, center, "limited@example.com")

    page.goto(LIST)
    assert page.get_by_role("main").get_by_role("status").inner_text() == shown
    assert people_on(page) == inside
    address, path = next(iter(strangers.items()))
    page.goto(f"{LIST}?q={address}")
    expect(page.get_by_text("Nobody fits")).to_be_visible()
    hidden = [path, f"{path}edit/", job, f"{job}plan/", f"{job}plan.csv", "/admin/audit/", "/admin/settings/admins/"]
    assert {one: page.request.get(one).status for one in hidden} == dict.fromkeys(hidden[:5], 404) | dict.fromkeys(
        hidden[5:], 403
    )
    text = page.request.get(f"{LIST}download/").text()
    downloaded = csv.DictReader(text.lstrip("\ufeff").splitlines())
    assert {row["primary_email_address"] for row in downloaded} == inside.keys()
    assert not any(one in text for one in strangers)

    own = plan_title(page, "Chief of staff")
    page.goto(f"{own}plan/")
    assert page.get_by_role("main").locator("tbody tr").count() > 1
    planned = page.request.get(f"{own}plan.csv").text()
    assert not any(one in planned for one in strangers)
    page.goto(JOBS)
    jobs = page.get_by_role("main").locator(f"a[href^='{JOBS}']").evaluate_all("links => links.map(link => link.href)")
    assert {one for one in jobs if re.fullmatch(r".*/\d+/", one)} == {own}
    for held in (own, job):
        owner.goto(held)
        owner.get_by_role("button", name="Reject").click()
        expect(owner.get_by_text("Rejected. Nothing was applied.").first).to_be_visible()
    close(page)


def people_on(page: Page) -> dict[str, str]:
    """Return address and path of everybody in the list that is shown."""
    found: dict[str, str] = (
        page.get_by_role("main")
        .locator("tbody")
        .evaluate(
            """(body) => Object.fromEntries([...body.rows].map((row) => [
            row.innerText.match(/[^\\s]+@[^\\s]+/)[0], row.querySelector("a").getAttribute("href"),
        ]))"""
        )
    )
    return found
