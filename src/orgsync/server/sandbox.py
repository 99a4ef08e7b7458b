"""Sandbox organizations: for trying things out with a company that does not exist. Nothing of one leaves the server."""

import io
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from orgsync.core.errors import OrgSyncError
from orgsync.core.model import Mode
from orgsync.core.sample import write_sample
from orgsync.core.sample_wrong import WrongKind
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import Fact, record, record_all
from orgsync.server.directory.models import Learner, Pool
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory, raise_revision
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.setup import FIRST_POOL, ensure_feed
from orgsync.server.uploads.intake import start_job
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import Media, MediaKind, UploadJob
from orgsync.server.uploads.rewriting import delete_objects

PEOPLE: Final = 500
LEAST_PEOPLE: Final = 50
"""Of fewer the half file would not be held."""
MOST_PEOPLE: Final = 10_000
MOST: Final = 3
FEED: Final = "Nightly HR"
_SEED: Final = 2026
_NIGHTS: Final = ((1, None), (2, None), (3, WrongKind.TRUNCATED))
"""A first file, a normal next one, and one of which half arrived: it is held."""
_KEPT: Final = ("orgs_", "audit_auditentry", "audit_audithead")
"""Beginnings of the tables that a reset leaves: who may come in and to what, how it looks, what was done."""
# Learners first: what hangs on them then has nobody left whose version it would raise.
_TABLES: Final = """
    SELECT class.relname::text FROM pg_class AS class JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
     WHERE class.relkind = 'r' AND class.relnamespace = current_schema::regnamespace
       AND attribute.attname = 'organization_id' AND NOT attribute.attisdropped
     ORDER BY class.relname <> 'directory_learner', class.relname
"""


class SandboxRefused(OrgSyncError):
    """A sandbox cannot be made, or an organization is none; nothing was changed."""


def make_sandbox(name: str, owner: Account, *, people: int = PEOPLE) -> Organization:
    """Make a sandbox that the account owns, and queue three nights of the sample company for it. Raises SandboxRefused.

    The third night's file was cut off, so that there is something to decide.
    """
    name = " ".join(name.split())[:200]
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(id=owner.pk)
        if not name or Organization.objects.filter(name=name).exists():
            raise SandboxRefused("Give it a name that no organization has.")
        if Admin.objects.filter(account=owner, role=Role.OWNER, organization__is_sandbox=True).count() >= MOST:
            raise SandboxRefused(f"You own {MOST} sandboxes already; reset one of them.")
        made = Organization.objects.create(name=name, is_sandbox=True)
        Admin.objects.create(organization=made, account=owner, role=Role.OWNER)
        role = {"account": owner.pk, "role": Role.OWNER.value}
        record_all(made.pk, [Fact(Action.SANDBOX_MADE), Fact(Action.ROLE_GIVEN, role)], at=made.created_at)
    fill(made, owner, people=people)
    return made


def reset_sandbox(organization: Organization, by: Account, *, people: int | None = PEOPLE) -> None:
    """
    Remove what a sandbox holds, but its admins, settings and audit log; then fill it anew, or leave it empty.

    One transaction, a statement a table; the files go after it, and what a crash leaves of them goes with the daily
    sweep. Raises SandboxRefused for an organization that is none, and DirectoryBusy while a sync is being applied.
    """
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        if not Organization.objects.filter(id=organization.pk, is_sandbox=True).exists():
            raise SandboxRefused("Only a sandbox can be reset.")
        mine = {"organization_id": organization.pk}
        held = {"people": Learner.objects.filter(**mine).count(), "jobs": UploadJob.objects.filter(**mine).count()}
        keys = list(Media.objects.filter(**mine).values_list("storage_key", flat=True))
        _empty(organization.pk)
        Admin.everyone.filter(organization=organization).update(learner_id=None)
        raise_revision(organization.pk)
        record(organization.pk, Action.SANDBOX_RESET, held, at=timezone.now())
        transaction.on_commit(lambda: delete_objects(keys))
    if people is not None:
        fill(organization, by, people=people)


def fill(organization: Organization, by: Account, *, people: int) -> None:
    """Queue three nights of the sample company; the worker takes them one after the other."""
    Pool.objects.get_or_create(organization=organization, key=FIRST_POOL, defaults={"name": "English"})
    feed = ensure_feed(organization, FEED, Mode.FULL)
    now = timezone.now()
    for day, wrong in _NIGHTS:
        text = io.BytesIO()
        write_sample(text, people=people, seed=_SEED, day=day, wrong=wrong)
        name = f"night-{day}.csv"
        media = store_media([text.getvalue()], feed=feed, kind=MediaKind.SOURCE, file_name=name, now=now)
        start_job(media, requested_by=by)


def _empty(organization_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [table for (table,) in cursor.fetchall() if not table.startswith(_KEPT)]
        for table in tables:
            statement = SQL("DELETE FROM {} WHERE organization_id = %s").format(Identifier(table))
            cursor.execute(statement, [organization_id])
