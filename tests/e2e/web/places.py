"""Every page of the Account Center that an owner can see, found by the links that lead there."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page

SETTINGS: Final = (
    *("organization", "branding", "contacts", "guards", "approvals", "blackouts", "files", "leavers", "retention"),
    *("mail", "learners", "told", "webhooks", "sandbox"),
)
NOTHING: Final = "nothing found"


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the Account Center: the name of its pictures, and where it is."""

    name: str
    path: str


def places(page: Page) -> list[Place]:
    """Find every page that an owner can see, those of one thing by the first link in their list."""
    learner = first_link(page, "/admin/people/learners/", r"/admin/people/learners/\d+/")
    found = [
        Place("home", "/admin/"),
        Place("learners", "/admin/people/learners/"),
        Place("learner", learner),
        *_groups_and_licenses(page),
        Place("learner-edit", f"{learner}edit/"),
        Place("learner-erase", f"{learner}erase/"),
        Place("learner-add", "/admin/people/learners/add/"),
        Place("learners-change", "/admin/people/learners/change/?whom=all"),
        Place("user-deletion", "/admin/authenticate/deletion/"),
        *_content(page),
        Place("recommendations", "/admin/content/recommendations/"),
        Place("erasures", "/admin/people/erasures/"),
        Place("upload", "/admin/people/upload/"),
        Place("reports", "/admin/reports/?measure=completions"),
        Place("reports-series", "/admin/reports/?measure=completions&over=week"),
        Place("reports-people", "/admin/reports/people/?slice=whole&of=%3D"),
        Place("reports-story", "/admin/reports/story/"),
        Place("sync-history", "/admin/people/sync-history/"),
        Place("feeds", "/admin/people/feeds/"),
        Place("feed", first_link(page, "/admin/people/feeds/", r"/admin/people/feeds/\d+/")),
        Place("authenticate", "/admin/authenticate/"),
        Place("scim", "/admin/authenticate/?for=scim"),
        *_applications(page),
        Place("single-sign-on", "/admin/authenticate/single-sign-on/"),
        Place("admins", "/admin/settings/admins/"),
        Place("admin", first_link(page, "/admin/settings/admins/", r"/admin/settings/admins/\d+/")),
        Place("audit", "/admin/audit/"),
        Place("outbox", "/admin/outbox/"),
        Place("outbox-mail", first_link(page, "/admin/outbox/", r"/admin/outbox/\d+/")),
        Place("settings", "/admin/settings/"),
        *(Place(f"settings-{name}", f"/admin/settings/{name}/") for name in SETTINGS),
        Place("help", "/admin/help/"),
        Place("help-columns", "/admin/help/?show=columns"),
        Place("help-messages", "/admin/help/?show=messages"),
        Place("help-guards", "/admin/help/?show=guards"),
        Place("help-settings", "/admin/help/?show=settings"),
        Place("help-events", "/admin/help/?show=events"),
        Place("change-password", "/accounts/password/change/"),
        Place("two-factor", "/accounts/2fa/"),
        Place("sessions", "/accounts/sessions/"),
        Place("start", "/"),
        Place("not-found", "/admin/nowhere/"),
    ]
    held = first_link(page, "/admin/", r"/admin/people/sync-history/\d+/")
    return [*found, Place("held-job", held), Place("plan", f"{held}plan/")]


def _groups_and_licenses(page: Page) -> list[Place]:
    group = first_link(page, "/admin/people/groups/", r"/admin/people/groups/\d+/")
    pool = first_link(page, "/admin/licenses/", r"/admin/licenses/\d+/")
    return [
        Place("groups", "/admin/people/groups/"),
        Place("group", group),
        Place("group-people", f"{group}people/"),
        Place("group-rule", f"{group}rule/"),
        Place("group-rule-new", "/admin/people/groups/new/"),
        Place("group-why", first_link(page, group, r"/admin/people/groups/\d+/why/\d+/")),
        Place("licenses", "/admin/licenses/"),
        Place("license", pool),
        Place("license-history", f"{pool}?show=history"),
        Place("license-people", f"{pool}people/"),
        Place("duplicates", "/admin/people/duplicates/"),
        Place("spellings", "/admin/people/spellings/"),
    ]


def _content(page: Page) -> list[Place]:
    """Find the pages of content; make a learning path where there is none."""
    path, one = "/admin/content/", r"/admin/content/\d+/"
    if first_link(page, path, one) == NOTHING:
        page.goto(f"{path}new/?kind=path")
        page.get_by_label("Title", exact=True).fill("First weeks")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("is there").wait_for()
    content = first_link(page, path, one)
    return [
        Place("contents", path),
        Place("content", content),
        *(Place(f"content-{what}", f"{content}{what}/") for what in ("assign", "curate", "edit")),
        Place("content-import", f"{path}import/"),
        Place("content-preview", _previewed(page, f"{path}import/", b"key,title\nfire-safety,Fire safety\n,Nothing\n")),
        Place("activity-import", "/admin/reports/import/"),
        Place("activity-preview", _previewed(page, "/admin/reports/import/", b"person,content,verb,at\nx,y,z,never\n")),
        Place("invitation-over", "/activate/?key=none"),
        Place("assignments", f"{path}assignments/"),
    ]


def _previewed(page: Page, path: str, file: bytes) -> str:
    """Send a file to be imported; return where it is looked at."""
    page.goto(path)
    page.locator("main input[type=file]").set_input_files({"name": "some.csv", "mimeType": "text/csv", "buffer": file})
    page.get_by_role("button", name="Look at the file").click()
    page.wait_for_url(f"**{path}*/")
    return urlsplit(page.url).path


def _applications(page: Page) -> list[Place]:
    """Find the list of API applications and the page of a new secret; make an application where there is none."""
    path = "/admin/authenticate/applications/"
    secret = r"/admin/authenticate/applications/\d+/secret/"
    if first_link(page, path, secret) == NOTHING:
        page.get_by_text("Add an API application", exact=True).click()
        page.get_by_label("Name", exact=True).fill("HR console")
        page.get_by_role("checkbox", name="plans:read").check()
        page.get_by_role("button", name="Make the application").click()
        page.get_by_text("is ready").wait_for()
    return [Place("api-applications", path), Place("api-application-secret", first_link(page, path, secret))]


def first_link(page: Page, path: str, pattern: str) -> str:
    """Return the first address on a page that fits a pattern as a whole."""
    page.goto(path)
    found = page.evaluate(
        """(pattern) => [...document.querySelectorAll("main a")].map((link) => link.getAttribute("href"))
            .find((address) => new RegExp(`^${pattern}$`).test(address)) ?? ""
        """,
        pattern,
    )
    return str(found) or NOTHING
