"""Single sign-on, with a real OpenID Connect provider in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from allauth.socialaccount.internal.statekit import STATES_SESSION_KEY
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from orgsync.server.audit.models import AuditEntry
from orgsync.server.orgs.models import Account, Admin, Organization, Role, SingleSignOn
from tests.job_world import make_admin, make_organization

PAGE = "/admin/authenticate/single-sign-on/"
SECRET = "a secret of the client"
PROVIDER = """
import sys
from oidc_provider_mock import run_server_in_thread
with run_server_in_thread(require_nonce=True) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Give the address of a provider that takes every client and knows whom it is told of."""
    command = [sys.executable, "-W", "ignore", "-c", PROVIDER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://localhost:{int(process.stdout.readline())}"
        process.communicate("")


@pytest.fixture(autouse=True)
def open_networks(settings: Settings) -> None:
    """Loopback is closed to calls unless the server's operators say otherwise."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8", "::1/128"]


@pytest.fixture
def sign_on(alice: Client, acme: Organization, issuer: str) -> SingleSignOn:
    """What Alice has set up."""
    assert save(alice, issuer).status_code == 302
    return SingleSignOn.objects.get(organization=acme)


def save(owner: Client, issuer: str, **more: str) -> object:
    given = {"issuer": issuer, "client_id": "orgsync", "secret": SECRET, "domains": "Example.com", "is_on": "on"}
    return owner.post(PAGE, {name: value for name, value in (given | more).items() if value})


def person(issuer: str, name: str, email: str, verified: object = True) -> str:
    """Make somebody known to the provider; return what it calls them."""
    claims = {"email": email, "email_verified": verified}
    httpx2.put(f"{issuer}/users/{name}", json=claims).raise_for_status()
    return name


def to_provider(client: Client, sign_on: SingleSignOn) -> str:
    return str(client.get(f"/accounts/oidc/{sign_on.public_id}/login/")["Location"])


def come_back(client: Client, there: str, name: str) -> object:
    """Sign in at the provider, and follow it back."""
    back = urlsplit(httpx2.post(there, data={"sub": name}).headers["Location"])
    return client.get(f"{back.path}?{back.query}")


def sign_in(client: Client, sign_on: SingleSignOn, name: str) -> object:
    return come_back(client, to_provider(client, sign_on), name)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def last_entry() -> tuple[str, dict[str, object]]:
    entry = AuditEntry.objects.latest("number")
    return entry.action, entry.ids


def test_owner_sets_it_up_and_the_secret_stays_sealed(
    alice: Client, sign_on: SingleSignOn, issuer: str, settings: Settings
) -> None:
    """
    The provider is asked first; the secret is shown nowhere; another issuer needs a secret of its own.
    """
    page = alice.get(PAGE).content.decode()

    assert last_entry()[0] == "sign_on_changed"
    assert SECRET.encode() not in bytes(sign_on.secret)
    assert SECRET not in page
    assert f"/accounts/oidc/{sign_on.public_id}/login/callback/" in page
    assert save(alice, issuer, secret="").status_code == 302
    assert b"Type the client secret" in save(alice, issuer + "/", secret="").content
    assert b"The provider calls itself" in save(alice, issuer + "/").content
    assert b"Not a domain" in save(alice, issuer, domains="@@").content
    assert b"Name the e-mail domains" in save(alice, issuer, domains="", makes_admins="on").content
    assert b"does not answer as one" in save(alice, issuer + "/nowhere").content
    settings.WEBHOOK_NETWORKS = []
    assert b"no public address" in save(alice, issuer).content
    assert Client().get(f"/accounts/oidc/{sign_on.public_id}/login/").status_code == 502
    assert SingleSignOn.objects.get().issuer == issuer


def test_admin_signs_in_and_is_known_again(acme: Organization, sign_on: SingleSignOn, issuer: str) -> None:
    """
    The first time the verified address says who it is, later the provider's name for them. Nothing else is kept.
    """
    account = make_admin(acme, "rita@example.com", Role.READ_ONLY)
    client, again = Client(), Client()

    offered = client.get("/accounts/single-sign-on/?next=/admin/help/").content.decode()
    there = to_provider(client, sign_on)
    answer = come_back(client, there, person(issuer, "rita", "Rita@Example.com"))
    asked = parse_qs(urlsplit(there).query)
    person(issuer, "rita", "rita.new@example.com", verified=False)
    sign_in(again, sign_on, "rita")

    assert "Go on to Acme" in offered
    assert "Single sign-on" in Client().get("/accounts/login/").content.decode()
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert answer["Location"] == "/"
    assert is_in(client)
    assert is_in(again)
    link = SocialAccount.objects.get()
    assert (link.user, link.uid, link.provider, link.extra_data) == (account, "rita", sign_on.public_id, {})


@pytest.mark.parametrize(
    ("email", "verified", "reason"),
    [
        ("rita@example.com", False, "no_verified_address"),
        ("rita@example.com", "false", "no_verified_address"),
        ("", True, "no_verified_address"),
        ("stranger@example.com", True, "no_admin"),
        ("charlie@example.com", True, "no_admin"),
        ("gone@example.com", True, "no_admin"),
        ("both@example.com", True, "admin_elsewhere"),
    ],
)
def test_others_stay_out(
    acme: Organization,
    charlie: Client,
    sign_on: SingleSignOn,
    issuer: str,
    email: str,
    verified: object,
    reason: str,
) -> None:
    """
    Without a verified address, without a role here, or with power elsewhere nobody comes in, and it is recorded.
    """
    make_admin(acme, "rita@example.com", Role.OWNER)
    gone = make_admin(acme, "gone@example.com", Role.ADMIN)
    Admin.objects.filter(account=gone).update(deactivated_at="2026-01-01T00:00Z")
    both = make_admin(acme, "both@example.com", Role.ADMIN)
    Admin.objects.create(organization=Organization.objects.get(name="Globex"), account=both, role=Role.ADMIN)
    client = Client()

    answer = sign_in(client, sign_on, person(issuer, "somebody", email, verified))

    assert answer.status_code == 403
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    action, ids = last_entry()
    assert (action, ids["reason"]) == ("sign_on_refused", reason)


def test_people_of_chosen_domains_become_readers(alice: Client, sign_on: SingleSignOn, issuer: str) -> None:
    """
    Who is new gets an account without a password and may look; an address of another domain stays out.
    """
    save(alice, issuer, secret="", makes_admins="on")
    client, other = Client(), Client()

    sign_in(client, sign_on, person(issuer, "nina", "nina@example.com"))
    sign_in(other, sign_on, person(issuer, "omar", "omar@sub.example.com"))

    made = Account.objects.get(email="nina@example.com")
    assert Admin.objects.get(account=made).role == Role.READ_ONLY
    assert not made.has_usable_password()
    assert is_in(client)
    assert not is_in(other)
    assert not Account.objects.filter(email="omar@sub.example.com").exists()


def test_session_opens_the_providers_organization_alone(
    acme: Organization, alice: Client, charlie: Client, sign_on: SingleSignOn, issuer: str
) -> None:
    """
    What the account is elsewhere stays closed; switching single sign-on off ends the session's rights.
    """
    account = make_admin(acme, "rita@example.com", Role.READ_ONLY)
    client = Client()
    sign_in(client, sign_on, person(issuer, "rita", "rita@example.com"))
    globex = Organization.objects.get(name="Globex")
    Admin.objects.create(organization=globex, account=account, role=Role.OWNER)

    client.post("/organizations/", {"organization": globex.pk})
    page = client.get("/admin/").content.decode()
    assert "Acme" in page
    assert "Globex" not in client.get("/organizations/").content.decode()
    assert sign_in(Client(), sign_on, "rita").status_code == 403
    save(alice, issuer, secret="", is_on="")

    assert not is_in(client)
    assert client.get(f"/accounts/oidc/{sign_on.public_id}/login/").status_code == 404
    assert "Single sign-on" not in Client().get("/accounts/login/").content.decode()


def test_answers_that_were_not_asked_for_are_refused(acme: Organization, sign_on: SingleSignOn, issuer: str) -> None:
    """
    Another browser's state, a made-up one, another nonce, a code that is none, and turning round at the provider.
    """
    make_admin(acme, "rita@example.com", Role.OWNER)
    person(issuer, "rita", "rita@example.com")
    callback = f"/accounts/oidc/{sign_on.public_id}/login/callback/"
    client, other = Client(), Client()

    stolen = come_back(other, to_provider(client, sign_on), "rita")
    made_up = client.get(f"{callback}?{urlencode({'code': 'x', 'state': 'y'})}")
    there = to_provider(client, sign_on)
    no_code = client.get(f"{callback}?{urlencode({'code': 'x', 'state': parse_qs(urlsplit(there).query)['state'][0]})}")
    there = to_provider(client, sign_on)
    query = parse_qs(urlsplit(there).query)
    replayed = come_back(client, there.replace(query["nonce"][0], "another"), "rita")
    state = parse_qs(urlsplit(to_provider(client, sign_on)).query)["state"][0]
    turned = client.get(f"{callback}?{urlencode({'error': 'access_denied', 'state': state})}", follow=True)

    assert [answer.status_code for answer in (stolen, made_up, no_code, replayed)] == [401, 401, 401, 403]
    assert last_entry()[1]["reason"] == "other_sign_in"
    assert b"You turned round" in turned.content
    assert not is_in(client)
    assert not is_in(other)
    assert not client.session.get(STATES_SESSION_KEY, {}).get(query["state"][0])


def test_organizations_are_found_by_the_domain_of_an_address(sign_on: SingleSignOn, client: Client) -> None:
    """
    Where several have single sign-on the page asks for an address, and names only whom that belongs to.
    """
    SingleSignOn.objects.create(
        organization=make_organization("Initech"),
        public_id="other",
        domains=["example.org"],
        secret=b"x" * 40,
        is_on=True,
    )
    page = "/accounts/single-sign-on/"

    found = client.get(f"{page}?email=ana@EXAMPLE.com").content.decode()

    assert "Acme" not in client.get(page).content.decode()
    assert ("Acme" in found, "Initech" in found) == (True, False)
    assert "No organization here" in client.get(f"{page}?email=ana@example.net").content.decode()
    # Its secret cannot be read with this server's key.
    assert client.get("/accounts/oidc/other/login/").status_code == 404
