"""Erasing in pages: one person by their address, several by a deletion file on which an owner decides."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from orgsync.server.directory.models import Erasure, Learner
from orgsync.server.orgs.models import Organization, Role
from orgsync.server.uploads.erasurerequests import carry_out
from orgsync.server.uploads.models import ErasureRequest, ErasureStatus
from orgsync.server.web.views.account import BACKEND
from tests.server.pipeline.conftest import db, make, world  # noqa: F401  the pipeline's own fixtures
from tests.server.pipeline.pipeline_world import World
from tests.server.web.conftest import signed_in

PEOPLE = """
    primary_email_address,unique_user_id,preferred_first_name,manager_unique_user_id
    ana@example.com,E1,Ana,
    bo@example.com,E2,Bo,E1
    cy@example.com,E3,Cy,E1
"""
DELETION = b"unique_id,primary_email_address\nE2,\n,cy@example.com\nE404,\nE1,bo@example.com\n,\n"


@pytest.fixture
def owner(world: World) -> Client:  # noqa: F811
    world.send(PEOPLE)
    client = Client()
    client.force_login(world.owner, backend=BACKEND)
    return client


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.content.decode())


def newest(world: World) -> ErasureRequest:  # noqa: F811
    return ErasureRequest.objects.filter(organization=world.organization).latest("id")


def do(world: World) -> ErasureRequest:  # noqa: F811
    """Do what the queue would do."""
    carry_out(world.id, newest(world).pk, now=timezone.now())
    return newest(world)


def test_owner_erases_one_person_by_typing_the_address(world: World, owner: Client) -> None:  # noqa: F811
    """
    What goes is shown before; the receipt names nobody, can be kept, and its tombstone can be lifted.
    """
    ana = Learner.objects.get(**world.mine, unique_user_id="E1")
    path = f"/admin/people/learners/{ana.id}/erase/"

    page = text(owner.get(path))
    wrong = text(owner.post(path, {"address": "bo@example.com"}))
    waiting = text(owner.post(path, {"address": " ANA@example.com"}, follow=True))

    assert "the manager of 2 people" in page
    assert "Nobody was erased" in wrong
    assert "Being erased" in waiting
    assert Learner.objects.filter(**world.mine, id=ana.id).exists()
    assert do(world).status == ErasureStatus.DONE
    carry_out(world.id, newest(world).pk, now=timezone.now())
    erasure = Erasure.objects.get(organization=world.organization)
    receipt = f"/admin/people/erasures/{erasure.pk}/"
    assert f'href="{receipt}"' in text(owner.get(f"/admin/people/erasures/requests/{newest(world).pk}/"))
    shown, kept = text(owner.get(receipt)), text(owner.get(receipt, {"as": "text"}))
    assert "source files deleted" in shown
    assert "source files deleted" in kept
    assert "ana@" not in shown + kept
    assert not Learner.objects.filter(**world.mine, id=ana.id).exists()
    assert world.send(PEOPLE).error_count == 1

    assert "may create the person again" in text(owner.post(f"{receipt}lift/", follow=True))
    assert "lifted already" in text(owner.post(f"{receipt}lift/", follow=True))
    assert text(owner.get("/admin/people/erasures/", {"state": "holds"})).count("None fits") == 1


def test_deletion_file_waits_for_an_owner(world: World, owner: Client) -> None:  # noqa: F811
    """
    An admin sends it; rows that name nobody are listed; only an owner who types the number erases.
    """
    admin = signed_in(world.organization, "admin@example.com", Role.ADMIN)
    panel = "/admin/authenticate/deletion/"

    def send(content: bytes) -> str:
        return text(admin.post(panel, {"file": SimpleUploadedFile("d.csv", content)}, follow=True))

    assert "exactly the headers" in send(b"primary_email_address\nbo@example.com\n")
    assert "names nobody" in send(b"primary_email_address,unique_id\n")
    assert "No row of the file" in send(b"primary_email_address,unique_id\nx@example.com,\n")
    page = send(DELETION)
    assert "Request to erase 2 people" in page
    assert "bo@example.com" in page
    assert [problem["row"] for problem in newest(world).problems] == [4, 5, 6]
    decide = f"/admin/people/erasures/requests/{newest(world).pk}/decide/"
    assert admin.post(decide, {"decision": "approve", "people": 2}).status_code == 403
    assert "Type how many" in text(owner.post(decide, {"decision": "approve", "people": 3}, follow=True))

    owner.post(decide, {"decision": "approve", "people": 2})

    assert do(world).status == ErasureStatus.DONE
    assert list(Learner.objects.filter(**world.mine).values_list("unique_user_id", flat=True)) == ["E1"]
    assert Erasure.objects.filter(organization=world.organization).count() == 2
    assert "decided on already" in text(owner.post(decide, {"decision": "reject"}, follow=True))


def test_file_of_the_same_owner_needs_another_where_two_people_are_asked_for(
    world: World,  # noqa: F811
    owner: Client,
) -> None:
    """
    As with every held job.
    """
    Organization.objects.filter(id=world.id).update(needs_second_person=True)
    owner.post("/admin/authenticate/deletion/", {"file": SimpleUploadedFile("d.csv", DELETION)})
    decide = f"/admin/people/erasures/requests/{newest(world).pk}/decide/"

    page = text(owner.post(decide, {"decision": "approve", "people": 2}, follow=True))
    owner.post(decide, {"decision": "reject"})

    assert "another owner has to approve it" in page
    assert newest(world).status == ErasureStatus.REJECTED
    assert do(world).status == ErasureStatus.REJECTED
    assert Learner.objects.filter(**world.mine).count() == 3
