"""People in a real browser: a bulk action with its plan, an undo for chosen people, an erasure with its receipt."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("account-center")
PATIENCE = 60_000.0
"""Milliseconds; only for what the worker does."""
LIST = "/admin/people/learners/"


def confirm(page: Page) -> None:
    """Look at the plan that waits, and apply it."""
    expect(page.get_by_text("Held", exact=True).first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Approve and apply").click()
    expect(page.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)


def test_bulk_action_shows_its_plan_and_is_undone_for_one_of_them(owner: Page) -> None:
    """
    Filter, choose all, say what, look, confirm; then one person ticked in the plan gets their old title back.
    """
    owner.goto(f"{LIST}?department=Research")
    owner.get_by_role("button", name=re.compile("^Change all")).click()
    owner.get_by_label("What to do").select_option(label="Set an attribute")
    expect(owner.get_by_label("License pool")).not_to_be_visible()
    owner.get_by_label("Attribute", exact=True).select_option(label="Work title")
    owner.get_by_label("Value").fill("Astronaut")
    owner.get_by_role("button", name="Show what would change").click()
    confirm(owner)
    job = owner.url

    owner.goto(f"{job}plan/")
    lines = owner.get_by_role("main").locator("tbody tr")
    assert lines.count() > 1
    person = lines.first.get_by_role("link").first
    name, learner = person.inner_text(), person.get_attribute("href")
    assert learner is not None
    owner.get_by_role("checkbox", name=f"Choose {name}").first.check()
    owner.get_by_role("button", name="Undo for the ticked people").click()
    expect(owner.get_by_text("A look at what an undo would do")).to_be_visible()
    owner.get_by_role("button", name="Undo it now").click(timeout=PATIENCE)
    expect(owner.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)

    owner.goto(learner)
    title = owner.get_by_role("row", name="Work title").first
    expect(title).not_to_contain_text("Astronaut")
    owner.goto(f"{LIST}?attribute=work_title&value=Astronaut")
    expect(owner.get_by_role("status").first).to_contain_text("people")
    owner.goto(job)
    expect(owner.get_by_text("This job was undone for some people.")).to_be_visible()


def settled(page: Page, path: str) -> None:
    """Go to a page once the change before is done: on a very slow machine a worker has taken it over."""
    page.wait_for_load_state()
    if "/sync-history/" in page.url:
        expect(page.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)
    page.goto(path)


def test_person_is_edited_then_erased(owner: Page) -> None:
    """
    The switch keeps files from a value; the typed address erases; the receipt names nobody, and the person is gone.
    """
    owner.goto(f"{LIST}add/")
    owner.get_by_label("E-mail address").fill("gone.soon@example.com")
    owner.get_by_label("Preferred last name").fill("Soon")
    owner.get_by_role("button", name="Add", exact=True).click()
    settled(owner, f"{LIST}?q=gone.soon")
    owner.get_by_role("link", name="Soon", exact=True).click()
    learner = owner.url
    owner.get_by_role("link", name="Edit", exact=True).click()
    owner.get_by_label("Work title", exact=True).fill("Ghost")
    owner.get_by_label("Work title: files leave it alone").check()
    owner.get_by_role("button", name="Apply").click()
    settled(owner, learner)
    expect(owner.get_by_role("row", name="Work title").first).to_contain_text("Ghost")
    switch = owner.get_by_role("switch", name="Work title")
    expect(switch).to_be_checked()
    switch.click()
    settled(owner, learner)
    expect(owner.get_by_role("switch", name="Work title")).not_to_be_checked()

    owner.get_by_role("link", name="Erase").click()
    owner.get_by_label("Type the e-mail address").fill("gone.soon@example.com")
    owner.get_by_role("button", name="Erase for good").click()
    owner.get_by_role("link", name=re.compile("^Receipt ")).click(timeout=PATIENCE)

    expect(owner.get_by_text("the person's record")).to_be_visible()
    expect(owner.get_by_text("gone.soon@example.com")).to_have_count(0)
    owner.goto(f"{LIST}?q=gone.soon")
    expect(owner.get_by_text("Nobody fits")).to_be_visible()
