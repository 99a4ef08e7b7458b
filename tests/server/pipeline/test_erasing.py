"""Erase one person: nothing that is stored names them any more, and no file brings them back."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from psycopg.sql import SQL, Identifier

from orgsync.core.model import JobStatus, Mode
from orgsync.server.directory.erasing import PersonUnknown, find_person
from orgsync.server.directory.integrity import find_faults
from orgsync.server.directory.models import Erasure, Learner, LearnerChange, Tombstone
from orgsync.server.directory.persontables import PERSON_TABLES
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Role
from orgsync.server.uploads import erase as erasing
from orgsync.server.uploads.erase import PENDING, ErasureRefused, erase_person, finish_erasures, lift
from orgsync.server.uploads.media import read_verified
from orgsync.server.uploads.models import Media
from orgsync.server.uploads.reporting import read_plan
from orgsync.server.uploads.storage import storage
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import MONDAY, World, codes, hold_codes, statuses

PEOPLE = """
    primary_email_address,unique_user_id,preferred_first_name,attribute_desk,manager_unique_user_id,groups
    ana@example.com,E1,Anastasia,Window 7,,Cooks
    bo@example.com,E2,Bo,,E1,Cooks
    cy@example.com,E3,Cy,,E2,
"""
MOVED = "unique_user_id,primary_email_address\nE1,ana.silva@example.com\n"
OTHERS = "unique_user_id,preferred_first_name\nE2,Bob\n"
NAMES = re.compile(r"ana(\.silva)?@example\.com|Anastasia|Window 7", re.IGNORECASE)

COLUMNS = """
    SELECT class.relname, attribute.attname FROM pg_class AS class
      JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
     WHERE class.relkind = 'r' AND attribute.attname IN ('learner_id', 'other_id')
"""


pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def filled(own_folder: None, world: World) -> World:
    """Ana has had two addresses; one later file does not name her."""
    world.send(PEOPLE)
    world.send(MOVED, asked_mode=Mode.CHANGES)
    world.send(OTHERS, asked_mode=Mode.CHANGES)
    return world


def erase(world: World, email: str = "ana.silva@example.com") -> Erasure:
    return erase_person(world.organization, email, by=world.owner, now=MONDAY)


def stored_text(world: World) -> str:
    """Return every row of the organization in every table, and every stored file, as one text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.columns WHERE column_name = 'organization_id'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            query = SQL("SELECT to_jsonb(t)::text FROM {} AS t WHERE organization_id = %s").format(Identifier(table))
            cursor.execute(query, [world.id])
            rows += [text for (text,) in cursor.fetchall()]
    files = Media.objects.filter(**world.mine, removed_at=None)
    texts = [str(read_plan(media).rows()) if media.kind == "plan" else read_verified(media).decode() for media in files]
    return "\n".join([*rows, *texts])


def test_nothing_that_is_stored_names_an_erased_person(filled: World) -> None:
    """
    No table and no file, old address and old values included; what others have stays, and holds together.
    """
    assert NAMES.search(stored_text(filled))

    erasure = erase(filled)

    assert NAMES.search(stored_text(filled)) is None
    assert not Learner.objects.filter(**filled.mine, id=1).exists()
    assert filled.active == ["bo", "cy"]
    assert find_faults(filled.id) == {}
    assert erasure.counts["files"] == {"removed source": 2, "rewritten result": 2, "rewritten plan": 2}
    assert LearnerChange.objects.filter(**filled.mine, attribute="manager").values_list(
        "learner_id", "before", "after"
    ).get() == (2, "1", None)


def test_files_that_do_not_name_the_person_stay_as_they_are(filled: World) -> None:
    """
    And those that do keep name, size, hash and counts of what was received.
    """
    before = {media.pk: media for media in Media.objects.filter(**filled.mine)}

    erase(filled)

    after = {media.pk: media for media in Media.objects.filter(**filled.mine)}
    same = [media.kind for pk, media in after.items() if media.storage_key == before[pk].storage_key]
    assert sorted(same) == ["plan", "result", "source", "source", "source"]
    gone = [media for media in after.values() if media.removed_at is not None]
    assert [(media.size, bytes(media.sha256)) for media in gone] == [
        (before[media.pk].size, bytes(before[media.pk].sha256)) for media in gone
    ]


def test_replaced_bytes_are_gone(filled: World) -> None:
    """
    Only files that rows name lie in the store.
    """
    old = set(Media.objects.filter(**filled.mine).values_list("storage_key", flat=True))

    erase(filled)

    kept = set(Media.objects.filter(**filled.mine, removed_at=None).values_list("storage_key", flat=True))
    assert all(stored(key) for key in kept)
    assert not any(stored(key) for key in old - kept)


def stored(key: str) -> bool:
    path = storage().local_path(key)
    return path is not None and path.exists()


def test_later_file_that_names_the_person_creates_nobody_until_it_is_lifted(filled: World) -> None:
    """
    By any key they ever had; the receipt and the hashes tell nothing.
    """
    erasure = erase(filled)

    job = filled.send(PEOPLE)
    again = filled.send(MOVED, asked_mode=Mode.CHANGES)

    assert (statuses(job)[0], statuses(again)) == ("ERROR", ["ERROR"])
    assert "erased_person" in codes(job)
    assert "erased_manager" in codes(job)
    assert filled.active == ["bo", "cy"]
    assert Learner.objects.get(**filled.mine, id=2).pending_manager_id is None

    lift(filled.organization, erasure.pk, by=filled.owner, now=MONDAY)
    filled.send(PEOPLE)

    assert filled.active == ["bo", "cy", "ana"]
    assert not Tombstone.objects.filter(**filled.mine).exists()


def test_erased_person_in_a_full_file_does_not_hold_it_for_ever(filled: World) -> None:
    """
    A row that names an erased person is known to name nobody else, so leavers of the same file may go.
    """
    erase(filled)

    job = filled.send("\n".join(PEOPLE.split("\n")[:4]))

    assert hold_codes(job) == []
    assert filled.active == ["bo"]


def test_waiting_job_whose_file_goes_is_cancelled(filled: World) -> None:
    """
    What it waits for can no longer be applied; a running one makes the erasure wait.
    """
    filled.set_feed(is_paused=True)
    held = filled.send(PEOPLE.replace("Anastasia", "Nastya"))
    assert held.status == JobStatus.HELD

    erase(filled)

    assert (filled.stored(held).status, filled.stored(held).reason_code) == (JobStatus.CANCELLED, "source_erased")


def test_running_job_that_names_the_person_makes_the_erasure_wait(filled: World) -> None:
    """
    Nothing is changed then, and no new file is left behind.
    """
    job = filled.upload(PEOPLE)
    type(job).objects.filter(id=job.pk).update(status=JobStatus.PROCESSING)
    files = set(files_on_disk())

    with pytest.raises(ErasureRefused, match="processing a file"):
        erase(filled)

    assert filled.active == ["ana.silva", "bo", "cy"]
    assert set(files_on_disk()) == files


def files_on_disk() -> list[Path]:
    return [path for path in (settings.DATA_DIR / "media").rglob("*") if path.is_file()]


def test_plan_of_a_held_job_that_only_lists_the_person_can_still_be_approved(filled: World) -> None:
    """
    A full file that is silent on the person names them in its plan alone.
    """
    filled.set_feed(is_paused=True)
    held = filled.send("unique_user_id,preferred_first_name\nE2,Rob\nE3,Cy\n")

    erase(filled)
    filled.set_feed(is_paused=False)
    done = filled.run(filled.approve(filled.stored(held)))

    assert done.status == JobStatus.DONE
    assert Learner.objects.get(**filled.mine, id=2).preferred_first_name == "Rob"


def test_mails_and_messages_that_name_the_person_are_reworded(filled: World) -> None:
    """
    A mail to the person goes; one to an admin stays without its text.
    """
    common = {"organization": filled.organization, "kind": "test", "created_at": MONDAY}
    OutboxMail.objects.create(**common, recipient="Ana@example.com", subject="Hello", body="x")
    OutboxMail.objects.create(**common, recipient="bo@example.com", subject="About ana@example.com", body="E1")
    OutboxMail.objects.create(**common, recipient="cy@example.com", subject="diana@example.com", body="E11")

    erase(filled)

    mails = OutboxMail.objects.filter(organization=filled.organization, kind="test").order_by("id")
    assert list(mails.values_list("recipient", "subject", "body")) == [
        ("bo@example.com", "This mail named a person who was erased.", ""),
        ("cy@example.com", "diana@example.com", "E11"),
    ]


def test_erasure_that_is_cut_off_before_its_commit_changes_nothing(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    New files are removed again, and the next run does it all.
    """
    files = set(files_on_disk())
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "erase_rows", fail)
        with pytest.raises(OSError, match="cut off"):
            erase(filled)

    assert set(files_on_disk()) == files
    assert "ana.silva" in filled.active
    erase(filled)
    assert NAMES.search(stored_text(filled)) is None


def test_erasure_that_is_cut_off_after_its_commit_is_finished_by_the_next_run(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The receipt says which bytes are still to go.
    """
    old = set(Media.objects.filter(**filled.mine).values_list("storage_key", flat=True))
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "delete_objects", lambda keys: any(keys) and fail())
        with pytest.raises(OSError, match="cut off"):
            erase(filled)
    erasure = Erasure.objects.get(organization=filled.organization)
    assert set(erasure.counts[PENDING]) <= old
    assert all(map(stored, erasure.counts[PENDING]))

    with pytest.raises(PersonUnknown):
        erase(filled)

    assert not any(map(stored, erasure.counts[PENDING]))
    erasure.refresh_from_db()
    assert PENDING not in erasure.counts
    assert finish_erasures(filled.organization) == 0


def fail(*arguments: object, **named: object) -> None:
    raise OSError("cut off")


def test_address_that_somebody_else_has_now_is_not_forbidden(filled: World) -> None:
    """
    Only keys that nobody else holds are remembered.
    """
    filled.send("unique_user_id,primary_email_address\nE3,ana@example.com\n", asked_mode=Mode.CHANGES)

    person = find_person(filled.id, "ana.silva@example.com")

    assert person.emails == {"ana.silva@example.com"}


def test_only_an_owner_erases(filled: World) -> None:
    """
    An admin may not, and neither may an owner erase whom nobody knows.
    """
    charlie = make_admin(filled.organization, "charlie@acme.example.com", Role.ADMIN)

    with pytest.raises(ErasureRefused, match="owner"):
        erase_person(filled.organization, "ana.silva@example.com", by=charlie, now=MONDAY)
    with pytest.raises(PersonUnknown):
        erase(filled, "nobody@example.com")
    charlie.delete()


def test_every_table_with_rows_of_a_person_is_emptied(db: None) -> None:
    """
    A new table must be listed, or be named here with the reason why its rows stay.
    """
    stays = {"directory_erasure": "the receipt", "orgs_admin": "an account stays, the link goes"}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        found = {table for table, _ in cursor.fetchall()}

    assert found - {*stays} == PERSON_TABLES.keys() - {"directory_learner"}
