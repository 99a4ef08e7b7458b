"""The commands on people and feeds, as an operator types them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.server.commands import editing
from orgsync.server.commands.actions import Actions
from orgsync.server.commands.admin import admin
from orgsync.server.directory.models import Feed, Learner, Override
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.conftest import db, make, world  # noqa: F401  the pipeline's own fixtures
from tests.server.pipeline.pipeline_world import World

PEOPLE = """
    primary_email_address,unique_user_id,department_name,groups,preferred_first_name,preferred_last_name,start_date
    ana@example.com,E1,Sales,Cooks,Ana,Silva,2024-02-01
    bo@example.com,E2,Sales,,Ana,Silva,2024-02-01
"""


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:  # noqa: F811
    """Return what runs `orgsync admin …` on the world's organization."""
    world.send(PEOPLE)

    @contextmanager
    def ready(_data_dir: object, organization: str | None) -> Iterator[Actions]:
        yield Actions(organization)

    monkeypatch.setattr(editing, "database_ready", ready)
    return lambda *arguments: CliRunner().invoke(admin, [*arguments])


def person(world: World, email: str = "ana@example.com") -> dict[str, Any]:  # noqa: F811
    return next(one for one in world.state["learners"] if one["email"] == email)


def test_person_is_edited_with_an_override(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    The plan is printed, and the next file leaves the attribute alone.
    """
    result = run(
        *("person", "edit", "ana@example.com", "--set", "department_name=Marketing"),
        *("--override", "department_name", "--leave", "Cooks"),
    )

    assert result.exit_code == 0, result.output
    assert "value changed" in result.output
    assert person(world)["department_name"] == "Marketing"
    assert Override.objects.filter(organization_id=world.id).count() == 2


def test_lift_names_groups_by_name(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    Nobody has to know an id.
    """
    run("person", "edit", "ana@example.com", "--leave", "Cooks")

    result = run("person", "edit", "ana@example.com", "--lift", "group:cooks")

    assert result.exit_code == 0, result.output
    assert not Override.objects.filter(organization_id=world.id).exists()


def test_several_people_are_only_planned(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    The command says how to go on.
    """
    result = run("person", "edit", "ana@example.com", "bo@example.com", "--set", "department_name=Marketing")

    job = UploadJob.objects.filter(organization_id=world.id).latest("id")
    assert job.status == JobStatus.HELD
    assert f"orgsync admin approve {job.public_id}" in result.output


def test_protection_is_given_and_taken(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    One command, one word to take it back.
    """
    people = Learner.objects.filter(organization_id=world.id, is_protected=True)

    run("protect", "ana@example.com")
    protected = people.count()
    run("protect", "ana@example.com", "--off")

    assert (protected, people.count()) == (1, 0)


def test_duplicates_are_listed_told_apart_and_merged(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    A merged pair is gone; so is one that was told apart.
    """
    listed = run("duplicates", "list").output
    run("duplicates", "merge", "bo@example.com", "ana@example.com", "--take", "unique_user_id")

    assert "ana@example.com\tbo@example.com" in listed
    assert [one["unique_user_id"] for one in world.state["learners"]] == ["E1"]
    assert run("duplicates", "list").output == ""


def test_different_people_are_listed_no_more(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    Said twice it is the same.
    """
    said = [run("duplicates", "different", "ana@example.com", "bo@example.com").output for _ in range(2)]

    assert said == ["They are not shown as duplicates any more.\n", "That was said before.\n"]
    assert run("duplicates", "list").output == ""


def test_order_and_claims_of_feeds(world: World, run: Callable[..., Result]) -> None:  # noqa: F811
    """
    The feeds are listed in their new order, and people go from one to the other.
    """
    Feed.objects.create(organization=world.organization, name="Contractors", rank=9)

    assert run("feed", "order", "Nightly HR", "12").output == "9\tContractors\n12\tNightly HR\n"
    assert run("claims", "hand-over", "--from", "Nightly HR", "--to", "Contractors").output.startswith("2 people")
    assert run("claims", "overlaps").output == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("person", "edit", "ana@example.com"),
        ("person", "edit", "ana@example.com", "--set", "department_name"),
        ("person", "edit", "ana@example.com", "bo@example.com", "--user-id", "E9"),
        ("claims", "hand-over", "--to", "Nightly HR"),
        ("claims", "hand-over", "--to", "Nightly HR", "--from", "A", "--unclaimed"),
        ("duplicates", "list", "--after", "x"),
        ("feed", "order", "Nightly HR", "-1"),
        ("feed",),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_done(run: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    """
    With the sentence that says what is missing.
    """
    result = run(*arguments)

    assert result.exit_code == 2
    assert "Error:" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("person", "edit", "zoe@example.com", "--set", "work_title=Cook"), "Nobody in Acme has the address"),
        (("person", "edit", "ana@example.com", "--set", "shoe_size=42"), "no attribute shoe_size"),
        (("person", "edit", "ana@example.com", "--override", "shoe_size"), "no attribute shoe_size"),
        (("person", "edit", "ana@example.com", "--lift", "group:Bakers"), "no group Bakers"),
        (("person", "edit", "ana@example.com", "--grant", "license_x_status"), "no license pool license_x_status"),
        (("person", "edit", "ana@example.com", "--manager", "zoe@example.com"), "Nobody in Acme has the address"),
        (("person", "edit", "ana@example.com", "--address", "bo@example.com"), "another learner"),
        (("person", "edit", "ana@example.com", "--set", "work_title=Cook", "--by", "zoe@example.com"), "no admin"),
        (("feed", "order", "Weekly", "1"), "no feed Weekly"),
        (("claims", "hand-over", "--unclaimed", "--to", "Weekly"), "no feed Weekly"),
        (("claims", "hand-over", "--from", "Nightly HR", "--to", "Nightly HR"), "has the people"),
        (("duplicates", "merge", "ana@example.com", "ana@example.com"), "two learners"),
        (("duplicates", "different", "ana@example.com", "ana@example.com"), "two learners"),
    ],
)
def test_what_is_not_there_is_named(
    world: World,  # noqa: F811
    run: Callable[..., Result],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """
    One sentence, and nothing is changed.
    """
    before = world.state

    result = run(*arguments)

    assert isinstance(result.exception, OrgSyncError)
    assert message in str(result.exception)
    assert world.state == before
