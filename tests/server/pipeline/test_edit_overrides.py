"""What a person decided a file leaves alone, until it is lifted."""

from orgsync.server.directory.models import (
    Group,
    Learner,
    LicenseAssignment,
    Membership,
    Override,
    Reason,
)
from tests.server.pipeline.edit_world import LICENSE, NIGHTLY, ana, edit, of, overrides, people
from tests.server.pipeline.pipeline_world import World, codes, kinds, statuses

__all__ = ["people"]


def test_next_file_repairs_an_edit_without_override(world: World, people: dict[str, Learner]) -> None:
    """
    The directory is compared, not the last file.
    """
    edit(world, of(people["ana"], values={"department_name": "Marketing"}))

    world.send(NIGHTLY)

    assert ana(world)["department_name"] == "Sales"


def test_overridden_attribute_outlives_files_until_it_is_lifted(world: World, people: dict[str, Learner]) -> None:
    """
    Each file that says something else is warned about.
    """
    edit(world, of(people["ana"], values={"department_name": "Marketing"}, keeps=["department_name"]))

    job = world.send(NIGHTLY)

    assert ana(world)["department_name"] == "Marketing"
    assert "kept_by_hand" in codes(job)
    lifted = edit(world, of(people["ana"], lifts=["department_name"]))
    assert (kinds(lifted), overrides(world)) == (["override_lifted"], [])
    world.send(NIGHTLY)
    assert ana(world)["department_name"] == "Sales"


def test_override_is_in_log_and_plan(world: World, people: dict[str, Learner]) -> None:
    """
    Setting one is a change of its own, even where the value stays.
    """
    job = edit(world, of(people["ana"], keeps=["department_name"]))

    assert kinds(job) == ["override_set"]
    assert world.log_of(job) == [(people["ana"].id, 2, "override:department_name", None, "kept")]
    assert statuses(job) == ["UPDATED"]
    assert Override.objects.get(organization_id=world.id).by_id == world.owner.pk


def test_group_left_by_hand_is_not_joined_again(world: World, people: dict[str, Learner]) -> None:
    """
    The file names it every night; the person stays out until somebody puts them in again.
    """
    cooks = Group.objects.get(organization_id=world.id, name="Cooks")
    edit(world, of(people["ana"], leaves=["Cooks"]))

    job = world.send(NIGHTLY)

    assert "ana@example.com" not in world.state["groups"]["Cooks"]
    assert overrides(world) == [f"group:{cooks.pk}"]
    assert [m["message"] for m in job.messages if m["code"] == "kept_by_hand"] == [
        "Absence from the group Cooks was set by hand and stays."
    ]
    edit(world, of(people["ana"], joins=["cooks"]))
    assert overrides(world) == []


def test_group_joined_by_hand_stays(world: World, people: dict[str, Learner]) -> None:
    """
    A list that does not name it takes nothing away.
    """
    edit(world, of(people["bo"], joins=["Bakers", "Tennis, doubles"]))

    world.send(NIGHTLY)

    members = Membership.objects.filter(organization_id=world.id, learner_id=people["bo"].id, reasons=Reason.HAND)
    assert members.count() == 2
    assert "Tennis, doubles" in world.state["groups"]


def test_license_by_hand_is_left_alone_by_files(world: World, people: dict[str, Learner]) -> None:
    """
    Granted or denied: a file that says otherwise is warned about.
    """
    edit(world, of(people["ana"], licenses={LICENSE: False}))
    edit(world, of(people["bo"], licenses={LICENSE: True}))

    job = world.send(NIGHTLY.replace("Sales,Cooks,\n", "Sales,Cooks,inactive\n"))

    assert world.state["pools"][LICENSE]["holders"] == {
        "ana@example.com": "denied by hand",
        "bo@example.com": "active by hand",
    }
    assert codes(job).count("kept_by_hand") == 1


def test_lifted_license_obeys_files_again(world: World, people: dict[str, Learner]) -> None:
    """
    A lifted denial leaves nothing; a lifted grant stays until a file takes it.
    """
    pool = LicenseAssignment.objects.filter(organization_id=world.id).first()
    assert pool is not None
    edit(world, of(people["ana"], licenses={LICENSE: False}))
    edit(world, of(people["bo"], licenses={LICENSE: True}))

    for name in ("ana", "bo"):
        edit(world, of(people[name], lifts=[f"license:{pool.pool_id}"]))

    assert world.state["pools"][LICENSE]["holders"] == {"bo@example.com": "active"}


def test_protected_person_never_leaves_by_a_file(world: World, people: dict[str, Learner]) -> None:
    """
    Neither by status nor by absence; a person may still deactivate them.
    """
    job = edit(world, of(people["bo"], is_protected=True))

    assert kinds(job) == ["protection_changed"]
    world.send("\n".join(NIGHTLY.split("\n")[:3]))
    assert world.active == ["ana", "bo"]
    edit(world, of(people["bo"], values={"worker_status": "inactive"}))
    assert world.active == ["ana"]


def test_overridden_address_outlives_the_file(world: World, people: dict[str, Learner]) -> None:
    """
    The file matches by id and would move the address back.
    """
    edit(world, of(people["bo"], new_address="bob@example.com", keeps=["primary_email_address"]))

    job = world.send(NIGHTLY)

    assert world.state["learners"][1]["email"] == "bob@example.com"
    assert "kept_by_hand" in codes(job)
