"""In a real browser: a rule is written with its people in sight, and two records of one person become one."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("account-center")
PATIENCE = 60_000.0
"""Milliseconds; only for what the worker does."""


def approve(page: Page) -> None:
    """Approve the plan of the job that is shown, once it waits for that, and see it applied."""
    page.get_by_label("I have looked at the plan").check(timeout=PATIENCE)
    page.get_by_role("button", name="Approve and apply").click()
    expect(page.get_by_text("Done", exact=True).first).to_be_visible(timeout=PATIENCE)


def test_rule_group_is_written_live_and_its_plan_approved(owner: Page) -> None:
    """
    The number of people follows each letter and each new row, without a click; the saved rule's plan is looked at.
    """
    owner.goto("/admin/people/groups/")
    owner.get_by_role("link", name="New group by rule").first.click()
    owner.get_by_label("Name of the group").fill("Living by rule")
    preview = owner.locator("#preview")
    owner.get_by_label("What is looked at").select_option(label="Status")
    expect(preview.locator(".figure")).to_have_text(re.compile(r"\d+"), timeout=PATIENCE)
    everybody = int((preview.locator(".figure").text_content() or "").replace(",", ""))
    owner.get_by_role("button", name="And: another condition").click()
    owner.get_by_label("What is looked at").nth(1).select_option(label="Work title")
    owner.get_by_label("How it is compared").nth(1).select_option(label="contains")
    expect(owner.get_by_label("How it is compared").nth(1)).to_have_value("contains")
    owner.get_by_label("Value").nth(1).fill("eng")
    expect(preview.locator(".figure")).not_to_have_text(f"{everybody:,}", timeout=PATIENCE)
    some = int((preview.locator(".figure").text_content() or "").replace(",", ""))
    owner.get_by_role("button", name="Save and plan").click()
    approve(owner)
    owner.goto("/admin/people/groups/?q=living")
    owner.get_by_role("link", name="Living by rule").click()

    assert 0 < some < everybody
    expect(owner.get_by_role("main")).to_contain_text(f"{some:,} p")
    owner.get_by_role("link", name=re.compile("why is")).first.click()
    expect(owner.get_by_role("main")).to_contain_text('work_title contains "eng"')


def test_two_records_are_merged_by_a_plan(owner: Page) -> None:
    """
    Side by side, with the other one's address chosen; the record that goes is gone once the plan is approved.
    """
    for address, title in (("mia.muster@example.com", "Cook"), ("mia@example.com", "Waiter")):
        owner.goto("/admin/people/learners/add/")
        owner.get_by_label("E-mail address", exact=True).fill(address)
        owner.get_by_label("Preferred first name", exact=True).fill("Mia")
        owner.get_by_label("Preferred last name", exact=True).fill("Muster")
        owner.get_by_label("Work title", exact=True).fill(title)
        owner.get_by_label("Start date", exact=True).fill("2024-02-01")
        owner.get_by_role("main").get_by_role("button", name=re.compile("Add|Save")).first.click()
        # Her page; or that of the job, where the machine is so slow that a worker has taken it over.
        expect(owner.get_by_role("heading", level=1)).to_contain_text(re.compile("Mia Muster|Done"), timeout=PATIENCE)
    owner.goto("/admin/people/duplicates/?anew=1")
    owner.get_by_role("link", name=re.compile("Compare mia.muster@example.com")).click()
    owner.get_by_label("E-mail address: mia@example.com").check()
    owner.get_by_role("button", name="Plan the merge").click()
    approve(owner)

    owner.goto("/admin/people/learners/?q=muster")
    main = owner.get_by_role("main")
    expect(main).to_contain_text("mia@example.com")
    expect(main).to_contain_text("Cook")
    expect(main).not_to_contain_text("mia.muster@example.com")
