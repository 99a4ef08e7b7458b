"""Sign-in: who gets in, who is locked out, and what leaves with a sign-out."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    SECRET_SESSION_KEY,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.web.views.account import BACKEND
from tests.job_world import make_admin

LOGIN = "/accounts/login/"
PASSWORD = "correct horse battery"
TOTP = "/accounts/2fa/totp/activate/"
NEW_PASSWORD = "staple battery horse"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Settings) -> None:
    """Guessing thirty times takes a quarter of a minute otherwise."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def owner(acme: Organization) -> Account:
    account = make_admin(acme, "olga@example.com", Role.OWNER)
    account.set_password(PASSWORD)
    account.save(update_fields=["password"])
    return account


def sign_in(client: Client, password: str = PASSWORD, email: str = "olga@example.com", **more: str) -> int:
    return client.post(LOGIN, {"login": email, "password": password} | more).status_code


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_right_password_gets_in(acme: Organization, client: Client) -> None:
    """
    The address counts in any case, at sign-in and as it was first written.
    """
    Admin.objects.create(
        organization=acme, account=Account.objects.create_user("Olga@Example.com", PASSWORD), role=Role.OWNER
    )

    sign_in(client, email="OLGA@example.com")

    assert is_in(client)


def test_wrong_password_and_unknown_address_say_the_same(owner: Account, client: Client) -> None:
    """
    Nobody learns from the page who has an account.
    """
    wrong = client.post(LOGIN, {"login": "olga@example.com", "password": "wrong"})
    unknown = client.post(LOGIN, {"login": "nobody@example.com", "password": "wrong"})

    assert wrong.context["form"].errors == unknown.context["form"].errors != {}
    assert not is_in(client)


def test_ten_wrong_passwords_lock_the_account_out(owner: Account, client: Client) -> None:
    """
    After ten wrong passwords the right one does not help either, and the page says so.
    """
    for _ in range(10):
        answer = client.post(LOGIN, {"login": "olga@example.com", "password": "wrong"})

    assert answer.status_code == 429
    assert b"Too many tries" in answer.content
    assert sign_in(client) == 429
    assert not is_in(client)


def test_lock_out_of_one_address_leaves_others_alone(owner: Account, client: Client) -> None:
    """
    Guessing from one network address does not lock the owner out at another.
    """
    for _ in range(10):
        sign_in(client, "wrong")
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")

    sign_in(elsewhere)

    assert is_in(elsewhere)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(owner: Account, client: Client) -> None:
    """
    The session's cookie is HttpOnly and SameSite; it asks for HTTPS where the server has it.
    """
    sign_in(client)

    session = client.cookies[django_settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    is_tls = django_settings.IS_TLS
    assert django_settings.SESSION_COOKIE_SECURE is django_settings.CSRF_COOKIE_SECURE is is_tls


def test_session_gets_a_new_name_at_sign_in(owner: Account, client: Client) -> None:
    """
    A session id that somebody planted before is worth nothing afterwards.
    """
    client.session.save()
    client.get(LOGIN)
    before = client.session.session_key

    sign_in(client)

    assert client.session.session_key != before


def test_sign_out_needs_a_post(owner: Account, client: Client) -> None:
    """
    A link or a picture on another page cannot sign anybody out.
    """
    sign_in(client)

    client.get("/accounts/logout/")
    after_link = is_in(client)
    client.post("/accounts/logout/")

    assert after_link
    assert not is_in(client)


def test_new_password_ends_other_sessions(owner: Account, client: Client) -> None:
    """
    Whoever has the old password is out, on every machine; the one who changed it stays.
    """
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)

    given = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post("/accounts/password/change/", given)

    assert is_in(client)
    assert not is_in(elsewhere)
    assert sign_in(Client(), NEW_PASSWORD) == 302


def test_weak_password_is_refused(owner: Account, client: Client) -> None:
    """
    Eleven characters are too few.
    """
    sign_in(client)

    given = {"oldpassword": PASSWORD, "password1": "elevenchars", "password2": "elevenchars"}
    answer = client.post("/accounts/password/change/", given)

    assert answer.status_code == 200
    assert b"at least 12 characters" in answer.content


def test_address_to_go_on_to_stays_on_this_server(owner: Account, client: Client) -> None:
    """
    A link to our sign-in page leads to no other site afterwards.
    """
    given = {"login": "olga@example.com", "password": PASSWORD, "next": "https://attacker.example.com/"}

    answer = client.post(LOGIN, given)

    assert answer["Location"] == "/"


def test_inactive_account_stays_out(owner: Account, client: Client) -> None:
    """
    Deactivating an account works at once, for sessions that are open too.
    """
    sign_in(client)
    Account.objects.filter(pk=owner.pk).update(is_active=False)

    assert not is_in(client)
    sign_in(client)
    assert not is_in(client)


def test_nobody_signs_up(client: Client, acme: Organization) -> None:
    """
    There is no form to make an account with.
    """
    assert client.get("/accounts/signup/").status_code == 404
    assert client.post("/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD}).status_code == 404


def test_second_factor_can_be_set_up(owner: Account, client: Client) -> None:
    """
    An admin who has given the password once more gets the picture for an authenticator app.
    """
    page = "/accounts/2fa/totp/activate/"
    sign_in(client)

    asked = client.get(page)
    client.post(asked["Location"], {"password": PASSWORD})
    answer = client.get(page)

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert b"data:image/svg" in answer.content


def enrol(client: Client) -> str:
    """Set an authenticator app up; return its secret."""
    sign_in(client)
    client.post(client.get(TOTP)["Location"], {"password": PASSWORD})
    client.get(TOTP)
    secret = client.session[SECRET_SESSION_KEY]
    assert client.post(TOTP, {"code": code_of(secret)}).status_code == 302
    return str(secret)


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def test_second_factor_is_asked_for_and_stored_sealed(owner: Account, client: Client) -> None:
    """
    The password alone opens nothing any more; a code does, and a recovery code once.
    """
    secret = enrol(client)
    recovery = RecoveryCodes.activate(owner).generate_codes()[0]

    stored = str(Authenticator.objects.get(user=owner, type="totp").data)
    second = Client()
    sign_in(second)
    half_way = is_in(second)
    second.post("/accounts/2fa/authenticate/", {"code": "000000"})
    guessed = is_in(second)
    second.post("/accounts/2fa/authenticate/", {"code": recovery})

    assert secret not in stored
    assert not half_way
    assert not guessed
    assert is_in(second)
    again = Client()
    sign_in(again)
    again.post("/accounts/2fa/authenticate/", {"code": recovery})
    assert not is_in(again)


def test_organization_that_asks_for_a_second_factor_is_closed_without_one(owner: Account, client: Client) -> None:
    """
    Every page leads to where one is set up, until one is.
    """
    Organization.objects.update(requires_second_factor=True)
    sign_in(client)

    assert client.get("/admin/people/learners/")["Location"] == "/accounts/2fa/"
    enrol(client)
    assert is_in(client)


def test_forgotten_password_is_set_by_the_link_of_a_mail(owner: Account, client: Client, settings: Settings) -> None:
    """
    The link goes to the account's own address by the configured host, works once, and ends other sessions.
    """
    settings.BASE_URL = "https://orgsync.example.com"
    signed = Client()
    sign_in(signed)

    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert not OutboxMail.objects.exists()
    answer = client.post("/accounts/password/reset/", {"email": "OLGA@example.com"}, headers={"host": "evil.example"})
    mail = OutboxMail.objects.get()
    found = re.search(r"https://orgsync\.example\.com(/\S+)", mail.body)
    assert found
    landed = client.get(found[1], follow=True)
    client.post(landed.redirect_chain[-1][0], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert answer["Location"] == "/accounts/password/reset/done/"
    assert mail.recipient == "olga@example.com"
    assert not is_in(signed)
    sign_in(client, NEW_PASSWORD)
    assert is_in(client)
    assert b"invalid" in Client().get(found[1], follow=True).content.lower()


def test_set_up_is_gone_once_there_is_an_organization(acme: Organization, client: Client) -> None:
    """
    Nobody makes themselves an owner of a server that is in use.
    """
    given = {"organization": "Mine", "email": "eve@example.com", "password": PASSWORD}

    assert client.get("/setup/").status_code == 404
    assert client.post("/setup/", given).status_code == 404


@pytest.mark.django_db
def test_first_run_leads_from_set_up_to_home(client: Client) -> None:
    """
    On an empty server the start page asks for the organization and its owner, who is signed in then.
    """
    given = {"organization": "Acme", "email": "olga@example.com", "password": PASSWORD}

    assert client.get("/")["Location"] == "/setup/"
    assert client.post("/setup/", given)["Location"] == "/admin/"
    assert is_in(client)
    assert client.session["_auth_user_backend"] == BACKEND
