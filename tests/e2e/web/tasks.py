"""Five tasks of a new admin, done from Home by visible links and buttons: `python -m tests.e2e.web.tasks`.

Prints how many clicks and fields each takes, and the seconds until the pages have done it. Not a test: nobody's machine
is as fast as another. A server with the sample company is started for it and removed afterwards.
"""

import csv
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from playwright.sync_api import Locator, Page, expect

from orgsync.server.demo.company import Company
from orgsync.server.demo.server import DemoServer
from orgsync.server.demo.story import seed_company
from orgsync.server.embedded import remove_data_dir
from tests.e2e.web.browser import chromium, signed_in

PATIENCE: Final = 60_000.0
"""Milliseconds; the worker's share included."""


LICENSE: Final = "license_english_status"


@dataclass(slots=True)
class Walk:
    """One task being done: every click and every field is counted."""

    page: Page
    clicks: int = 0
    fields: int = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def link(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name, exact=True).first)

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("main").get_by_role("button", name=name, exact=True).first)

    def open(self, panel: str) -> None:
        self.click(self.page.get_by_text(panel, exact=True))

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_role("main").get_by_label(label).first.fill(text)
        self.fields += 1

    def see(self, text: str) -> None:
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def find(self, address: str) -> None:
        """Find a person by address, and open their page."""
        self.link("Learners")
        self.fill("Search", address)
        self.page.keyboard.press("Enter")
        row = self.page.get_by_role("main").locator("tbody tr").filter(has_text=address)
        self.click(row.get_by_role("link").first)


@dataclass(frozen=True, slots=True)
class People:
    """Whom the tasks are about."""

    ana: str
    """Left with the second night's file."""
    leaver: str
    """Is to be erased."""


def why_ana_lost_her_license(walk: Walk, people: People) -> None:
    walk.find(people.ana)
    walk.see("the full file does not name this person")
    walk.see("active →")


def undo_last_night(walk: Walk, people: People) -> None:
    walk.link("Sync history")
    done = walk.page.get_by_role("main").locator("tbody tr").filter(has_text="Done").filter(has_text="Nightly HR")
    walk.click(done.get_by_role("link").first)
    walk.open("Undo this job")
    walk.button("Undo it")
    walk.see("Done")


def add_a_contractor_feed(walk: Walk, people: People) -> None:
    walk.link("Feeds")
    walk.open("Make a feed")
    walk.fill("Name", "Contractors")
    walk.click(walk.page.get_by_role("main").get_by_role("radio", name=re.compile("^Changes")).first)
    walk.button("Make the feed")
    walk.see("Contractors")


def give_bo_report_rights(walk: Walk, people: People) -> None:
    walk.link("Admins and roles")
    walk.open("Invite somebody")
    walk.fill("E-mail address", "bo@example.com")
    walk.click(walk.page.get_by_role("checkbox", name=re.compile("^View reports")))
    walk.page.get_by_label("Limit to groups").select_option(label="Research")
    walk.clicks += 1
    walk.button("Send the invitation")
    walk.see("An invitation is on its way to bo@example.com")


def erase_a_person(walk: Walk, people: People) -> None:
    walk.find(people.leaver)
    walk.link("Erase")
    walk.fill("address", people.leaver)
    walk.button("Erase for good")
    walk.see("erased")


TASKS: Final[Sequence[Callable[[Walk, People], None]]] = (
    why_ana_lost_her_license,
    undo_last_night,
    add_a_contractor_feed,
    give_bo_report_rights,
    erase_a_person,
)


@click.command()
@click.option("--people", type=click.IntRange(100, 1_000_000), default=300, show_default=True)
def main(*, people: int) -> None:
    """Do the five tasks on a fresh server and print what each takes."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-tasks-"))
    # The database's account must be able to pass.
    folder.chmod(0o711)
    company = Company(folder / "files", people)
    company.write()
    chosen = choose_people(company)
    try:
        with DemoServer.started(folder / "server", port=0) as server:
            seed_company(server, company)
            walk_all(server.url, chosen)
    finally:
        remove_data_dir(folder / "server")
        shutil.rmtree(folder)


def walk_all(url: str, people: People) -> None:
    with chromium() as browser:
        page = signed_in(browser, url)
        for task in TASKS:
            page.goto("/admin/")
            walk, began = Walk(page), time.monotonic()
            task(walk, people)
            seconds = time.monotonic() - began
            name = task.__name__.replace("_", " ")
            click.echo(f"{name:30} {walk.clicks} clicks, {walk.fields} fields, {seconds:.1f} s")


def choose_people(company: Company) -> People:
    """Take somebody with a license out of the second night's file, and choose somebody to erase."""
    addresses = [row["primary_email_address"] for row in _rows(company.second_night)]
    before = {row["primary_email_address"] for row in _rows(company.first_night) if row[LICENSE] == "active"}
    known = [number for number, address in enumerate(addresses) if address in before]
    ana, leaver = known[-1], known[-2]
    lines = company.second_night.read_text(encoding="utf-8").splitlines(keepends=True)
    del lines[ana + 1]
    company.second_night.write_text("".join(lines), encoding="utf-8")
    return People(ana=addresses[ana], leaver=addresses[leaver])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


if __name__ == "__main__":
    main()
