"""POST /oauth/v2/accessToken: client id and secret against a token for half an hour."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import ActorKind
from orgsync.server.audit.models import AuditEntry
from orgsync.server.orgs.models import Admin, Organization, Role
from orgsync.server.tokens.applications import Wanted, make_application, revoke_application, rotate_secret
from orgsync.server.tokens.models import AccessToken, Application
from orgsync.server.uploads.models import IdempotencyKey, Media
from orgsync.server.uploads.retention import forget_application_tokens
from tests.job_world import make_admin
from tests.upload_world import JOBS, PEOPLE, UPLOAD, Sender, answer, make_feed, make_organization, make_sender

PATH = "/oauth/v2/accessToken"
FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


@dataclass(frozen=True, slots=True)
class Program:
    """An application with its secret, calling the server."""

    application: Application
    secret: str

    def fetch(self, **form: str) -> HttpResponse:
        named = {"client_id": self.application.client_id, "client_secret": self.secret}
        return post(GRANT | named | form)

    def sender(self, **form: str) -> Sender:
        fetched = self.fetch(**form)
        assert fetched.status_code == 200
        text = fetched.json()["access_token"]
        return Sender(self.application.feed, AccessToken.objects.latest("id"), text)  # type: ignore[arg-type]


def make_program(organization: Organization | None = None, *, has_feed: bool = True, **wanted: object) -> Program:
    organization = organization or make_organization()
    creator = make_admin(organization, f"owner{organization.pk}@example.com", Role.OWNER)
    feed = make_feed(organization) if has_feed else None
    values = {"name": "Console", "feed": feed, "scopes": ["sync"], "expires_at": None} | wanted
    made = make_application(organization, Wanted(**values), created_by=creator, now=now())  # type: ignore[arg-type]
    return Program(*made)


def now() -> datetime:
    return datetime.now(UTC)


def post(form: dict[str, str], **headers: str) -> HttpResponse:
    return answer("POST", PATH, urlencode(form).encode(), FORM, headers)


@pytest.fixture
def program(db: None) -> Program:
    return make_program()


def test_token_is_fetched_and_sends_a_file(program: Program) -> None:
    """The answer is LinkedIn's with type and scope; nobody may keep it; the token works as any other of its feed."""
    fetched = program.fetch()

    body = fetched.json()
    sent = Sender(make_feed(program.application.organization), AccessToken(), body["access_token"]).upload()
    assert (fetched.status_code, fetched["Cache-Control"], fetched["Pragma"]) == (200, "no-store", "no-cache")
    assert (body["token_type"], body["scope"]) == ("Bearer", "sync")
    assert 1795 <= body["expires_in"] <= 1800
    assert sent.status_code == 201
    assert Media.objects.get().feed == program.application.feed
    assert body["access_token"] not in str(AccessToken.objects.values())
    assert program.secret not in str(Application.objects.values())


def test_http_basic_says_the_same(program: Program) -> None:
    """Client id and secret may come in the header, but not twice."""
    packed = base64.b64encode(f"{program.application.client_id}:{program.secret}".encode()).decode()
    header = {"Authorization": f"Basic {packed}"}

    assert post(GRANT, **header).status_code == 200
    twice = post(GRANT | {"client_secret": program.secret}, **header)
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_secret": "orgc_wrong"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"scope": "sync admin"}, 400, "invalid_scope"),
    ],
)
def test_refusals_have_the_shape_of_the_standard(
    program: Program, form: dict[str, str], status: int, error: str
) -> None:
    """A word of RFC 6749 and a sentence; no token is made."""
    refused = program.fetch(**form)

    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert refused.json().keys() == {"error", "error_description"}
    assert refused["Cache-Control"] == "no-store"
    assert refused.has_header("WWW-Authenticate") is (status == 401)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", FORM, 400),
        (b'{"grant_type": "client_credentials"}', "application/json", 400),
        (b"a" * 20_000, FORM, 413),
        (b"grant_type=client_credentials", FORM, 401),
        (b"\xff\xfe=%ff&grant_type=client_credentials", FORM, 401),
    ],
)
def test_odd_bodies_are_refused_as_json(db: None, body: bytes, content_type: str, status: int) -> None:
    """Whatever comes: no stack trace, no HTML."""
    refused = answer("POST", PATH, body, content_type)

    assert (refused.status_code, "error" in refused.json()) == (status, True)


def test_secret_in_the_address_counts_for_nothing(program: Program) -> None:
    """Addresses stand in logs: only form and header are read."""
    query = urlencode(GRANT | {"client_id": program.application.client_id, "client_secret": program.secret})

    assert answer("POST", f"{PATH}?{query}", b"", FORM).status_code == 400
    assert answer("GET", f"{PATH}?{query}").status_code == 405


def test_guessing_ends_in_silence(program: Program, settings: Settings) -> None:
    """After ten wrong secrets from one address the right one is refused there too, and works from elsewhere."""
    settings.AXES_FAILURE_LIMIT = 3
    codes = [program.fetch(client_secret="orgc_no").status_code for _ in range(4)]

    locked = program.fetch()

    form = GRANT | {"client_id": program.application.client_id, "client_secret": program.secret}
    elsewhere = Client().post(PATH, urlencode(form), content_type=FORM, REMOTE_ADDR="192.0.2.9")
    assert codes == [401, 401, 401, 429]
    assert (locked.status_code, locked.json()["error"]) == (429, "temporarily_unavailable")
    assert int(locked["Retry-After"]) == 900
    assert elsewhere.status_code == 200
    assert AuditEntry.objects.filter(action=Action.APPLICATION_REFUSED).count() == 3


def test_scopes_are_the_application_s_or_fewer(program: Program) -> None:
    """What an application may, its tokens may, and each may be asked for with less."""
    organization = program.application.organization
    reading = make_program(
        organization=make_organization("Reader"), has_feed=False, scopes=["plans:read", "jobs:approve"]
    )

    narrow = reading.sender(scope="plans:read")

    about = narrow.get("/api/v1/token").json()
    assert (about["scopes"], about["feed"], about["name"]) == (["plans:read"], None, "Console")
    assert narrow.upload().status_code == narrow.get(f"{JOBS}/1").status_code == 403
    assert narrow.post("/api/v1/jobs/1/approve", b"{}", "application/json").status_code == 403
    assert narrow.get("/api/v1/jobs/1").status_code == 404
    assert organization != reading.application.organization


def test_tokens_of_two_organizations_see_nothing_of_each_other(program: Program) -> None:
    """A job and a file of Alice's are unknown to Charlie's application."""
    alice, charlie = program.sender(), make_program(make_organization("Globex")).sender()
    urn = alice.upload().json()["location"]
    job = alice.process(urn).json()["value"]

    assert alice.get(f"{JOBS}/{job}").status_code == 200
    assert charlie.get(f"{JOBS}/{job}").status_code == 404
    assert charlie.get(f"{UPLOAD}&id={urn}").status_code == 404
    assert charlie.process(urn).status_code == 404


def test_revoking_ends_its_tokens_at_once(program: Program) -> None:
    """Neither the secret nor what it has fetched opens anything."""
    sender = program.sender()
    revoke_application(program.application.organization, program.application.pk, now=now())

    refused = program.fetch()
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert sender.get(f"{JOBS}/1").json()["code"] == "REVOKED_ACCESS_TOKEN"


def test_two_secrets_work_while_they_overlap(program: Program) -> None:
    """The new one at once, the old one to its end, the client id for both."""
    owner = Admin.objects.get(organization=program.application.organization)
    secret = rotate_secret(program.application, former_ends_at=now() + timedelta(days=7), by=owner, now=now())
    fresh = Program(program.application, secret)
    overlapping = [program.fetch().status_code, fresh.fetch().status_code]
    Application.objects.update(former_ends_at=now())

    assert overlapping == [200, 200]
    assert [program.fetch().status_code, fresh.fetch().status_code] == [401, 200]


def test_token_never_outlives_its_application(db: None) -> None:
    """An application that ends in five minutes gives five minutes, and nothing after that."""
    program = make_program(expires_at=now() + timedelta(minutes=5))

    assert program.fetch().json()["expires_in"] <= 300
    Application.objects.update(expires_at=now())
    assert program.fetch().json()["error_description"] == "The application has expired."


def test_allow_list_binds_fetching_and_calling(db: None) -> None:
    """From another address the right secret gets nothing."""
    program = make_program(allowed_networks=["192.0.2.0/24"])

    refused = program.fetch()

    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")


def test_all_tokens_of_an_application_count_together(program: Program, settings: Settings) -> None:
    """A fresh token brings no fresh allowance, and no second answer to the same key."""
    settings.UPLOADS_PER_HOUR = 2
    first, second = program.sender(), program.sender()

    answers = [one.upload(PEOPLE, Idempotency_Key="night-1") for one in (first, second)]

    assert answers[0].json() == answers[1].json()
    assert first.upload().status_code == 429
    assert IdempotencyKey.objects.count() == 1


def test_use_and_deeds_are_the_application_s(program: Program) -> None:
    """The panel says when and from where it was used last; the audit log names it, not a token that is soon gone."""
    sender = program.sender()
    sender.upload(PEOPLE, "&auto_notify=true")

    program.application.refresh_from_db()
    actors = AuditEntry.objects.filter(action__in=[Action.APPLICATION_TOKEN_GIVEN, Action.JOB_ACCEPTED])
    assert program.application.last_used_from == "127.0.0.1"
    assert set(actors.values_list("actor_kind", "actor_id")) == {(ActorKind.APPLICATION.value, program.application.pk)}


def test_ended_tokens_go_and_those_of_files_stay(program: Program) -> None:
    """A day after its end a token is swept, unless a file names it; nobody else's are touched."""
    program.sender().upload()
    program.sender()
    make_sender(expires_at=now() - timedelta(days=3))
    AccessToken.objects.exclude(application=None).update(expires_at=now() - timedelta(days=2))

    assert forget_application_tokens(now()) == 1
    assert AccessToken.objects.count() == 2
