"""Codes and passwords: guesses at a second factor end, a code opens once, and a password says more than our names."""

from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from orgsync.server.admins.freeing import remove_factors
from orgsync.server.admins.roles import AdminRefused
from orgsync.server.audit.models import AuditEntry
from orgsync.server.orgs import factors
from orgsync.server.orgs.models import Account, FactorTry, Organization, Role
from orgsync.server.orgs.signins import forget_sign_ins
from tests.job_world import make_admin, make_organization

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def olga(acme: Organization, settings: Settings) -> Account:
    """An owner with an authenticator app and recovery codes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    account = make_admin(acme, "olga.nilsson@example.com", Role.OWNER)
    account.set_password(PASSWORD)
    account.save(update_fields=["password"])
    TOTP.activate(account, SECRET)
    RecoveryCodes.activate(account)
    return account


def code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, list(yield_hotp_counters_from_time())[1])))


def try_code(client: Client, given: str) -> str:
    """Give the password, then the code; return what the page says."""
    client.post("/accounts/login/", {"login": "olga.nilsson@example.com", "password": PASSWORD})
    answer = client.post("/accounts/2fa/authenticate/", {"code": given})
    # What a process remembers by itself helps nobody who has several.
    cache.clear()
    return "" if answer.status_code == 302 else str(answer.context["form"].errors["code"][0])


def test_guesses_at_the_second_factor_end(olga: Account) -> None:
    """
    After ten wrong codes from ten addresses the right one does not help, a recovery code neither; later it does.
    """
    said = [try_code(Client(REMOTE_ADDR=f"192.0.2.{number}"), "000000") for number in range(10)]
    recovery = RecoveryCodes.activate(olga).get_unused_codes()[0]

    assert set(said) == {"Incorrect code."}
    assert "wait a quarter" in try_code(Client(), code())
    assert "wait a quarter" in try_code(Client(), recovery)
    refused = AuditEntry.objects.filter(action="sign_in_failed", ids__reason="second_factor")
    assert refused.count() == 10
    FactorTry.objects.update(at=timezone.now() - factors.WINDOW)
    assert try_code(Client(), code()) == ""


def test_code_opens_once_whichever_process_sees_it(olga: Account) -> None:
    """
    Who looked over a shoulder comes too late; only a keyed hash of the code is stored, for a day.
    """
    once = code()

    assert try_code(Client(), once) == ""
    assert try_code(Client(), once) != ""
    assert once.encode() not in b"".join(bytes(row.used) for row in FactorTry.objects.all())
    forget_sign_ins(timezone.now() + timedelta(days=2))
    assert not FactorTry.objects.exists()


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("correct horse battery", True),
        ("x" * 128, True),
        ("orgsyncorgsync", False),
        ("0rgSync-2026!", False),
        ("olga.nilsson.2026", False),
        ("Acme-Kitchens-1", False),
        ("acme kitchens on fire tonight", True),
        ("qwertyuiop123", False),
    ],
)
def test_password_says_more_than_our_names(acme: Organization, olga: Account, password: str, *, is_good: bool) -> None:
    """
    Without the product's, the person's and the organization's words eight characters are left.
    """
    Organization.objects.filter(pk=acme.pk).update(name="Acme Kitchens")

    if is_good:
        validate_password(password, olga)
    else:
        with pytest.raises(ValidationError):
            validate_password(password, olga)


def test_lost_factor_is_removed_by_an_operator(olga: Account, acme: Organization) -> None:
    """
    Afterwards the password is enough, sessions have ended, and the log says who did it; only for admins from here.
    """
    client = Client()
    try_code(client, code())
    assert client.get("/admin/").status_code == 200

    with pytest.raises(AdminRefused):
        remove_factors(make_organization("Globex"), olga.email, now=timezone.now())
    assert remove_factors(acme, "Olga.Nilsson@example.com", now=timezone.now()) == 2
    assert client.get("/admin/").status_code == 302
    client.post("/accounts/login/", {"login": olga.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    assert AuditEntry.objects.get(action="factor_removed").actor_kind == "command"


def test_change_of_password_and_factor_is_recorded(olga: Account) -> None:
    """
    The log of each organization tells of it, without what it was.
    """
    client = Client()
    try_code(client, code())
    given = {"oldpassword": PASSWORD, "password1": "staple battery horse", "password2": "staple battery horse"}
    client.post("/accounts/password/change/", given)

    assert "password_changed" in AuditEntry.objects.values_list("action", flat=True)
