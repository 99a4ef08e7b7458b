"""One server with the sample company for all tests of pages in a real browser, and one browser for those of a file."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from orgsync.server.demo.company import Company
from orgsync.server.demo.server import DemoServer
from orgsync.server.demo.story import seed_company
from orgsync.server.embedded import remove_data_dir
from tests.e2e.web.browser import CHROMIUM, chromium, close, signed_in
from tests.e2e.web.madeplaces import made_places
from tests.e2e.web.places import places

PEOPLE = 300


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium for one file: while it is driven, no test of the same process may ask the database."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing: no pages in a real browser (scripts/system-packages.sh installs it)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """`orgsync serve` with its worker: two nights applied, the third night's half file held."""
    folder = tmp_path_factory.mktemp("account-center")
    company = Company(folder / "files", PEOPLE)
    company.write()
    try:
        with DemoServer.started(folder / "server", port=0) as server:
            seed_company(server, company)
            yield server
        # What it says is read until it listens; the pipe is open for as long as somebody may want to read on.
        assert server.process.stdout is not None
        server.process.stdout.close()
    finally:
        remove_data_dir(folder / "server")


@pytest.fixture
def owner(browser: Browser, center: DemoServer) -> Iterator[Page]:
    """Give a page of the signed-in owner in a browser of her own."""
    page = signed_in(browser, center.url)
    yield page
    close(page)


@pytest.fixture(scope="module")
def addresses(browser: Browser, center: DemoServer) -> dict[str, str]:
    """Return the path of every page by name."""
    page = signed_in(browser, center.url)
    found = {place.name: place.path for place in (*places(page), *made_places(page))}
    close(page)
    return found
