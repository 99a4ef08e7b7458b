"""What the admin commands do, and what they refuse."""

import pytest

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus, Mode
from orgsync.server.commands.actions import Actions
from orgsync.server.commands.admin import admin
from orgsync.server.directory.models import Feed, Pool
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.tokens import TokenState, find_token
from orgsync.server.uploads.decisions import DecisionRefused, approve_job, reject_job
from tests.job_world import NOW, make_job, make_organization, make_token

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def make_token_by_command(**more: object) -> str:
    given: dict[str, object] = {
        "feed": None,
        "mode": None,
        "expires_days": 30,
        "scopes": ("sync",),
        "notify": "",
        "emails_creator": True,
    }
    return Actions(None).make_access_token("Nightly", **given | more)  # type: ignore[arg-type]


def test_set_up_makes_owner_and_first_pool() -> None:
    """
    After set-up a file with license_english_status can be sent.
    """
    Actions("Acme").set_up("Owner@Example.com", PASSWORD)

    organization = Organization.objects.get(name="Acme")
    assert Admin.objects.get(organization=organization).role == Role.OWNER
    assert Account.objects.get().check_password(PASSWORD)
    assert Pool.objects.get(organization=organization).key == "license_english_status"


@pytest.mark.parametrize(
    ("name", "email", "password", "field"),
    [
        ("", "owner@example.com", PASSWORD, "organization"),
        ("Acme", "nobody", PASSWORD, "email"),
        ("Acme", "owner@example.com", "short", "password"),
    ],
)
def test_set_up_refuses_what_cannot_be_used(name: str, email: str, password: str, field: str) -> None:
    """
    Nothing is half set up: neither organization nor account remain.
    """
    with pytest.raises(OrgSyncError, match=f"^{field}:"):
        Actions(name).set_up(email, password)

    assert not Organization.objects.exists()
    assert not Account.objects.exists()


def test_second_set_up_of_a_name_is_refused() -> None:
    """
    Running the set-up script twice changes nothing.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)

    with pytest.raises(OrgSyncError, match="already"):
        Actions("Acme").set_up("other@example.com", PASSWORD)

    assert Admin.objects.count() == 1


def test_token_is_good_and_makes_its_feed() -> None:
    """
    --mode makes the feed when it does not exist; the printed text is the token.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)

    text = make_token_by_command(feed="HR", mode="full", notify="a@example.com, b@example.com")

    assert find_token(text, now=NOW).state is TokenState.GOOD
    assert Feed.objects.get().mode == Mode.FULL
    assert AccessToken.objects.get().notify_addresses == ["a@example.com", "b@example.com"]


def test_token_of_an_unknown_feed_is_refused() -> None:
    """
    A misspelt feed makes no second one.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)

    with pytest.raises(OrgSyncError, match="There is no feed HRR"):
        make_token_by_command(feed="HRR")

    assert not Feed.objects.exists()


def test_address_to_notify_is_checked() -> None:
    """
    A list with something else in it makes no token.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)

    with pytest.raises(OrgSyncError, match="nobody is no e-mail address"):
        make_token_by_command(notify="a@example.com,nobody")

    assert not AccessToken.objects.exists()


def test_several_organizations_need_a_name() -> None:
    """
    A command never guesses which organization is meant.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)
    Actions("Bolt").set_up("owner@example.com", PASSWORD)

    with pytest.raises(OrgSyncError, match="name one with --organization"):
        make_token_by_command()


@pytest.mark.parametrize(
    ("role", "reason", "may"),
    [
        (Role.OWNER, "leavers", True),
        (Role.ADMIN, "leavers", True),
        (Role.READ_ONLY, "leavers", False),
        (None, "leavers", False),
        (Role.OWNER, "admin_change", True),
        (Role.ADMIN, "admin_change", False),
    ],
)
def test_who_may_decide(role: Role | None, reason: str, may: bool) -> None:
    """
    Owners and admins decide; what touches admins is for owners; everybody else is refused.
    """
    organization = make_organization()
    held = {"status": JobStatus.HELD, "hold_reasons": [{"code": reason}]}
    job = make_job(make_token(organization), **held)
    account = Account.objects.create_user("someone@example.com", PASSWORD)
    if role:
        Admin.objects.create(organization=organization, account=account, role=role)

    if may:
        approve_job(job, by=account, now=NOW)
    else:
        with pytest.raises(DecisionRefused):
            approve_job(job, by=account, now=NOW)

    job.refresh_from_db()
    assert job.status == (JobStatus.QUEUED if may else JobStatus.HELD)


def test_rejected_job_ends_and_says_who() -> None:
    """
    A rejection is final; a second one is refused.
    """
    organization = make_organization()
    job = make_job(make_token(organization), status=JobStatus.HELD)
    account = Account.objects.create_user("admin@example.com", PASSWORD)
    Admin.objects.create(organization=organization, account=account, role=Role.ADMIN)

    reject_job(job, by=account, now=NOW)

    job.refresh_from_db()
    assert (job.status, job.reason_code, job.ended_by) == (JobStatus.CANCELLED, "rejected", account)
    with pytest.raises(DecisionRefused):
        reject_job(job, by=account, now=NOW)


def test_plan_of_a_job_without_one_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """
    A job that is still waiting has no plan to show.
    """
    organization = make_organization()
    job = make_job(make_token(organization), status=JobStatus.QUEUED)

    Actions(organization.name).print_plan(job.public_id, 3)

    assert "has no plan" in capsys.readouterr().out


def test_command_line_names_every_admin_command() -> None:
    """
    The commands that operators script against are there.
    """
    assert {"setup", "feed", "token", "approve", "reject", "plan", "jobs", "pool"} <= set(admin.commands)


def test_pool_is_made_once_and_its_seats_change() -> None:
    """
    Spelling does not matter; a change of seats makes older plans stale.
    """
    organization = make_organization()

    Actions(organization.name).make_pool("license_French_status", None, 5)
    Actions(organization.name).make_pool("License_french_Status", "French", 7)

    pool = Pool.objects.get(organization=organization)
    assert (pool.key, pool.name, pool.seats) == ("license_french_status", "French", 7)
    organization.refresh_from_db()
    assert organization.revision == 2


def test_pool_needs_a_license_header() -> None:
    """
    Anything else would never fit a column.
    """
    organization = make_organization()

    with pytest.raises(OrgSyncError, match="no license header"):
        Actions(organization.name).make_pool("work_title", None, None)


def test_token_is_revoked_by_how_it_begins() -> None:
    """
    The prefix that lists show is enough; an unknown one revokes nothing.
    """
    Actions("Acme").set_up("owner@example.com", PASSWORD)
    text = make_token_by_command()
    (listed,) = Actions(None).list_tokens()

    with pytest.raises(OrgSyncError, match="No token in use"):
        Actions(None).revoke_token("orgs_????")
    Actions(None).revoke_token(listed.prefix)

    assert find_token(text, now=NOW).state is TokenState.REVOKED


def test_latest_jobs_come_first() -> None:
    """
    The list ends where it was asked to.
    """
    organization = make_organization()
    jobs = [make_job(make_token(organization)) for _ in range(3)]

    assert Actions(organization.name).list_jobs(2) == [jobs[2], jobs[1]]


def test_two_people_are_asked_for_and_days_are_set() -> None:
    """
    What is not named stays as it is.
    """
    organization = make_organization()

    assert Actions(organization.name).set_approvals(None, None) == (1, 7)
    assert Actions(organization.name).set_approvals(2, None) == (2, 7)
    assert Actions(organization.name).set_approvals(None, 3) == (2, 3)


def test_approving_by_command_takes_as_many_people_as_by_page() -> None:
    """
    The first word leaves the job held and says whose it was; the second one queues it.
    """
    organization = make_organization()
    job = make_job(make_token(organization), status=JobStatus.HELD)
    for name in ("alice", "dan"):
        account = Account.objects.create_user(f"{name}@example.com", PASSWORD)
        Admin.objects.create(organization=organization, account=account, role=Role.ADMIN)
    actions = Actions(organization.name)
    actions.set_approvals(2, None)

    first = actions.approve(job.public_id, "alice@example.com", additions_only=True)
    with pytest.raises(DecisionRefused):
        actions.approve(job.public_id, "alice@example.com", additions_only=True)
    second = actions.approve(job.public_id, "dan@example.com", additions_only=True)

    job.refresh_from_db()
    assert (first, second) == (False, True)
    assert (job.status, job.takes_nothing) == (JobStatus.QUEUED, True)


def test_rejecting_by_command_keeps_why() -> None:
    """
    The reason stands in the job's history.
    """
    organization = make_organization()
    job = make_job(make_token(organization), status=JobStatus.HELD)
    account = Account.objects.create_user("alice@example.com", PASSWORD)
    Admin.objects.create(organization=organization, account=account, role=Role.OWNER)

    Actions(organization.name).reject(job.public_id, None, "Half of Porto is missing.")

    job.refresh_from_db()
    assert job.reason == "Rejected by alice@example.com: Half of Porto is missing."
