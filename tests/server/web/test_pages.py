"""What every page has: a title, landmarks, a policy that allows no foreign or inline code, and help."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgsync.core.columns import COLUMNS
from orgsync.core.guards import GUARDS
from orgsync.core.issues import ISSUE_KINDS
from orgsync.core.model import JobStatus
from orgsync.server.orgs.catalogue import SETTINGS
from orgsync.server.orgs.models import Organization
from orgsync.server.web.flow import FlowStep, winding
from orgsync.server.web.templatetags.screen import HELP_PARTS
from orgsync.server.web.views.help import PARTS
from tests.job_world import make_job, make_token

PAGES = ("home", "help", "learners", "jobs", "feeds", "upload", "authenticate", "outbox", "settings")
PAGES += ("settings-guards", "settings-blackouts", "settings-branding", "settings-told")
ACCOUNT_PAGES = ("/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/reauthenticate/")


class Tags(HTMLParser):
    """Collects the tags of a page, and what is wrong with them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    def inline_code(self) -> list[str]:
        """Return what the policy would block: styles, handlers, scripts without an address."""
        found = [tag for tag, attributes in self.tags if "style" in attributes or tag == "style"]
        found += [tag for tag, attributes in self.tags if any(name.startswith(("on", "hx-on")) for name in attributes)]
        data = {"application/json"}
        return found + ["script" for one in self.all("script") if "src" not in one and one.get("type") not in data]


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("path", [*(reverse(f"web:{name}") for name in PAGES), *ACCOUNT_PAGES, "/organizations/"])
def test_page_has_title_heading_and_landmarks(alice: Client, acme: Organization, path: str) -> None:
    """
    One heading, one main part, a language, a title of its own, and no code that the policy would block.
    """
    make_job(make_token(acme), JobStatus.HELD, held_at=timezone.now())

    page = page_of(alice, path)
    tags = Tags(page)

    assert [len(tags.all(name)) for name in ("h1", "main", "header", "footer")] == [1, 1, 1, 1]
    assert tags.all("html")[0]["lang"]
    assert re.search(r"<title>\s*[^\s·<][^<]* · orgsync</title>", page)
    assert 'href="#main"' in page
    assert tags.inline_code() == []


@pytest.mark.parametrize("path", ["/admin/", "/accounts/login/", "/nowhere/"])
def test_policy_allows_nothing_from_elsewhere(alice: Client, path: str) -> None:
    """
    Scripts and styles come from this server alone, frames from nowhere, error pages included.
    """
    policy = alice.get(path)["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_assets_are_in_the_package(alice: Client) -> None:
    """
    Every script, style and picture that a page names is a file that we ship.
    """
    tags = Tags(page_of(alice, "/admin/"))
    named = [one["src"] for one in tags.all("script")] + [one["href"] for one in tags.all("link")]

    assert len(named) >= 4
    for address in named:
        assert address is not None
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/")), address


@pytest.mark.parametrize(("cookie", "attribute"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_chosen_theme_is_there_from_the_first_pixel(alice: Client, cookie: str, attribute: str) -> None:
    """
    The server writes the theme, so that no script has to repaint the page.
    """
    alice.cookies["theme"] = cookie

    assert attribute in page_of(alice, "/admin/")


def test_unknown_theme_is_no_markup(alice: Client) -> None:
    """
    What somebody else puts in the cookie does not reach the page.
    """
    alice.cookies["theme"] = '"><script>'

    assert "data-theme=" not in page_of(alice, "/admin/")


def test_navigation_shows_what_the_role_may(alice: Client, bob: Client) -> None:
    """
    Bob is not led to pages that are closed to him.
    """
    upload, learners = reverse("web:upload"), reverse("web:learners")

    assert f'href="{upload}"' in page_of(alice, "/admin/")
    assert f'href="{upload}"' not in page_of(bob, "/admin/")
    assert f'href="{learners}"' in page_of(bob, "/admin/")
    assert reverse("web:authenticate") not in page_of(bob, "/admin/")


def test_names_are_text_and_never_markup(alice: Client, acme: Organization) -> None:
    """
    An organization or a feed with a tag in its name is shown as it is written.
    """
    acme.name = "<script>alert(1)</script>"
    acme.save(update_fields=["name"])
    token = make_token(acme)
    token.feed.name = "<img src=x>"
    token.feed.save(update_fields=["name"])

    page = page_of(alice, "/admin/")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<img" not in page


def test_contacts_stand_in_the_foot_and_in_help(alice: Client, acme: Organization) -> None:
    """
    Whoever needs help finds whom to ask on every page.
    """
    acme.support_contact = "helpdesk@example.com"
    acme.save(update_fields=["support_contact"])

    assert page_of(alice, "/admin/").count("helpdesk@example.com") == 1
    assert page_of(alice, "/admin/help/").count("helpdesk@example.com") == 2


def test_help_names_every_column_and_every_code(bob: Client) -> None:
    """
    The catalogue is all there, for readers too, without any other server.
    """
    columns = page_of(bob, "/admin/help/?show=columns")
    messages = page_of(bob, "/admin/help/?show=messages")
    guards = page_of(bob, "/admin/help/?show=guards")

    assert [column.name for column in COLUMNS if f"<code>{column.name}</code>" not in columns] == []
    assert [kind.code for kind in ISSUE_KINDS if f'id="{kind.code}"' not in messages] == []
    assert [guard.code for guard in GUARDS if f"<code>{guard.code}</code>" not in guards] == []
    assert "{column}" not in messages


def test_help_is_looked_up(alice: Client) -> None:
    """
    A word finds the rows it occurs in, in any case; one that occurs nowhere says so.
    """
    found = page_of(alice, "/admin/help/?show=messages&q=INVALID_email")

    assert 'id="invalid_email"' in found
    assert 'id="too_long"' not in found
    assert "No message holds these words." in page_of(alice, "/admin/help/?show=messages&q=xyzzy")
    assert "No column holds these words." in page_of(alice, "/admin/help/?show=columns&q=xyzzy")


def test_flow_winds_without_overlap() -> None:
    """
    The second row runs back under the first, each arrow but the last leads on, and all of it fits.
    """
    steps = [FlowStep(name, ("a", "b")) for name in "ABCDE"]

    flow = winding(steps, columns=3, box_width=100)

    first, second, third, fourth, last = flow.boxes
    assert first.x < second.x < third.x == fourth.x > last.x == second.x
    assert fourth.y >= first.y + flow.box_height
    assert [bool(box.arrow) for box in flow.boxes] == [True, True, True, True, False]
    assert max(box.x for box in flow.boxes) + flow.box_width <= flow.width
    assert max(box.y for box in flow.boxes) + flow.box_height <= flow.height


@pytest.mark.parametrize(
    ("path", "part"), [("/admin/people/feeds/", "guards"), ("/admin/settings/webhooks/", "events")]
)
def test_page_leads_to_its_help(alice: Client, path: str, part: str) -> None:
    """
    The foot links the part of Help that explains the page, and each part that is linked exists.
    """
    linked = f"/admin/help/?show={part}"

    assert f'href="{linked}"' in page_of(alice, path)
    assert set(HELP_PARTS.values()) < PARTS.keys()
    assert f'href="?show={part}" aria-current="page"' in page_of(alice, linked)


def test_help_explains_every_setting(alice: Client) -> None:
    """
    From the one catalogue, and narrowed by what is looked up.
    """
    page = unescape(page_of(alice, "/admin/help/?show=settings"))
    narrowed = unescape(page_of(alice, "/admin/help/?show=settings&q=strptime+nothing"))

    assert all(setting.help in page for setting in SETTINGS)
    assert "No setting holds these words." in narrowed
