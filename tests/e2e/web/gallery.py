"""Pictures of every page for docs/gallery.md: `python -m tests.e2e.web.gallery`, run by `make screenshots`.

A server with the sample company is started for it and removed afterwards.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from playwright.sync_api import Browser, FloatRect, Page

from orgsync.server.demo.company import Company
from orgsync.server.demo.server import DemoServer, environment, run
from orgsync.server.demo.story import ORGSYNC, learner_of, let_learn, seed_company
from orgsync.server.embedded import remove_data_dir
from tests.e2e.web.browser import NARROW, WIDE, chromium, close, signed_in, visitor
from tests.e2e.web.madeplaces import made_places
from tests.e2e.web.places import Place, first_link, places
from tests.e2e.web.smallpng import with_palette

DOCS: Final = Path(__file__).parents[3] / "docs"
PEOPLE: Final = 5_000
TALLEST: Final = 1_600
LOOKS: Final[dict[str, dict[str, bool | str]]] = {
    "light": {"scheme": "light"},
    "dark": {"scheme": "dark"},
    "narrow": {"scheme": "light", "narrow": True},
}
LEARNERS: Final = {
    "home": "",
    "to-do": "to-do/",
    "catalogue": "catalogue/",
    "colleagues": "colleagues/?q=a",
    "settings": "settings/",
    "stored": "stored/",
}
"""Pages of a learner, by name."""
TITLES: Final = {"sign-in": "Sign in", "not-found": "Not found", "two-factor": "Two-factor authentication"}


@click.command()
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=DOCS / "screenshots")
@click.option("--people", type=click.IntRange(100, 1_000_000), default=PEOPLE, show_default=True)
def main(*, output: Path, people: int) -> None:
    """Write a picture of every page in light, dark and on a phone, and the page that shows them."""
    folder = Path(tempfile.mkdtemp(prefix="orgsync-gallery-"))
    # The database's account must be able to pass.
    folder.chmod(0o711)
    company = Company(folder / "files", people)
    company.write()
    try:
        with DemoServer.started(folder / "server", port=0) as server:
            seed_company(server, company)
            let_learn(server, company)
            names = [*take_pictures(server.url, output), *take_learners_pictures(server, output)]
    finally:
        remove_data_dir(folder / "server")
        shutil.rmtree(folder)
    (DOCS / "gallery.md").write_text(gallery(names), encoding="utf-8")
    click.echo(f"{len(names) * len(LOOKS)} pictures in {output}.")


def take_pictures(url: str, output: Path) -> list[str]:
    """Replace the pictures in a folder; return the names of the pages in the order they are shown."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    with chromium() as browser:
        finder = signed_in(browser, url)
        found = [*places(finder), *made_places(finder)]
        close(finder)
        for look in LOOKS:
            _take(browser, url, output, look, found)
    return ["sign-in", *(place.name for place in found)]


def _take(browser: Browser, url: str, output: Path, look: str, found: Sequence[Place]) -> None:
    stranger = visitor(browser, url, **LOOKS[look])  # type: ignore[arg-type]  # its keywords
    stranger.goto("/accounts/login/")
    _picture(stranger, output / f"sign-in-{look}.png")
    close(stranger)
    page = signed_in(browser, url, **LOOKS[look])
    for place in found:
        page.goto(place.path)
        _picture(page, output / f"{place.name}-{look}.png")
    close(page)


def take_learners_pictures(server: DemoServer, output: Path) -> list[str]:
    """Add pictures of a learner's own pages to a folder; return their names."""
    link = run("link", [*ORGSYNC, "admin", "learner-link", learner_of(server)], environment(server.data_dir))
    with chromium() as browser:
        page = visitor(browser, server.url)
        page.goto("/learn/" + link.strip().partition("/learn/")[2])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", level=1).filter(has_text="Hello").wait_for()
        content = first_link(page, "/learn/catalogue/", r"/learn/content/\d+/")
        found = [
            *(Place(f"learn-{name}", f"/learn/{path}") for name, path in LEARNERS.items()),
            Place("learn-content", content),
            Place("learn-share", f"{content}share/"),
        ]
        for look, chosen in LOOKS.items():
            page.emulate_media(color_scheme="dark" if look == "dark" else "light")
            page.set_viewport_size(NARROW if "narrow" in chosen else WIDE)  # type: ignore[arg-type]  # two keys
            for place in found:
                page.goto(place.path)
                _picture(page, output / f"{place.name}-{look}.png")
    return [place.name for place in found]


def _picture(page: Page, target: Path) -> None:
    """Take the page from its top, at most two screens of it."""
    size = page.viewport_size or {"width": 1280, "height": 800}
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    clip: FloatRect = {"x": 0, "y": 0, "width": size["width"], "height": height}
    target.write_bytes(with_palette(page, page.screenshot(full_page=True, clip=clip)))


def gallery(names: Sequence[str]) -> str:
    """Return the gallery as Markdown."""
    parts = [
        "# Gallery",
        "Every page of the Account Center with a made-up company; `make screenshots` takes them anew.",
    ]
    for name in names:
        title = TITLES.get(name, name.replace("-", " ").capitalize())
        shown = " ".join(
            f'<img src="screenshots/{name}-{look}.png" alt="{title}, {look}" width="{width}">'
            for look, width in (("light", "38%"), ("dark", "38%"), ("narrow", "16%"))
        )
        parts += [f"## {title}", shown]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
