"""What every answer says to a browser: what may run, who may frame it, that nothing is kept, and its cookies."""

from datetime import timedelta
from http.cookies import Morsel
from typing import Any

import pytest
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from orgsync.server.orgs.models import Organization
from orgsync.server.web import sessionlife
from tests.server.learning.colleague_world import make_team
from tests.server.web.access_tables import SEEING, WITH_ID
from tests.server.web.access_world import OUT_OF_REACH, ids_of_acme
from tests.server.web.every_url import every_place
from tests.server.web.learner_world import signed_in_learner

KEPT = ("/branding.css", "/logo/")
"""What a browser may keep: its address changes with what it holds, and no person is named in it."""
SAME = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


@pytest.fixture(autouse=True)
def with_tls(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def wrong_with(path: str, answer: HttpResponseBase) -> list[str]:
    """Return which promises an answer breaks."""
    wrong = [name for name, value in SAME.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    demands = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
    is_picture = "/logo/" in path and answer.status_code == 200
    if not all(one in policy for one in demands) or ("unsafe" in policy and not is_picture):
        wrong.append(f"policy: {policy}")
    kept = answer.headers.get("Cache-Control", "")
    if "no-store" not in kept and not (any(one in path for one in KEPT) and "private" in kept):
        wrong.append(f"kept: {kept}")
    if answer.headers.get("Access-Control-Allow-Origin"):
        wrong.append("open to other sites")
    if getattr(answer, "content", b"") and "Content-Type" not in answer.headers:
        wrong.append("no Content-Type")
    return wrong + [f"cookie {name}: {said}" for name, said in answer.cookies.items() if not is_careful(said)]


def is_careful(cookie: Morsel[str]) -> bool:
    """Out of reach of scripts, over TLS only, not sent along by other sites."""
    return bool(cookie["secure"] and cookie["httponly"] and cookie["samesite"] in {"Lax", "Strict"})


def ask(client: Client, path: str, **named: Any) -> HttpResponseBase:
    return client.get(path, secure=True, **named)


def test_every_answer_is_closed_to_other_sites_and_kept_nowhere(
    acme: Organization, alice: Client, client: Client
) -> None:
    """
    Whatever the address, whoever asks, whatever becomes of it: pages, programs' calls, redirects and errors.
    """
    ana = signed_in_learner(acme, make_team(acme)[0])
    places = every_place()

    assert len(places) > 200
    for place in places:
        for who in (client, ana, alice):
            answer = ask(who, place.path())
            assert answer.status_code < 500 or "readyz" in place.route, place
            assert wrong_with(place.path(), answer) == [], (place.route, answer.status_code)


def test_every_page_with_something_on_it_too(acme: Organization, alice: Client) -> None:
    """
    Pages that found what they show, downloads and pictures.
    """
    ids = ids_of_acme(acme)
    for name in sorted((SEEING | WITH_ID) - OUT_OF_REACH):
        path = reverse(f"web:{name}", kwargs=ids.get(name))
        assert wrong_with(path, ask(alice, path)) == [], path


def test_assets_and_sign_in_say_the_same(client: Client, acme: Organization) -> None:
    """
    Scripts and styles may be kept, and are closed to other sites all the same; no cookie comes with them.
    """
    answer = ask(client, "/static/web/app.css")

    assert answer.status_code == 200
    assert [name for name, value in SAME.items() if answer.headers.get(name) != value] == []
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies


@pytest.mark.parametrize(
    ("pause", "age", "is_in"),
    [(59, 0, True), (61, 0, False), (0, 23 * 60, True), (0, 24 * 60 + 1, False)],
)
def test_session_ends_after_a_pause_and_with_its_age(
    alice: Client, monkeypatch: pytest.MonkeyPatch, pause: int, age: int, *, is_in: bool
) -> None:
    """
    An hour of nothing, or a day whatever is done; then the page asks to sign in, and the session is gone.
    """
    alice.get("/admin/")
    session = alice.session
    now = timezone.now().timestamp()
    session[sessionlife.SEEN], session[sessionlife.BEGAN] = now - pause * 60, now - max(pause, age) * 60
    session.save()

    answer = alice.get("/admin/")

    assert (answer.status_code == 200) is is_in
    assert (sessionlife.SEEN in alice.session) is is_in


def test_use_is_noted_once_a_minute(alice: Client) -> None:
    """
    Not every page writes the session.
    """
    alice.get("/admin/")
    first = alice.session[sessionlife.SEEN]
    alice.get("/admin/")

    assert alice.session[sessionlife.SEEN] == first
    assert timedelta(days=1).total_seconds() == settings.SESSION_COOKIE_AGE


def test_words_about_people_wait_in_the_session(alice: Client, acme: Organization) -> None:
    """
    What an admin is told next is not in a cookie.
    """
    answer = alice.post("/admin/settings/branding/", {"do": "no-logo"})

    assert answer.status_code == 302
    assert set(answer.cookies) <= {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    assert b"Saved." in alice.get(answer["Location"]).content
