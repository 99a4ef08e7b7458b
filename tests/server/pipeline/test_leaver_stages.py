"""Leavers are anonymized and removed after the organization's delays; coming back cancels."""

from datetime import timedelta

import pytest

from orgsync.core.model import Mode
from orgsync.server.audit.models import AuditEntry
from orgsync.server.directory.integrity import find_faults
from orgsync.server.directory.leaving import anonymize_leavers, purge_leavers
from orgsync.server.directory.models import Claim, Learner, LearnerChange
from orgsync.server.orgs.models import Admin, Organization
from tests.server.pipeline.pipeline_world import MONDAY, World

DAY = timedelta(days=1)
PEOPLE = """
    primary_email_address,unique_user_id,preferred_first_name,department_name,attribute_desk,manager_unique_user_id
    ana@example.com,E1,Ana,Kitchen,Window 7,
    bo@example.com,E2,Bo,Kitchen,,E1
"""
LEFT = "unique_user_id,worker_status,preferred_first_name\nE1,inactive,Anna\nE2,,Bo\n"


@pytest.fixture
def left(world: World) -> World:
    """Ana left on Monday; names are kept for ten days, the rest for five more."""
    Organization.objects.filter(id=world.id).update(anonymize_after_days=10, purge_after_days=5)
    world.send(PEOPLE)
    world.send(LEFT, asked_mode=Mode.CHANGES)
    return world


def person(world: World, learner_id: int = 1) -> Learner:
    return Learner.objects.get(**world.mine, id=learner_id)


def test_leaver_is_anonymized_when_the_delay_is_over(left: World) -> None:
    """
    What names the person goes, from the timeline too; what reports count by stays.
    """
    revision = left.revision
    assert anonymize_leavers(MONDAY + 10 * DAY) == 0

    assert anonymize_leavers(MONDAY + 11 * DAY) == 1

    ana = person(left)
    assert (ana.email_key, ana.primary_email_address) == ("anonymized-1@anonymized.invalid",) * 2
    assert (ana.unique_user_id, ana.preferred_first_name, ana.first_name_key, ana.custom) == (None, None, "", {})
    assert (ana.department_name, ana.anonymized_at) == ("Kitchen", MONDAY + 11 * DAY)
    log = LearnerChange.objects.filter(**left.mine, learner_id=1).order_by("id")
    assert [(line.attribute, line.before, line.after) for line in log][-1] == ("anonymized", None, None)
    assert not log.exclude(before=None, after=None).exists()
    assert not Claim.objects.filter(**left.mine, learner_id=1).exists()
    assert left.revision == revision + 1
    assert anonymize_leavers(MONDAY + 12 * DAY) == 0


def test_anonymized_leaver_is_removed_when_the_second_delay_is_over(left: World) -> None:
    """
    With every row; whose manager they were has none.
    """
    anonymize_leavers(MONDAY + 11 * DAY)
    assert purge_leavers(MONDAY + 16 * DAY) == 0

    assert purge_leavers(MONDAY + 17 * DAY) == 1

    assert left.active == ["bo"]
    assert person(left, 2).manager_id is None
    assert find_faults(left.id) == {}
    entries = AuditEntry.objects.filter(**left.mine).order_by("number").values_list("action", "ids")
    assert list(entries)[-2:] == [("leavers_anonymized", {"people": 1}), ("leavers_removed", {"people": 1})]


def test_coming_back_cancels_and_starts_the_clock_anew(left: World) -> None:
    """
    Who is back is no leaver; who leaves again has the whole delay before them.
    """
    left.run(left.upload(LEFT.replace("inactive", "active"), asked_mode=Mode.CHANGES), now=MONDAY + 5 * DAY)
    assert anonymize_leavers(MONDAY + 30 * DAY) == 0
    left.run(left.upload(LEFT, asked_mode=Mode.CHANGES), now=MONDAY + 30 * DAY)

    assert anonymize_leavers(MONDAY + 40 * DAY) == 0
    assert anonymize_leavers(MONDAY + 41 * DAY) == 1


def test_file_that_names_an_anonymized_person_creates_somebody_new(left: World) -> None:
    """
    Nothing that is left says that they are the same.
    """
    anonymize_leavers(MONDAY + 11 * DAY)

    left.send(PEOPLE, asked_mode=Mode.CHANGES)

    assert left.active == ["bo", "ana"]
    assert person(left, 2).manager_id == 3


def test_protected_people_and_admins_are_left_alone(left: World) -> None:
    """
    An inactive person behind an account keeps the name.
    """
    Admin.objects.filter(organization=left.organization).update(learner_id=1)
    assert anonymize_leavers(MONDAY + 11 * DAY) == 0
    Admin.objects.filter(organization=left.organization).update(learner_id=None)
    Learner.objects.filter(**left.mine, id=1).update(is_protected=True)

    assert anonymize_leavers(MONDAY + 11 * DAY) == 0


def test_without_a_delay_nothing_happens(left: World) -> None:
    """
    Never is the default.
    """
    Organization.objects.filter(id=left.id).update(anonymize_after_days=None, purge_after_days=None)

    assert (anonymize_leavers(MONDAY + 9999 * DAY), purge_leavers(MONDAY + 9999 * DAY)) == (0, 0)
