"""A feed may wait for several full files in a row before somebody of whom they are silent leaves."""

import pytest

from orgsync.core.model import Mode
from orgsync.server.directory.models import Claim, Learner
from tests.server.pipeline.pipeline_world import FIVE, World, kinds, statuses

FOUR = "\n".join(FIVE.strip("\n").split("\n")[:5])
"""Without Ed, the last of five."""


@pytest.fixture
def patient(world: World) -> World:
    """The feed waits for three files; everybody is there."""
    world.set_feed(missing_files=3)
    world.send(FIVE)
    return world


def missed(world: World) -> dict[int, int]:
    return dict(Claim.objects.filter(**world.mine).exclude(missed=0).values_list("learner_id", "missed"))


def test_person_leaves_with_the_last_of_the_files_that_the_feed_waits_for(patient: World) -> None:
    """
    The plan says how many were silent; until then nothing of the person changes.
    """
    first, second = patient.send(FOUR), patient.send(FOUR)

    assert (kinds(first), kinds(second)) == (["missed"], ["missed"])
    assert missed(patient) == {5: 2}
    assert "ed" in patient.active

    third = patient.send(FOUR)

    assert kinds(third) == ["deactivated", "license_revoked", "claim_lost"]
    assert statuses(third)[-1] == "DEACTIVATED"
    assert "ed" not in patient.active


def test_count_begins_anew_when_a_file_names_the_person(patient: World) -> None:
    """
    In a row means in a row; a row in error names its person too.
    """
    patient.send(FOUR)
    patient.send(FOUR)

    patient.send(FIVE.replace("ed@example.com,E5,Cook,active", "ed@example.com,E5,Cook,perhaps"))

    assert missed(patient) == {}
    patient.send(FOUR)
    assert missed(patient) == {5: 1}


def test_only_applied_full_files_count(patient: World) -> None:
    """
    Neither a dry run, nor a file of changes, nor one that waits for a person.
    """
    patient.send(FOUR, asked_dry_run=True)
    patient.send(FOUR, asked_mode=Mode.CHANGES)
    patient.set_feed(is_paused=True)
    patient.send(FOUR)

    assert missed(patient) == {}


def test_protected_person_is_not_counted(patient: World) -> None:
    """
    Who never leaves by a file is not on the way out either.
    """
    Learner.objects.filter(**patient.mine, id=5).update(is_protected=True)

    assert kinds(patient.send(FOUR)) == []
    assert missed(patient) == {}
