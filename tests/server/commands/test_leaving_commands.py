"""`orgsync admin erase`, `erasures`, `lift-erasure`, `retention` and `patience`, as an operator types them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orgsync.core.errors import OrgSyncError
from orgsync.server.commands import erasing, leaving
from orgsync.server.commands.actions import Actions
from orgsync.server.commands.admin import admin
from orgsync.server.directory.models import Erasure, Feed, Learner
from orgsync.server.orgs.models import Organization, Role
from tests.job_world import make_admin, make_organization

# Commands read the clock; transactions here are those of the test.
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, tzinfo=UTC)
OWNER = "owner@acme.example.com"


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Organization:
    """An organization with an owner, an admin, a feed and one learner; commands find Django ready."""

    @contextmanager
    def ready(data_dir: object, organization: str | None) -> Iterator[Any]:
        yield Actions(organization)

    for module in (erasing, leaving):
        monkeypatch.setattr(module, "database_ready", ready)
    organization = make_organization("Acme")
    make_admin(organization, OWNER, Role.OWNER)
    make_admin(organization, "admin@acme.example.com")
    Feed.objects.create(organization=organization, name="Nightly HR")
    ana = {"primary_email_address": "ana@example.com", "email_key": "ana@example.com"}
    Learner.objects.create(organization_id=organization.pk, id=1, created_at=NOW, **ana)
    return organization


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(admin, list(arguments), input=typed)


def test_erase_asks_first_and_tells_what_was_done(acme: Organization) -> None:
    """
    Neither an answer nor none at all erases anybody.
    """
    for typed in ("n\n", ""):
        assert run("erase", "ana@example.com", "--by", OWNER, typed=typed).exit_code == 1
    assert Learner.objects.filter(organization_id=acme.pk).exists()

    done = run("erase", "Ana@example.com", "--by", OWNER, typed="y\n")

    assert done.exit_code == 0
    assert "1 rows deleted; files: none." in done.output
    assert not Learner.objects.filter(organization_id=acme.pk).exists()


def test_erasures_are_listed_and_lifted(acme: Organization) -> None:
    """
    The list names nobody.
    """
    run("erase", "ana@example.com", "--by", OWNER, "--yes")
    number = Erasure.objects.get(organization=acme).pk

    held = run("erasures").output
    lifted = run("lift-erasure", str(number), "--by", OWNER)
    again = run("lift-erasure", str(number), "--by", OWNER)

    assert held.startswith(f"{number}\t")
    assert held.rstrip().endswith("learner 1\t1 rows\tholds")
    assert "ana" not in held
    assert lifted.output == f"Erasure {number} is lifted.\n"
    assert "lifted 20" in run("erasures").output
    assert str(again.exception) == f"Erasure {number} is lifted already."


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("erase", "nobody@example.com", "--by", OWNER, "--yes"), "Nobody in the organization"),
        (("erase", "ana@example.com", "--by", "admin@acme.example.com", "--yes"), "needs an owner"),
        (("erase", "ana@example.com", "--by", "who@example.com", "--yes"), "is no admin"),
        (("lift-erasure", "99", "--by", OWNER), "There is no erasure 99"),
        (("patience", "Weekly"), "There is no feed Weekly"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(acme: Organization, arguments: tuple[str, ...], why: str) -> None:
    """
    Nothing is changed then.
    """
    refused = run(*arguments)

    assert isinstance(refused.exception, OrgSyncError)
    assert why in str(refused.exception)
    assert Learner.objects.filter(organization_id=acme.pk).count() == 1


def test_retention_is_shown_and_changed(acme: Organization) -> None:
    """
    `never` is for the stages of leavers alone.
    """
    assert "anonymize_after_days\tnever" in run("retention").output

    changed = run("retention", "--source-days", "3", "--anonymize-after-days", "90").output
    never = run("retention", "--anonymize-after-days", "never").output

    assert "source_days\t3" in changed
    assert "anonymize_after_days\t90" in changed
    assert "anonymize_after_days\tnever" in never
    assert run("retention", "--source-days", "never").exit_code == 2
    assert run("retention", "--purge-after-days", "soon").exit_code == 2


def test_patience_of_a_feed_is_shown_and_changed(acme: Organization) -> None:
    """
    What is not given stays.
    """
    changed = run("patience", "Nightly HR", "--missing-files", "3").output

    assert changed == "missing_files\t3\nlate_after_hours\t26\n"
    assert run("patience", "Nightly HR", "--missing-files", "0").exit_code == 2
