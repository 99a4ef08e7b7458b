"""A filled database of an earlier release comes to this one, and what waited in it goes on."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from django.core.management import call_command
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server.audit.verify import verify_log
from orgsync.server.directory.integrity import check_directory
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.storage import storage
from tests.database import using_database
from tests.server.pipeline.pipeline_world import World, hold_codes, statuses
from tests.server.upgrade.make_filled import WAITING

FILLED = Path(__file__).with_name("filled.sql.gz")
"""Of the commit `engine: Go on.`, before most of what there is now; made by make_filled.py, anew with each release."""


@pytest.fixture
def upgraded(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> Iterator[World]:
    """Load the dump into a database of its own and migrate it."""
    name, address = f"upgraded_{os.getpid()}", os.environ["ORGSYNC_DATABASE_URL"]
    settings.DATA_DIR = tmp_path
    storage.cache_clear()
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            with psycopg.connect(make_conninfo(address, dbname=name)) as filled:
                filled.execute(gzip.decompress(FILLED.read_bytes()))
            with django_db_blocker.unblock(), using_database(name):
                call_command("migrate", verbosity=0, interactive=False)
                yield _world()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            storage.cache_clear()


def _world() -> World:
    organization = Organization.objects.get()
    token = AccessToken.objects.get()
    return World(organization, Feed.objects.get(), token, Account.objects.get())


def test_filled_database_of_an_earlier_release_works_on(upgraded: World) -> None:
    """
    Everybody is there as they were, the log holds, the held job still waits, and the queued one is done.
    """
    waiting, held = UploadJob.objects.filter(**upgraded.mine).order_by("-id").select_related("source")[:2]
    assert upgraded.active == ["ana", "bo", "cy", "di", "ed", "fe"]
    assert verify_log(upgraded.id).broken is None
    assert (held.status, bool(hold_codes(held))) == (JobStatus.HELD, True)

    storage().put(waiting.source.storage_key, [dedent(WAITING).lstrip("\n").encode()])
    done = upgraded.run(waiting)

    assert done.status == JobStatus.DONE
    assert statuses(done).count("UPDATED") == 1
    titles = {person["email"]: person.get("work_title") for person in upgraded.state["learners"]}
    assert titles["cy@example.com"] == "Baker"
    assert titles["bo@example.com"] == "Chef"
    assert verify_log(upgraded.id).broken is None
    check_directory(upgraded.id)
