"""Learners sign in by a mailed link, an invitation or the organization's provider; their session opens nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.model import Mode
from orgsync.server.audit.models import AuditEntry
from orgsync.server.directory.models import Learner, LearnerInvitation, LicenseAssignment
from orgsync.server.learning.models import LearnerSession, SignInLink, SignInTry
from orgsync.server.learning.signin.asking import answer
from orgsync.server.learning.tasks import forget_learner_sign_ins
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Organization, SingleSignOn
from orgsync.server.signon.learnercookies import BROWSER, SESSION
from tests.server.pipeline.pipeline_world import make_world
from tests.server.web.learner_world import add_learner, signed_in_learner
from tests.server.web.test_single_sign_on import issuer, open_networks, person, sign_on

__all__ = ["issuer", "open_networks", "sign_on"]

HOME, SIGN_IN = "/learn/", "/learn/sign-in/"
ADDRESS = "ana.silva@example.com"


@pytest.fixture
def ana(acme: Organization) -> Learner:
    return add_learner(acme, 1, "Ana", "Silva")


def ask(client: Client, address: str = ADDRESS) -> Any:
    """Ask for a link, and let the worker write the mails; return the answer."""
    asked = client.post(SIGN_IN, {"email": address})
    newest = SignInTry.objects.order_by("-id").first()
    if newest is not None:
        answer(newest.pk, now=timezone.now())
    return asked


def mails() -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(kind="learner_sign_in").order_by("id"))


def link_in(mail: OutboxMail) -> str:
    return "/learn/enter/?key=" + mail.body.split("/learn/enter/?key=")[1].split()[0]


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def test_link_signs_in_once_where_it_was_asked_for(client: Client, ana: Learner) -> None:
    """A click signs in, and leads to the page that was wanted."""
    wanted = client.get("/learn/?from=mail")
    asked = ask(client, " Ana.Silva@EXAMPLE.com ")
    link = link_in(mails()[0])
    other = Client()

    assert (wanted["Location"], asked["Location"]) == (SIGN_IN, "/learn/sign-in/asked/")
    assert other.post(link).status_code == 403
    assert "no-store" in client.get(link)["Cache-Control"]
    entered = client.post(link)
    assert entered["Location"] == "/learn/?from=mail"
    cookie = entered.cookies[SESSION]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/learn/", True, "Lax")
    assert is_in(client)
    assert client.post(link).status_code == 410
    assert cookie.value.split("-", 1)[1].encode() not in bytes(LearnerSession.objects.get().digest)
    client.post("/learn/sign-out/")
    assert not is_in(client)
    assert not LearnerSession.objects.exists()


def test_answer_says_nothing_of_the_address(client: Client, acme: Organization, ana: Learner) -> None:
    """Unknown, inactive, unlicensed and too often asked: the same answer, the same rows, no mail."""
    add_learner(acme, 2, "Bo", "Adams", is_active=False)
    same = [ask(client, address) for address in (ADDRESS, "nobody@example.com", "bo.adams@example.com")]
    assert len({(one.status_code, one["Location"], one.content) for one in same}) == 1
    assert len(mails()) == 1
    for _time in range(4):
        ask(client)
    assert len(mails()) == 3
    assert SignInTry.objects.filter(sealed__isnull=False).count() == 0
    Organization.objects.filter(id=acme.pk).update(learners_need_license=True)
    add_learner(acme, 3, "Cy", "Young")
    ask(client, "cy.young@example.com")
    assert len(mails()) == 3
    give_license(acme, 3)
    ask(client, "cy.young@example.com")
    assert len(mails()) == 4


def give_license(acme: Organization, learner_id: int) -> None:
    pool = acme.pool_set.create(key="license_english_status", name="English")
    LicenseAssignment.objects.create(
        organization_id=acme.pk, learner_id=learner_id, pool_id=pool.pk, state="active", since=timezone.now()
    )


def test_old_links_and_guesses_open_nothing(client: Client, ana: Learner) -> None:
    """A link is over after a quarter of an hour; who guesses is locked out, and what is over is forgotten."""
    ask(client)
    link = link_in(mails()[0])
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(link).status_code == 410
    guesses = [client.get(f"/learn/enter/?key=1-{number}").status_code for number in range(12)]
    assert guesses == [404] * 10 + [429] * 2
    assert client.get("/learn/enter/?key=¾-x").status_code == 429
    for number in range(60):
        client.post(SIGN_IN, {"email": f"p{number}@example.com"})
    assert client.post(SIGN_IN, {"email": ADDRESS}).status_code == 429
    assert SignInTry.objects.filter(client=b"").count() == 0
    forget_learner_sign_ins(int((timezone.now() + timedelta(days=2)).timestamp()))
    assert not SignInTry.objects.exists()
    assert not SignInLink.objects.exists()


def test_sessions_of_learners_and_admins_are_apart(acme: Organization, ana: Learner, alice: Client) -> None:
    """Neither opens the other's pages, even in one browser, or by the other's cookie."""
    learner = signed_in_learner(acme, ana)
    for path in ("/admin/", "/admin/people/learners/", "/accounts/password/change/", "/organizations/"):
        assert learner.get(path).status_code == 302
    assert not is_in(alice)
    forged = Client()
    forged.cookies["sessionid"] = learner.cookies[SESSION].value
    assert forged.get("/admin/").status_code == 302
    forged.cookies[SESSION] = alice.cookies["sessionid"].value
    assert not is_in(forged)
    assert is_in(learner)


@pytest.mark.parametrize(
    "change",
    [
        {"learners_sign_in": False},
        {"learners_need_license": True},
    ],
)
def test_settings_reach_who_is_signed_in(acme: Organization, ana: Learner, change: dict[str, Any]) -> None:
    """Switched off, or without a license where one is needed, the next page is the sign-in page."""
    learner = signed_in_learner(acme, ana)
    assert is_in(learner)
    Organization.objects.filter(id=acme.pk).update(**change)
    assert not is_in(learner)
    if "learners_need_license" in change:
        give_license(acme, ana.id)
        assert is_in(learner)


def test_leaving_ends_sessions_and_links_for_good(transactional_db: None) -> None:
    """Who comes back signs in anew; an invitation's link signs in, once."""
    world = make_world(mode=Mode.CHANGES)
    Organization.objects.filter(id=world.id).update(invites_learners=True)
    head = "primary_email_address,unique_user_id,worker_status,license_english_status\n"
    world.set_feed(mode=Mode.CHANGES)
    world.send(f"{head}bo@example.com,E2,active,\n")
    world.send(f"{head}ana.silva@example.com,E1,active,active\n")
    invited = OutboxMail.objects.get(kind="learner_invitation").body
    LearnerInvitation.objects.update(expires_at=timezone.now() + timedelta(days=1))
    client = Client()
    answered = client.post("/activate/?key=" + invited.split("/activate/?key=")[1].split()[0])
    assert SESSION in answered.cookies
    assert is_in(client)
    again = Client()
    assert SESSION not in again.post("/activate/?key=" + invited.split("/activate/?key=")[1].split()[0]).cookies
    ask(client)

    world.send(f"{head}ana.silva@example.com,E1,inactive,\n")
    assert not is_in(client)
    assert (LearnerSession.objects.count(), SignInLink.objects.count()) == (0, 0)
    world.send(f"{head}ana.silva@example.com,E1,active,active\n")
    assert not is_in(client)
    assert client.cookies[BROWSER].value


def test_provider_signs_in_the_learner_with_the_verified_address(
    acme: Organization, ana: Learner, sign_on: SingleSignOn, issuer: str
) -> None:
    """No account is made or linked; who is no active learner, or whose address is not verified, stays out."""
    import httpx2

    def come(name: str, email: str, verified: bool = True) -> tuple[Client, Any]:
        client = Client()
        assert f"/accounts/oidc/{sign_on.public_id}/login/?as=learner" in str(
            client.get("/accounts/single-sign-on/?as=learner").content
        )
        person(issuer, name, email, verified)
        there = client.get(f"/accounts/oidc/{sign_on.public_id}/login/?as=learner")["Location"]
        back = httpx2.post(there, data={"sub": name}).headers["Location"]
        return client, client.get("/accounts" + back.split("/accounts", 1)[1])

    client, answered = come("ana", "Ana.Silva@example.com")
    assert answered["Location"] == "/learn/onward/"
    assert client.get("/learn/onward/")["Location"] == HOME
    assert is_in(client)
    assert client.get("/admin/").status_code == 302
    for name, email, verified in (
        ("fake", ADDRESS, False),
        ("nobody", "nobody@example.com", True),
        ("alice", "alice@example.com", True),
    ):
        refused, answered = come(name, email, verified)
        assert answered.status_code == 403
        assert not is_in(refused)
        assert refused.get("/admin/").status_code == 302
    assert AuditEntry.objects.filter(action="sign_on_refused").count() == 3
